"""String functions. Source: Trino documentation, "String functions and operators"."""

from lab.engine import operators, types
from lab.engine.builtins.templates import Function, by_count, template
from lab.engine.calls import Call, unexpected
from lab.engine.errors import failure, unsupported
from lab.engine.types import Type
from lab.engine.values import Value


def _length(call: Call) -> Value:
    kind = call.args[0].type.name
    if kind == "char":
        sql = f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE {call.args[0].type.args[0]} END"
        return Value(f"CAST({sql} AS BIGINT)", types.BIGINT)
    function = "octet_length" if kind == "varbinary" else "length"
    return Value(f"CAST({function}({call.sql(0)}) AS BIGINT)", types.BIGINT)


def _same_text(text: str):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        if call.args[0].type.name not in ("varchar", "char"):
            raise unsupported(f"{call.name}({call.args[0].type})", call.node)
        return Value(text.format(*(a.sql for a in call.args)), call.args[0].type)

    return write


def _substr(call: Call) -> Value:
    """Trino counts from 1, or from the end with a negative start; 0 and starts beyond either end
    give ''.
    """
    source = call.args[0]
    if source.type.name == "varbinary":
        return _substr_binary(call)
    if source.type.name != "varchar":
        raise unsupported(f"{call.name}({source.type})", call.node)
    text, start = source.sql, call.sql(1)
    first = f"CASE WHEN {start} < 0 THEN length({text}) + {start} + 1 ELSE {start} END"
    size = f", greatest({call.sql(2)}, 0)" if len(call.args) > 2 else ""
    missing = " OR ".join(f"{a.sql} IS NULL" for a in call.args)
    sql = (
        f"CASE WHEN {missing} THEN NULL WHEN {start} = 0 OR abs({start}) > length({text}) THEN ''"
        f" ELSE substring({text}, {first}{size}) END"
    )
    return Value(sql, source.type)


def _concat(call: Call) -> Value:
    kinds = {argument.type.name for argument in call.args}
    deep = {str(argument.type) for argument in call.args}
    if "array" in kinds and (len(kinds) == 2 or len(deep) == 2) and call.returns is not None:
        return _concat_element(call, call.returns)
    if kinds <= {"varchar"}:
        return Value(f"({' || '.join(a.sql for a in call.args)})", types.VARCHAR)
    if kinds == {"varbinary"}:
        return Value(f"({' || '.join(a.sql for a in call.args)})", types.VARBINARY)
    if kinds == {"array"} and call.returns is not None:
        parts = [a.sql for a in call.args]
        missing = " OR ".join(f"{part} IS NULL" for part in parts)
        joined = parts[0]
        for part in parts[1:]:
            joined = f"list_concat({joined}, {part})"
        return Value(f"CASE WHEN {missing} THEN NULL ELSE {joined} END", call.returns)
    if kinds <= {"char", "varchar"}:
        whole: Value = call.args[0]
        for part in call.args[1:]:
            whole = operators.concatenate(whole, part, call.node)
        return whole
    raise unsupported(f"concat({', '.join(str(a.type) for a in call.args)})", call.node)


def _concat_element(call: Call, kind: Type) -> Value:
    """An element before or after an array."""
    if len(call.args) != 2:
        raise unsupported("concat of arrays and elements", call.node)
    first, second = call.args
    sql = f"list_append({first.sql}, {second.sql})"
    if types.can_coerce(second.type, kind) and not types.can_coerce(first.type, kind):
        sql = f"list_prepend({first.sql}, {second.sql})"
    missing = f"{first.sql} IS NULL OR {second.sql} IS NULL"
    return Value(f"CASE WHEN {missing} THEN NULL ELSE {sql} END", kind)


def _concat_ws(call: Call) -> Value:
    if call.args[1].type.name == "array":
        separator, items = call.sql(0), call.sql(1)
        kept = f"list_filter({items}, lambda x: x IS NOT NULL)"
        sql = f"coalesce({joined(kept, separator, call.args[0])}, '')"
        sql = f"CASE WHEN {separator} IS NULL OR {items} IS NULL THEN NULL ELSE {sql} END"
        return Value(sql, types.VARCHAR)
    return Value(f"concat_ws({', '.join(a.sql for a in call.args)})", types.VARCHAR)


