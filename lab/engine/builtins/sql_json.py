"""The JSON functions of the SQL standard: json_value, json_query, json_exists, json_object,
json_array.

They take and give text, not values of type json. Source: Trino documentation, "JSON functions and
operators".
"""

import json
from typing import Any

from lab.engine import attempts, json_casts, types
from lab.engine.calls import Call
from lab.engine.casts import cast, coerce
from lab.engine.errors import failure, unsupported
from lab.engine.literals import kind_of
from lab.engine.types import Type
from lab.engine.udfs import implementation
from lab.engine.values import Value

MANY = "cannot extract the result from JSON: several items, or no scalar"


def _options(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = call.node.meta["options"]
    return found


def _items(call: Call) -> str:
    """SQL for the list of what the path finds: NULL when it fails."""
    document, path, options = call.args[0], call.args[1], _options(call)
    if document.type.name not in ("varchar", "unknown"):
        raise unsupported(f"{call.name[1:]} of {document.type}", call.node)
    try:
        if not str(path.literal).lstrip().startswith(("lax", "strict")):
            raise ValueError(path.literal)
        implementation("json_path", "parsed")(path.literal)
    except ValueError as error:
        if "like_regex" in str(path.literal):
            message = "like_regex predicate in JSON path is not yet supported"
            raise failure("NOT_SUPPORTED", message, call.node) from error
        message = f"mismatched input in JSON path '{path.literal}'"
        raise failure("SYNTAX_ERROR", message, call.node) from error
    members = []
    for (name, is_json), value in zip(options["passing"], call.args[2:], strict=False):
        text = value.sql if is_json else json_casts.to_json(value.sql, value.type, call.env)
        label = types.text(json.dumps(name) + ":")
        members.append(f"{label} || coalesce({text}, 'null')")
    passed = "'{}'"
    if members:
        joined = " || ',' || ".join(members)
        passed = f"'{{' || {joined} || '}}'"
    return f"lab_json_query(CAST({document.sql} AS VARCHAR), {path.sql}, {passed})"


RESULT_ERRORS = {
    "$json_value": "JSON_VALUE_RESULT_ERROR",
    "$json_query": "JSON_OUTPUT_CONVERSION_ERROR",
}


def _failure(call: Call, kind: Type) -> str:
    """What ON ERROR asks for where the document or the way is wrong."""
    if _options(call).get("error") != "ERROR":
        return _outcome(call, "error", "NULL", kind, "")
    document = call.sql(0)
    conversion = call.env.fail("JSON_INPUT_CONVERSION_ERROR", "'conversion to JSON failed'", kind)
    way = call.env.fail("PATH_EVALUATION_ERROR", "'path evaluation failed'", kind)
    return f"CASE WHEN json_valid({document}) THEN {way} ELSE {conversion} END"


def _outcome(call: Call, event: str, otherwise: str, kind: Type, message: str) -> str:
    """SQL for what ``NULL ON EMPTY`` and its like ask for."""
    options = _options(call)
    word = options.get(event, otherwise)
    match word:
        case "NULL":
            return f"CAST(NULL AS {types.duckdb(kind)})"
        case "DEFAULT":
            default = call.args[options[f"{event}_default"]]
            if not types.can_coerce(default.type, kind):
                wanted = (
                    f"Function json_value default {event.upper()} result must evaluate to a"
                    f" {kind} (actual: {default.type})"
                )
                raise failure("TYPE_MISMATCH", wanted, call.node)
            return coerce(default, kind).sql
        case "ERROR":
            return call.env.fail(RESULT_ERRORS[call.name], types.text(message), kind)
        case "EMPTY ARRAY" | "EMPTY OBJECT":
            return "'[]'" if word.endswith("ARRAY") else "'{}'"
    raise unsupported(f"{word} ON {event.upper()}", call.node)


def _returning(call: Call) -> Type:
    given = _options(call).get("returning")
    return types.VARCHAR if given is None else kind_of(given)


def _value(call: Call) -> Value:
    kind, found = _returning(call), _items(call)
    plain = ("varchar", "boolean", "decimal", "double", "real", *types.INTEGERS)
    if kind.name not in (*plain, "date", "time", "timestamp"):
        raise unsupported(f"json_value RETURNING {kind}", call.node)
    item = "list_extract(l, 1)"
    failed = _outcome(call, "error", "NULL", kind, MANY)
    empty = _outcome(
        call, "empty", "NULL", kind, "cannot extract SQL scalar from JSON: JSON path found no items"
    )
    sql = (
        f"CASE WHEN l IS NULL THEN {_failure(call, kind)} WHEN len(l) = 0 THEN {empty}"
        f" WHEN {item} = 'null' AND len(l) = 1 THEN NULL"
        f" WHEN len(l) > 1 OR left({item}, 1) IN ('[', '{{') THEN {failed}"
        f" ELSE {_scalar(item, kind, call, failed)} END"
    )
    return Value(_bound(call, found, sql), kind)


def _bound(call: Call, found: str, body: str) -> str:
    made = f"list_extract(list_transform([{found}], lambda l: {body}), 1)"
    return f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE {made} END"


def _scalar(item: str, kind: Type, call: Call, failed: str) -> str:
    """A scalar of JSON in the type that is asked for; what has no value there fails."""
    text = f"CASE WHEN left({item}, 1) = '\"' THEN json_extract_string({item}, '$') ELSE {item} END"
    if kind.name == "varchar":
        return cast(Value(text, types.VARCHAR), kind, call.env).sql
    if kind.name == "boolean":
        return (
            f"CASE WHEN lower({text}) IN ('true', 'false') THEN lower({text}) = 'true' ELSE"
            f" {failed} END"
        )
    if kind.name in ("date", "time", "timestamp"):
        # Only a string is one, and only as CAST reads it.
        tried = attempts.attempt_cast(
            Value("x", types.VARCHAR), lambda v, e: cast(v, kind, e), call.env
        )
        found = f"list_extract(list_transform([{text}], lambda x: {tried.sql}), 1)"
        return (
            f"CASE WHEN left({item}, 1) = '\"' THEN coalesce({found}, {failed}) ELSE {failed} END"
        )
    duck = types.duckdb(kind)
    if kind.is_integer:
        strict = (
            f"CASE WHEN regexp_matches({text}, '^[+-]?[0-9]+$') THEN TRY_CAST({text} AS {duck}) END"
        )
        rounded = (
            f"CASE WHEN left({item}, 1) <> '\"' THEN TRY_CAST(round(TRY_CAST({text} AS"
            f" DECIMAL(38,10))) AS {duck}) END"
        )
        return f"coalesce({strict}, {rounded}, {failed})"
    return f"coalesce(TRY_CAST({text} AS {duck}), {failed})"


WRAPPERS = {"always": "UNCONDITIONAL", "conditional": "CONDITIONAL"}


def _query(call: Call) -> Value:
    options, found = _options(call), _items(call)
    kind = _returning(call)
    if kind.name != "varchar":
        raise unsupported(f"json_query RETURNING {kind}", call.node)
    wrapper = options.get("wrapper")
    if wrapper in WRAPPERS and options.get("quotes"):
        message = (
            f"{options['quotes']} QUOTES behavior specified with WITH {WRAPPERS[wrapper]} ARRAY"
            " WRAPPER behavior"
        )
        raise failure("INVALID_FUNCTION_ARGUMENT", message, call.node)
    failed = _outcome(call, "error", "NULL", kind, MANY)
    empty = _outcome(call, "empty", "NULL", kind, "JSON path found no items")
    item = "list_extract(l, 1)"
    wrapped = "'[' || array_to_string(l, ',') || ']'"
    shown = item
    if options.get("quotes") == "OMIT":
        shown = (
            f"CASE WHEN left({item}, 1) = '\"' THEN json_extract_string({item}, '$') ELSE {item}"
            " END"
        )
    match wrapper:
        case "always":
            body = wrapped
        case "conditional":
            single = f"len(l) = 1 AND left({item}, 1) IN ('[', '{{')"
            body = f"CASE WHEN {single} THEN {item} ELSE {wrapped} END"
        case _:
            body = f"CASE WHEN len(l) > 1 THEN {failed} ELSE {shown} END"
    broken = _failure(call, kind)
    sql = f"CASE WHEN l IS NULL THEN {broken} WHEN len(l) = 0 THEN {empty} ELSE {body} END"
    return Value(_bound(call, found, sql), kind)


def _exists(call: Call) -> Value:
    found, word = _items(call), _options(call).get("error", "FALSE")
    kind = types.BOOLEAN
    failed = {"TRUE": "true", "FALSE": "false", "UNKNOWN": "NULL"}.get(word)
    if failed is None:
        failed = _failure(call, kind)
    body = f"CASE WHEN l IS NULL THEN {failed} ELSE len(l) > 0 END"
    return Value(_bound(call, found, body), kind)


def _item(value: Value, is_json: bool, call: Call) -> str:
    """SQL for the JSON of a member; NULL when the value is."""
    if is_json:
        return f"lab_json({value.sql})"
    if value.type.name == "json":
        return value.sql
    if value.type.name in ("array", "map", "row"):
        raise unsupported(f"{call.name[1:]} of {value.type}", call.node)
    return json_casts.to_json(value.sql, value.type, call.env)


def _members(call: Call, values: list[Value]) -> list[str]:
    options = _options(call)
    texts = []
    for value, is_json in zip(values, options["json"], strict=True):
        text = _item(value, is_json, call)
        texts.append(text if options["nulls"] == "ABSENT" else f"coalesce({text}, 'null')")
    return texts


def _array(call: Call) -> Value:
    texts = _members(call, list(call.args))
    if not texts:
        return Value("'[]'", types.VARCHAR)
    items = f"list_filter([{', '.join(texts)}], lambda x: x IS NOT NULL)"
    return Value(f"('[' || array_to_string({items}, ',') || ']')", types.VARCHAR)


def _object(call: Call) -> Value:
    if _options(call)["unique"]:
        raise unsupported("json_object WITH UNIQUE KEYS", call.node)
    keys, values = list(call.args[::2]), list(call.args[1::2])
    if not keys:
        return Value("'{}'", types.VARCHAR)
    for key in keys:
        if key.type.name != "varchar":
            message = f"Argument type of JSON object key must be a character string: {key.type}"
            raise failure("TYPE_MISMATCH", message, call.node)
    names = ", ".join(f"CAST({key.sql} AS VARCHAR)" for key in keys)
    texts = ", ".join(f"CAST({text} AS VARCHAR)" for text in _members(call, values))
    return Value(f"lab_json_object([{names}], [{texts}])", types.VARCHAR)


FUNCTIONS = {
    "$json_value": _value,
    "$json_query": _query,
    "$json_exists": _exists,
    "$json_array": _array,
    "$json_object": _object,
}
