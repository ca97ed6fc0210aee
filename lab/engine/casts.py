"""CAST as Trino does it: strict about text, half away from zero for numbers, with Trino's errors.

DuckDB would read '12.5' as an integer and '1_000' as a thousand; every cast here states what it
accepts.
Source: Trino documentation, "Conversion functions".
"""

from lab.engine import literals, types
from lab.engine.errors import failure, unsupported
from lab.engine.types import Type
from lab.engine.values import Env, Value

INTEGER_TEXT = r"^[+-]?[0-9]+$"
DOUBLE_TEXT = r"^[+-]?([0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|Infinity|NaN)$"
DECIMAL_TEXT = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
DATE_TEXT = r"^\s*[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}\s*$"
TIMESTAMP_TEXT = (
    r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?)?$"
)
NAMES_IN_MESSAGES = {
    "integer": "INT",
    "bigint": "BIGINT",
    "smallint": "SMALLINT",
    "tinyint": "TINYINT",
}


def coerce(value: Value, target: Type) -> Value:
    """The implicit conversion: always possible, or the compiler has a bug."""
    if value.type == target:
        return value
    same_text = value.type.name == target.name == "varchar"
    if same_text:
        return Value(value.sql, target, value.reads, value.literal, value.aggregate)
    if value.type.name == "unknown":
        return Value(
            f"CAST(NULL AS {types.duckdb(target)})", target, value.reads, None, value.aggregate
        )
    if target.name == "timestamp with time zone" and value.type.name != target.name:
        plain = f"CAST({value.sql} AS TIMESTAMP)"
        zone = target.zone or "UTC"
        return Value(literals.at_zone(plain, zone), target, value.reads, None, value.aggregate)
    if value.type.name == "char":
        raise unsupported(f"a char as {target}")
    sql = _structural(value, target) if target.name in ("array", "map", "row") else None
    sql = sql or f"CAST({value.sql} AS {types.duckdb(target)})"
    return Value(sql, target, value.reads, value.literal, value.aggregate)


def _structural(value: Value, target: Type) -> str | None:
    if types.duckdb(value.type) == types.duckdb(target):
        return value.sql
    return None if _only_widens(value.type, target) else refuse(value.type, target)


def _only_widens(source: Type, target: Type) -> bool:
    if source.name == "unknown" or source.name == target.name == "varchar":
        return True
    if source.name != target.name or source.name not in ("array", "map"):
        return source.is_numeric and target.is_numeric
    return all(_only_widens(a, b) for a, b in zip(source.args, target.args, strict=True))


def refuse(source: Type, target: Type) -> str:
    raise unsupported(f"the conversion of {source} to {target}")


def cast(value: Value, target: Type, env: Env, node: object = None) -> Value:
    """``CAST(value AS target)``. TYPE_MISMATCH when Trino has no such cast, NOT_SUPPORTED when we
    have not.
    """
    source = value.type
    if source == target or source.name == "unknown":
        return coerce(value, target)
    handler = CASTS.get((_family(source), _family(target)))
    if handler is None:
        if frozenset((_family(source), _family(target))) in IMPOSSIBLE:
            raise failure("TYPE_MISMATCH", f"Cannot cast {source} to {target}", node)
        raise unsupported(f"CAST of {source} to {target}", node)
    sql = handler(value, target, env)
    return Value(sql, target, value.reads, None, value.aggregate)


def _family(kind: Type) -> str:
    if kind.is_integer:
        return "integer"
    return "double" if kind.name == "real" else kind.name


IMPOSSIBLE = {
    frozenset(pair)
    for pair in (
        ("date", "integer"),
        ("timestamp", "integer"),
        ("date", "double"),
        ("timestamp", "double"),
        ("boolean", "date"),
        ("boolean", "timestamp"),
        ("array", "integer"),
        ("array", "varchar"),
    )
}


def _invalid(value: Value, target: Type, env: Env) -> str:
    name = NAMES_IN_MESSAGES.get(target.name, str(target).upper().replace(",", ", "))
    message = f"'Cannot cast ''' || {value.sql} || ''' to {name}'"
    return env.fail("INVALID_CAST_ARGUMENT", message, target)