def joined(items: str, separator: str, given: Value) -> str:
    """The texts of a list with something between; DuckDB wants that to be a constant."""
    if given.literal is not None:
        return f"array_to_string({items}, {separator})"
    whole = f"list_reduce({items}, lambda a, b: a || {separator} || b)"
    return f"CASE WHEN len({items}) > 0 THEN {whole} END"


def _pad(function: str):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        if call.args[0].type.name == "varbinary":
            return _pad_binary(function, call)
        empty = call.fail("'Padding string must not be empty'", types.VARCHAR)
        negative = call.fail("'Target length must be in the range [0..2147483647]'", types.VARCHAR)
        sql = (
            f"CASE WHEN {call.sql(0)} IS NULL THEN NULL WHEN length({call.sql(2)}) = 0 THEN"
            f" {empty} WHEN {call.sql(1)} < 0 THEN {negative}"
            f" ELSE {function}({call.sql(0)}, CAST({call.sql(1)} AS INTEGER), {call.sql(2)}) END"
        )
        return Value(sql, types.VARCHAR)

    return write


def _pad_binary(function: str, call: Call) -> Value:
    """By its text in hexadecimal, two digits a byte; the pad fits the digits of whole bytes."""
    kind = types.VARBINARY
    empty = call.fail("'Padding bytes must not be empty'", kind)
    negative = call.fail("'Target length must be in the range [0..2147483647]'", kind)
    size = f"CAST({call.sql(1)} * 2 AS INTEGER)"
    sql = (
        f"CASE WHEN octet_length({call.sql(2)}) = 0 THEN {empty} WHEN {call.sql(1)} < 0"
        f" THEN {negative} ELSE unhex({function}(hex({call.sql(0)}), {size}, hex({call.sql(2)})))"
        " END"
    )
    return Value(sql, kind)


def _substr_binary(call: Call) -> Value:
    data, start = call.sql(0), call.sql(1)
    first = f"(CASE WHEN {start} < 0 THEN octet_length({data}) + {start} + 1 ELSE {start} END)"
    size = f", greatest({call.sql(2)}, 0) * 2" if len(call.args) > 2 else ""
    missing = " OR ".join(f"{a.sql} IS NULL" for a in call.args)
    sql = (
        f"CASE WHEN {missing} THEN NULL WHEN {start} = 0 OR abs({start}) > octet_length({data})"
        f" THEN CAST('' AS BLOB) ELSE unhex(substring(hex({data}), {first} * 2 - 1{size})) END"
    )
    return Value(sql, types.VARBINARY)


def _nth(call: Call) -> Value:
    """The place of the n-th occurrence, from the end for a negative n; 0 when there is none."""
    text, part, number = (call.sql(i) for i in range(3))
    zero = call.fail("'the number of the occurrence must not be 0'", types.BIGINT)
    hits = (
        f"list_filter(generate_series(1, length({text}) - length({part}) + 1),"
        f" lambda i: substring({text}, i, length({part})) = {part})"
    )
    sql = (
        f"CASE WHEN {text} IS NULL OR {part} IS NULL OR {number} IS NULL THEN NULL"
        f" WHEN {number} = 0 THEN {zero} WHEN {part} = '' THEN 1"
        f" ELSE coalesce(list_extract({hits}, {number}), 0) END"
    )
    return Value(f"CAST({sql} AS BIGINT)", types.BIGINT)


def _answered(text: str, message: str, kind: Type) -> Function:
    """A function in Python that answers None for what Trino refuses."""

    def write(call: Call) -> Value:
        source = call.sql(0)
        bad = call.fail(f"{types.text(message)} || {source}", kind)
        sql = f"coalesce({text.format(source)}, {bad})"
        return Value(f"CASE WHEN {source} IS NULL THEN NULL ELSE {sql} END", kind)

    return write


