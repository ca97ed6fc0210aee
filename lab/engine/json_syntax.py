"""The JSON functions of the SQL standard, whose arguments have a grammar of their own.

sqlglot knows parts of it only; these parsers read Trino's grammar and keep what they found as plain
calls: ``options`` of the node says what stood behind the arguments. Source: Trino documentation,
"JSON functions and operators".
"""

from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

Options = dict[str, Any]


def _call(name: str, expressions: list[Any], options: Options) -> exp.Expr:
    node = exp.Anonymous(this=name, expressions=expressions)
    node.meta["options"] = options
    return node


def _format(parser: Any) -> bool:
    """``FORMAT JSON``; an encoding is for binaries and is left to the error of what follows."""
    return bool(parser._match_text_seq("FORMAT", "JSON"))


def _invocation(parser: Any) -> tuple[list[Any], Options]:
    """``document [FORMAT JSON], 'path' [PASSING value AS name, ...]``"""
    document = parser._parse_assignment()
    _format(parser)
    if not parser._match(TokenType.COMMA):
        parser.raise_error("Expecting ,")
    path = parser._parse_string() or parser.raise_error("Expecting a path")
    passed, values = [], []
    if parser._match_text_seq("PASSING"):
        while True:
            value = parser._parse_assignment()
            is_json = _format(parser)
            parser._match_text_seq("AS")
            name = parser._parse_id_var()
            passed.append((name.name if name.args.get("quoted") else name.name.upper(), is_json))
            if value is None or not name:
                parser.raise_error("Expecting a name")
            values.append(value)
            if not parser._match(TokenType.COMMA):
                break
    return [document, path, *values], {"passing": passed}


def _returning(parser: Any, options: Options) -> None:
    if parser._match_text_seq("RETURNING"):
        options["returning"] = parser._parse_types()
        _format(parser)


def _behaviour(parser: Any, arguments: list[Any], options: Options) -> None:
    """``NULL ON EMPTY``, ``ERROR ON ERROR``, ``DEFAULT value ON EMPTY``, ``EMPTY ARRAY ON ...``"""
    while True:
        default = None
        if parser._match_text_seq("DEFAULT"):
            word, default = "DEFAULT", parser._parse_assignment()
        elif parser._match_text_seq("EMPTY"):
            kind = "ARRAY" if parser._match_text_seq("ARRAY") else "OBJECT"
            if kind == "OBJECT":
                parser._match_text_seq("OBJECT")
            word = f"EMPTY {kind}"
        elif parser._match_texts(("NULL", "ERROR", "TRUE", "FALSE", "UNKNOWN")):
            word = parser._prev.text.upper()
        else:
            return
        parser._match_text_seq("ON")
        if not parser._match_texts(("EMPTY", "ERROR")):
            parser.raise_error("Expecting EMPTY or ERROR")
        event = parser._prev.text.lower()
        options[event] = word
        if default is not None:
            options[f"{event}_default"] = len(arguments)
            arguments.append(default)


def _json_value(parser: Any) -> exp.Expr:
    arguments, options = _invocation(parser)
    _returning(parser, options)
    _behaviour(parser, arguments, options)
    return _call("$json_value", arguments, options)


def _json_exists(parser: Any) -> exp.Expr:
    arguments, options = _invocation(parser)
    _behaviour(parser, arguments, options)
    return _call("$json_exists", arguments, options)


def _json_query(parser: Any) -> exp.Expr:
    arguments, options = _invocation(parser)
    _returning(parser, options)
    if parser._match_text_seq("WITHOUT"):
        parser._match_text_seq("ARRAY")
        parser._match_text_seq("WRAPPER")
    elif parser._match_text_seq("WITH"):
        conditional = bool(parser._match_text_seq("CONDITIONAL"))
        if not conditional:
            parser._match_text_seq("UNCONDITIONAL")
        parser._match_text_seq("ARRAY")
        parser._match_text_seq("WRAPPER")
        options["wrapper"] = "conditional" if conditional else "always"
    if parser._match_texts(("KEEP", "OMIT")):
        options["quotes"] = parser._prev.text.upper()
        parser._match_text_seq("QUOTES")
        parser._match_text_seq("ON", "SCALAR", "STRING")
    _behaviour(parser, arguments, options)
    return _call("$json_query", arguments, options)


def _null_treatment(parser: Any, options: Options) -> None:
    if parser._match_texts(("NULL", "ABSENT")):
        options["nulls"] = parser._prev.text.upper()
        parser._match_text_seq("ON")
        parser._match_text_seq("NULL")


def _json_array(parser: Any) -> exp.Expr:
    items: list[Any] = []
    options: Options = {"nulls": "ABSENT", "json": []}
    while parser._curr.token_type != TokenType.R_PAREN and not _at(parser, "RETURNING"):
        items.append(parser._parse_assignment())
        options["json"].append(_format(parser))
        if not parser._match(TokenType.COMMA):
            break
    _null_treatment(parser, options)
    _returning(parser, options)
    return _call("$json_array", items, options)


def _json_object(parser: Any) -> exp.Expr:
    items: list[Any] = []
    options: Options = {"nulls": "NULL", "json": [], "unique": False}
    while parser._curr.token_type != TokenType.R_PAREN and not _at(parser, "RETURNING"):
        parser._match_text_seq("KEY")
        items.append(parser._parse_bitwise())
        if not parser._match(TokenType.COLON) and not parser._match_text_seq("VALUE"):
            parser.raise_error("Expecting :")
        items.append(parser._parse_assignment())
        options["json"].append(_format(parser))
        if not parser._match(TokenType.COMMA):
            break
    _null_treatment(parser, options)
    if parser._match_texts(("WITH", "WITHOUT")):
        options["unique"] = parser._prev.text.upper() == "WITH"
        parser._match_text_seq("UNIQUE")
        parser._match_text_seq("KEYS")
    _returning(parser, options)
    return _call("$json_object", items, options)


def _at(parser: Any, word: str) -> bool:
    return bool(parser._curr.text.upper() == word)


PARSERS: dict[str, Callable[[Any], exp.Expr]] = {
    "JSON_VALUE": _json_value,
    "JSON_EXISTS": _json_exists,
    "JSON_QUERY": _json_query,
    "JSON_ARRAY": _json_array,
    "JSON_OBJECT": _json_object,
}