def _guard(value: Value, pattern: str, good: str, bad: str) -> str:
    condition = f"regexp_matches({value.sql}, {types.text(pattern)})"
    return f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN {condition} THEN {good} ELSE {bad} END"


def _text_to_integer(value: Value, target: Type, env: Env) -> str:
    number = f"TRY_CAST({value.sql} AS {types.duckdb(target)})"
    bad = _invalid(value, target, env)
    return _guard(value, INTEGER_TEXT, f"coalesce({number}, {bad})", bad)


def _text_to_double(value: Value, target: Type, env: Env) -> str:
    good = f"CAST({value.sql} AS {types.duckdb(target)})"
    return _guard(value, DOUBLE_TEXT, good, _invalid(value, target, env))


def _text_to_decimal(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT",
        f"'Cannot cast VARCHAR ''' || {value.sql} || ''' to"
        f" {str(target).upper().replace(',', ', ')}'",
        target,
    )
    number = f"TRY_CAST({value.sql} AS {types.duckdb(target)})"
    return _guard(value, DECIMAL_TEXT, f"coalesce({number}, {bad})", bad)


def _text_to_boolean(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Cannot cast ''' || {value.sql} || ''' to BOOLEAN'", target
    )
    return (
        f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN lower({value.sql}) IN"
        f" ('t','true','1') THEN true"
        f" WHEN lower({value.sql}) IN ('f','false','0') THEN false ELSE {bad} END"
    )


def _text_to_date(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Value cannot be cast to date: ' || {value.sql}", target
    )
    return _guard(value, DATE_TEXT, f"coalesce(TRY_CAST(trim({value.sql}) AS DATE), {bad})", bad)


def _text_to_timestamp(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Value cannot be cast to timestamp: ' || {value.sql}", target
    )
    good = f"coalesce(TRY_CAST({value.sql} AS TIMESTAMP), {bad})"
    if target.args[0] < 6:
        good = rounded_timestamp(good, target.args[0])
    return _guard(value, TIMESTAMP_TEXT, good, bad)


def rounded_timestamp(sql: str, precision: int) -> str:
    """The timestamp with ``precision`` digits of the second, half up."""
    unit = 10 ** (6 - precision)
    return (
        f"make_timestamp(CAST(floor((epoch_us({sql}) + {unit // 2}) / {unit}.0) AS BIGINT)"
        f" * {unit})"
    )


def _text_to_text(value: Value, target: Type, _env: Env) -> str:
    return f"left({value.sql}, {target.args[0]})" if target.args else value.sql


def _number_to_integer(value: Value, target: Type, env: Env) -> str:
    limit = types.RANGES[target.name]
    number = value.sql
    if value.type.name in ("double", "real", "decimal"):
        number = f"round({value.sql})"
    bad = env.fail(
        "NUMERIC_VALUE_OUT_OF_RANGE", f"'Out of range for {target.name}: ' || {value.sql}", target
    )
    if value.type.name in ("double", "real"):
        # The bound itself is not a bigint although it is a double.
        inside = f"{number} >= {-limit} AND {number} < {limit}"
        bad = env.fail(
            "INVALID_CAST_ARGUMENT", f"'Cannot cast ' || {value.sql} || ' to {target.name}'", target
        )
    else:
        inside = f"{number} BETWEEN {-limit} AND {limit - 1}"
    good = f"CAST({number} AS {types.duckdb(target)})"
    if value.type.is_integer and types.RANGES[value.type.name] <= limit:
        return good
    return f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN {inside} THEN {good} ELSE {bad} END"


def _number_to_double(value: Value, target: Type, _env: Env) -> str:
    return f"CAST({value.sql} AS {types.duckdb(target)})"