def _split(call: Call) -> Value:
    if len(call.args) == 3:
        limit = call.constant(2)
        if limit <= 0:
            raise failure("INVALID_FUNCTION_ARGUMENT", "Limit must be positive")
        sql = f"lab_split_limit({call.sql(0)}, {call.sql(1)}, {int(limit)})"
        return Value(sql, types.array(call.args[0].type))
    empty = call.fail("'The delimiter may not be the empty string'", types.array(types.VARCHAR))
    sql = f"string_split({call.sql(0)}, {call.sql(1)})"
    if not call.args[1].literal:
        sql = f"CASE WHEN {call.sql(1)} = '' THEN {empty} ELSE {sql} END"
    missing = f"{call.sql(0)} IS NULL OR {call.sql(1)} IS NULL"
    return Value(f"CASE WHEN {missing} THEN NULL ELSE {sql} END", types.array(call.args[0].type))


def _split_part(call: Call) -> Value:
    parts = f"string_split({call.sql(0)}, {call.sql(1)})"
    index = call.sql(2)
    bad = call.fail("'Index must be greater than zero'", types.VARCHAR)
    missing = f"{call.sql(0)} IS NULL OR {index} IS NULL OR {call.sql(1)} IS NULL"
    sql = (
        f"CASE WHEN {missing} THEN NULL WHEN {index} < 1 THEN {bad} ELSE"
        f" list_extract({parts}, {index}) END"
    )
    return Value(sql, call.args[0].type)


def _chr(call: Call) -> Value:
    bad = call.fail(f"'Not a valid Unicode code point: ' || {call.sql(0)}", types.varchar(1))
    sql = (
        f"CASE WHEN {call.sql(0)} NOT BETWEEN 0 AND 1114111 THEN {bad} ELSE"
        f" chr(CAST({call.sql(0)} AS INTEGER)) END"
    )
    return Value(sql, types.varchar(1))


def _codepoint(call: Call) -> Value:
    size = call.args[0].type.args
    if not size or size[0] > 1:
        raise unexpected(call.name, list(call.args), call.node)
    bad = call.fail("'Input string must be a single character string'", types.INTEGER)
    sql = f"CASE WHEN {call.sql(0)} = '' THEN {bad} ELSE unicode({call.sql(0)}) END"
    return Value(f"CAST({sql} AS INTEGER)", types.INTEGER)


def _levenshtein(call: Call) -> Value:
    """DuckDB counts bytes; characters beyond ASCII are counted in Python."""
    a, b = call.sql(0), call.sql(1)
    plain = f"octet_length(encode({a})) = length({a}) AND octet_length(encode({b})) = length({b})"
    sql = f"CASE WHEN {plain} THEN levenshtein({a}, {b}) ELSE lab_levenshtein({a}, {b}) END"
    return Value(f"CAST({sql} AS BIGINT)", types.BIGINT)


def _url_decode(call: Call) -> Value:
    """Java refuses what is no code of a byte."""
    text, kind = call.sql(0), call.args[0].type
    bad = call.fail(f"'URLDecoder: Illegal hex characters in escape (%) pattern: ' || {text}", kind)
    wrong = f"regexp_matches({text}, '%($|.$|[^0-9a-fA-F]|.[^0-9a-fA-F])')"
    return Value(f"CASE WHEN {wrong} THEN {bad} ELSE lab_url_decode({text}) END", kind)


def _url_encode(call: Call) -> Value:
    """At most three signs a byte, four bytes a character."""
    size = call.args[0].type.args
    kind = types.varchar(min(size[0] * 12, 2**31 - 1)) if size else types.VARCHAR
    return Value(f"lab_url_encode({call.sql(0)})", kind)


def _hamming(call: Call) -> Value:
    bad = call.fail(
        "'The input strings to hamming_distance function must have the same length'", types.BIGINT
    )
    sql = (
        f"CASE WHEN length({call.sql(0)}) <> length({call.sql(1)}) THEN {bad}"
        f" WHEN length({call.sql(0)}) = 0 THEN 0 ELSE hamming({call.sql(0)}, {call.sql(1)}) END"
    )
    return Value(f"CAST({sql} AS BIGINT)", types.BIGINT)


