"""String functions. Source: Trino documentation, "String functions and operators"."""

from lab.engine import types
from lab.engine.builtins.templates import by_count, template
from lab.engine.calls import Call
from lab.engine.errors import failure, unsupported
from lab.engine.values import Value


def _length(call: Call) -> Value:
    kind = call.args[0].type.name
    if kind == "char":
        return Value(f"CAST({call.args[0].type.args[0]} AS BIGINT)", types.BIGINT)
    function = "octet_length" if kind == "varbinary" else "length"
    return Value(f"CAST({function}({call.sql(0)}) AS BIGINT)", types.BIGINT)


def _same_text(text: str):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        if call.args[0].type.name != "varchar":
            raise unsupported(f"{call.name}({call.args[0].type})", call.node)
        return Value(text.format(*(a.sql for a in call.args)), call.args[0].type)

    return write


def _substr(call: Call) -> Value:
    """Trino counts from 1, or from the end with a negative start; 0 and starts beyond either end
    give ''.
    """
    source = call.args[0]
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
    raise unsupported(f"concat({', '.join(str(a.type) for a in call.args)})", call.node)


def _concat_ws(call: Call) -> Value:
    if any(a.type.name != "varchar" for a in call.args):
        raise unsupported("concat_ws of an array", call.node)
    return Value(f"concat_ws({', '.join(a.sql for a in call.args)})", types.VARCHAR)


def _pad(function: str):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        if call.args[0].type.name != "varchar":
            raise unsupported(f"{call.name}({call.args[0].type})", call.node)
        empty = call.fail("'Padding string must not be empty'", types.VARCHAR)
        negative = call.fail("'Target length must be in the range [0..2147483647]'", types.VARCHAR)
        sql = (
            f"CASE WHEN length({call.sql(2)}) = 0 THEN {empty} WHEN {call.sql(1)} < 0"
            f" THEN {negative}"
            f" ELSE {function}({call.sql(0)}, CAST({call.sql(1)} AS INTEGER), {call.sql(2)}) END"
        )
        return Value(sql, types.VARCHAR)

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
    if not call.args[1].literal:
        raise unsupported("split_part whose delimiter is no constant", call.node)
    missing = f"{call.sql(0)} IS NULL OR {index} IS NULL"
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
    if call.args[1].literal is None or call.args[1].literal == "":
        raise unsupported("replace whose search text is empty or no constant", call.node)
    new = call.sql(2) if len(call.args) > 2 else "''"
    kind = call.args[0].type if len(call.args) == 2 else types.VARCHAR
    return Value(f"replace({call.sql(0)}, {call.sql(1)}, {new})", kind)


def _trim(function: str):  # type: ignore[no-untyped-def]  # a factory of functions
    """Trino trims white space; DuckDB, without a second argument, spaces only."""

    def write(call: Call) -> Value:
        if call.args[0].type.name != "varchar":
            raise unsupported(f"{call.name}({call.args[0].type})", call.node)
        what = (
            call.sql(1)
            if len(call.args) > 1
            else "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"
        )
        return Value(f"{function}({call.sql(0)}, {what})", call.args[0].type)

    return write


FUNCTIONS = {
    "length": _length,
    "lower": _same_text("lower({0})"),
    "upper": _same_text("upper({0})"),
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
    "strpos": by_count(n2=template("CASE WHEN {1} = '' THEN 1 ELSE strpos({0}, {1}) END")),
    "starts_with": template("starts_with({0}, {1})"),
    "translate": template("translate({0}, {1}, {2})"),
    "levenshtein_distance": template("levenshtein({0}, {1})"),
    "hamming_distance": _hamming,
    "chr": _chr,
    "codepoint": template("unicode({0})"),
    "normalize": template("lab_normalize({0}, {1})"),
    "url_decode": template("lab_url_decode({0})", types.VARCHAR),
    "url_encode": template("lab_url_encode({0})", types.VARCHAR),
    **{
        f"url_extract_{part}": _same_text(f"lab_url_part({{0}}, '{part}')")
        for part in ("host", "path", "protocol", "query", "fragment")
    },
    "url_extract_port": template("CAST(lab_url_part({0}, 'port') AS BIGINT)"),
    "url_extract_parameter": _same_text("lab_url_parameter({0}, {1})"),
}