def _number_to_decimal(value: Value, target: Type, env: Env) -> str:
    shown = f"CAST({value.sql} AS VARCHAR)"
    source = "DECIMAL" if value.type.name == "decimal" else value.type.name.upper()
    message = (
        f"'Cannot cast {source} ''' || {shown} || ''' to {str(target).upper().replace(',', ', ')}'"
    )
    bad = env.fail("INVALID_CAST_ARGUMENT", message, target)
    good = f"TRY_CAST({value.sql} AS {types.duckdb(target)})"
    return f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE coalesce({good}, {bad}) END"


def _to_boolean(value: Value, _target: Type, _env: Env) -> str:
    return f"({value.sql} <> 0)"


def _from_boolean(value: Value, target: Type, _env: Env) -> str:
    return f"CAST({value.sql} AS {types.duckdb(target)})"


def _limited(sql: str, target: Type, env: Env) -> str:
    """Text of a number must fit into varchar(n)."""
    if not target.args:
        return sql
    message = f"'Value ' || {sql} || ' cannot be represented as varchar({target.args[0]})'"
    bad = env.fail("INVALID_CAST_ARGUMENT", message, target)
    return f"CASE WHEN length({sql}) > {target.args[0]} THEN {bad} ELSE {sql} END"


def _plain_to_text(value: Value, target: Type, env: Env) -> str:
    sql = value.sql
    if value.type.name == "decimal" and value.type.args[0] == value.type.args[1]:
        # DuckDB writes no 0 before the point of a decimal that has no place for it.
        sql = f"CAST({sql} AS DECIMAL({min(38, value.type.args[0] + 1)},{value.type.args[1]}))"
    return _limited(f"CAST({sql} AS VARCHAR)", target, env)


def _double_to_text(value: Value, target: Type, env: Env) -> str:
    return _limited(f"lab_{value.type.name}_text({value.sql})", target, env)


def timestamp_text(sql: str, precision: int) -> str:
    digits = f" || '.' || left(strftime({sql}, '%f'), {precision})" if precision else ""
    return f"(strftime({sql}, '%Y-%m-%d %H:%M:%S'){digits})"


def _timestamp_to_text(value: Value, target: Type, env: Env) -> str:
    return _limited(timestamp_text(value.sql, value.type.args[0]), target, env)


def zone_of(value: Value) -> str:
    """The zone that all values of this expression have. NOT_SUPPORTED when they may differ."""
    if value.type.zone is None:
        raise unsupported("a timestamp whose zone depends on the row")
    return value.type.zone


def _zoned_to_text(value: Value, target: Type, env: Env) -> str:
    zone = zone_of(value)
    shown = timestamp_text(literals.local(value.sql, zone), value.type.args[0])
    return _limited(f"({shown} || {types.text(' ' + zone)})", target, env)


def _zoned_to_date(value: Value, _target: Type, _env: Env) -> str:
    return f"CAST({literals.local(value.sql, zone_of(value))} AS DATE)"


def _zoned_to_timestamp(value: Value, _target: Type, _env: Env) -> str:
    return literals.local(value.sql, zone_of(value))


def _timestamp_to_zoned(value: Value, target: Type, _env: Env) -> str:
    return literals.at_zone(f"CAST({value.sql} AS TIMESTAMP)", target.zone or "UTC")


def _timestamp_to_timestamp(value: Value, target: Type, _env: Env) -> str:
    if target.args[0] < value.type.args[0]:
        return rounded_timestamp(value.sql, target.args[0])
    return value.sql


def _temporal(value: Value, target: Type, _env: Env) -> str:
    return f"CAST({value.sql} AS {types.duckdb(target)})"


def _array_to_array(value: Value, target: Type, env: Env) -> str:
    item = Value("x", value.type.element, frozenset())
    return f"list_transform({value.sql}, lambda x: {cast(item, target.element, env).sql})"


def _map_to_map(value: Value, target: Type, env: Env) -> str:
    key = cast(Value("e.key", value.type.args[0]), target.args[0], env).sql
    inner = cast(Value("e.value", value.type.args[1]), target.args[1], env).sql
    entries = (
        f"list_transform(map_entries({value.sql}), lambda e: {{'key': {key}, 'value': {inner}}})"
    )
    return f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE map_from_entries({entries}) END"