def _replace(call: Call) -> Value:
    text, search = call.sql(0), call.sql(1)
    new = call.sql(2) if len(call.args) > 2 else "''"
    kind = call.args[0].type if len(call.args) == 2 else _longest(call)
    plain = f"replace({text}, {search}, {new})"
    if call.args[1].literal:
        return Value(plain, kind)
    # Before and after every character.
    written = call.args[2] if len(call.args) > 2 else Value("''", types.VARCHAR, literal="")
    inner = joined(f"string_split({text}, '')", new, written)
    between = f"CASE WHEN {text} = '' THEN {new} ELSE {new} || {inner} || {new} END"
    missing = f"{text} IS NULL OR {search} IS NULL OR {new} IS NULL"
    sql = f"CASE WHEN {missing} THEN NULL WHEN {search} = '' THEN {between} ELSE {plain} END"
    return Value(sql, kind)


def _longest(call: Call) -> Type:
    """The text at its longest: something new around every character."""
    if not all(argument.type.args for argument in call.args):
        return types.VARCHAR
    text, new = (call.args[place].type.args[0] for place in (0, 2))
    return types.varchar(min(2**31 - 1, text + new * (text + 1)))


def _trim(function: str):  # type: ignore[no-untyped-def]  # a factory of functions
    """Trino trims white space; DuckDB, without a second argument, spaces only."""

    def write(call: Call) -> Value:
        if call.args[0].type.name not in ("varchar", "char"):
            raise unsupported(f"{call.name}({call.args[0].type})", call.node)
        what = (
            call.sql(1)
            if len(call.args) > 1
            else "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"
        )
        kind = types.varchar(*call.args[0].type.args)
        return Value(f"{function}({call.sql(0)}, {what})", kind)

    return write


# Java has no capital of the sharp s; DuckDB has.
UPPER = (
    "CASE WHEN contains({0}, 'ß') THEN array_to_string(list_transform(string_split({0}, 'ß'),"
    " lambda p: upper(p)), 'ß') ELSE upper({0}) END"
)
FUNCTIONS = {
    "bar": template("lab_bar({0}, {1})"),
    "length": _length,
    "lower": _same_text("lower({0})"),
    "upper": _same_text(UPPER),
    "trim": _trim("trim"),
    "ltrim": _trim("ltrim"),
    "rtrim": _trim("rtrim"),
    "substr": _substr,
    "substring": _substr,
    "concat": _concat,
    "concat_ws": _concat_ws,
    "lpad": _pad("lpad"),
    "rpad": _pad("rpad"),
    "replace": _replace,
    "split": _split,
    "split_part": _split_part,
    "strpos": by_count(n2=template("CASE WHEN {1} = '' THEN 1 ELSE strpos({0}, {1}) END"), n3=_nth),
    "starts_with": template("starts_with({0}, {1})"),
    "translate": template("translate({0}, {1}, {2})"),
    "levenshtein_distance": _levenshtein,
    "hamming_distance": _hamming,
    "chr": _chr,
    "codepoint": _codepoint,
    "soundex": _answered("lab_soundex({0})", "Not a letter of soundex in: ", types.varchar(4)),
    "luhn_check": _answered(
        "lab_luhn({0})", "Input contains non-digit characters: ", types.BOOLEAN
    ),
    "normalize": template("lab_normalize({0}, {1})"),
    "url_decode": _url_decode,
    "url_encode": _url_encode,
    **{
        f"url_extract_{part}": _same_text(f"lab_url_part({{0}}, '{part}')")
        for part in ("host", "path", "protocol", "query", "fragment")
    },
    "url_extract_port": template("CAST(lab_url_part({0}, 'port') AS BIGINT)"),
    "url_extract_parameter": _same_text("lab_url_parameter({0}, {1})"),
}