def _row_to_row(value: Value, target: Type, env: Env) -> str:
    if len(value.type.args) != len(target.args):
        raise failure("TYPE_MISMATCH", f"Cannot cast {value.type} to {target}")
    parts = []
    for old, new, (_, source), (_, wanted) in zip(
        types.field_names(value.type),
        types.field_names(target),
        value.type.args,
        target.args,
        strict=True,
    ):
        item = Value(f"struct_extract({value.sql}, {types.text(old)})", source)
        parts.append(f"{types.text(new)}: {cast(item, wanted, env).sql}")
    return f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE {{{', '.join(parts)}}} END"


def _json_to_text(value: Value, target: Type, env: Env) -> str:
    """A scalar as it is, a string without its quotes; objects and arrays are no text."""
    kind = f"json_type({value.sql})"
    bad = env.fail("INVALID_CAST_ARGUMENT", "'Cannot cast to varchar'", target)
    return (
        f"CASE WHEN {value.sql} IS NULL OR {kind} = 'NULL' THEN NULL"
        f" WHEN {kind} IN ('OBJECT', 'ARRAY') THEN {bad}"
        f" WHEN {kind} = 'VARCHAR' THEN json_extract_string({value.sql}, '$') ELSE {value.sql} END"
    )


def _json_to_number(value: Value, target: Type, env: Env) -> str:
    """A number or its text; an integer is rounded to, half away from zero."""
    text = Value(_json_to_text(value, types.VARCHAR, env), types.VARCHAR)
    kind = f"json_type({value.sql})"
    number = Value(f"TRY_CAST({value.sql} AS DOUBLE)", types.DOUBLE)
    rounded = _number_to_integer(number, target, env) if target.is_integer else number.sql
    convert = _text_to_integer if target.is_integer else _text_to_double
    return (
        f"CASE WHEN {kind} = 'DOUBLE' THEN {rounded}"
        f" WHEN {kind} = 'BOOLEAN'"
        f" THEN CAST(CAST({value.sql} AS BOOLEAN) AS {types.duckdb(target)})"
        f" ELSE {convert(text, target, env)} END"
    )


CASTS = {
    ("json", "varchar"): _json_to_text,
    ("json", "integer"): _json_to_number,
    ("json", "double"): _json_to_number,
    ("varchar", "integer"): _text_to_integer,
    ("varchar", "double"): _text_to_double,
    ("varchar", "decimal"): _text_to_decimal,
    ("varchar", "boolean"): _text_to_boolean,
    ("varchar", "date"): _text_to_date,
    ("varchar", "timestamp"): _text_to_timestamp,
    ("varchar", "varchar"): _text_to_text,
    ("varchar", "varbinary"): lambda value, _t, _e: f"encode({value.sql})",
    **{(source, "integer"): _number_to_integer for source in ("integer", "double", "decimal")},
    **{(source, "double"): _number_to_double for source in ("integer", "double", "decimal")},
    **{(source, "decimal"): _number_to_decimal for source in ("integer", "double", "decimal")},
    **{(source, "boolean"): _to_boolean for source in ("integer", "double", "decimal")},
    **{("boolean", target): _from_boolean for target in ("integer", "double")},
    **{
        (source, "varchar"): _plain_to_text
        for source in ("integer", "decimal", "boolean", "date", "uuid")
    },
    ("double", "varchar"): _double_to_text,
    ("timestamp", "varchar"): _timestamp_to_text,
    ("timestamp with time zone", "varchar"): _zoned_to_text,
    ("timestamp with time zone", "date"): _zoned_to_date,
    ("timestamp with time zone", "timestamp"): _zoned_to_timestamp,
    ("timestamp", "timestamp with time zone"): _timestamp_to_zoned,
    ("date", "timestamp with time zone"): _timestamp_to_zoned,
    ("timestamp", "date"): _temporal,
    ("date", "timestamp"): _temporal,
    ("timestamp", "timestamp"): _timestamp_to_timestamp,
    ("array", "array"): _array_to_array,
    ("map", "map"): _map_to_map,
    ("row", "row"): _row_to_row,
}
