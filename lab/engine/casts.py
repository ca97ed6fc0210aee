"""CAST as Trino does it: strict about text, half away from zero for numbers, with Trino's errors.

DuckDB would read '12.5' as an integer and '1_000' as a thousand; every cast here states what it
accepts.
Source: Trino documentation, "Conversion functions".
"""

from dataclasses import replace

from lab.engine import literals, text_casts, types
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.json_casts import cast_from_json, cast_to_json
from lab.engine.text_casts import rounded_time, rounded_timestamp
from lab.engine.types import Type
from lab.engine.values import Env, Value


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
    if value.type.name == "char" and target.name != "char":
        raise unsupported(f"a char as {target}")
    if target.name == "char":
        # The spaces that fill a char are not stored.
        sql = value.sql if value.type.name == "char" else f"rtrim({value.sql}, ' ')"
        return Value(sql, target, value.reads, value.literal, value.aggregate)
    if target.name in ("array", "map", "row"):
        sql = _structural(value, target)
    else:
        sql = f"CAST({value.sql} AS {types.duckdb(target)})"
    return Value(sql, target, value.reads, value.literal, value.aggregate)


def _structural(value: Value, target: Type) -> str:
    """Element by element, since DuckDB matches the fields of rows by their names."""
    source, sql = value.type, value.sql
    if types.duckdb(source) == types.duckdb(target):
        return sql
    if target.name == "array":
        inner = coerce(Value("x", source.element), target.element).sql
        return f"CAST(list_transform({sql}, lambda x: {inner}) AS {types.duckdb(target)})"
    if target.name == "map":
        key, item = (
            coerce(Value(f"x.{name}", kind), wanted).sql
            for name, kind, wanted in zip(("key", "value"), source.args, target.args, strict=True)
        )
        pairs = f"list_transform(map_entries({sql}), lambda x: {{'key': {key}, 'value': {item}}})"
        made = f"CAST(map_from_entries({pairs}) AS {types.duckdb(target)})"
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE {made} END"
    parts = (
        f"{types.text(new)}: {coerce(Value(f'struct_extract({sql}, {types.text(old)})', a), b).sql}"
        for old, new, (_, a), (_, b) in zip(
            types.field_names(source), types.field_names(target), source.args, target.args,
            strict=True,
        )
    )  # fmt: skip
    return f"CASE WHEN {sql} IS NULL THEN NULL ELSE {{{', '.join(parts)}}} END"


def cast(value: Value, target: Type, env: Env, node: object = None) -> Value:
    """``CAST(value AS target)``. TYPE_MISMATCH when Trino has no such cast, NOT_SUPPORTED when we
    have not.
    """
    source = value.type
    if target.name == "timestamp with time zone" and target.zone is None:
        zone = source.zone if source.name == target.name else "UTC"
        target = replace(target, zone=zone)
    if source == target or source.name == "unknown":
        return coerce(value, target)
    handler = CASTS.get((_family(source), _family(target)))
    if "json" in (source.name, target.name):
        handler = cast_to_json if target.name == "json" else cast_from_json
    if (source.name, target.name) == ("varchar", "timestamp with time zone"):
        return _zoned_constant(value, target, env, node)
    if handler is None:
        if _is_impossible(_family(source), _family(target)):
            raise failure("TYPE_MISMATCH", f"Cannot cast {source} to {target}", node)
        raise unsupported(f"CAST of {source} to {target}", node)
    sql = handler(value, target, env)
    return Value(sql, target, value.reads, None, value.aggregate)


def _zoned_constant(value: Value, target: Type, env: Env, node: object) -> Value:
    """Text with a zone: a constant, since DuckDB keeps the instant only and the zone must be known
    before.
    """
    if not isinstance(value.literal, str):
        raise unsupported(f"CAST of {value.type} to {target} unless it is a constant", node)
    try:
        written = literals.timestamp(value.literal.strip(), None)
    except QueryError as error:
        if error.name == "NOT_SUPPORTED":
            raise
        message = types.text(f"Value cannot be cast to timestamp: {value.literal}")
        return Value(env.fail("INVALID_CAST_ARGUMENT", message, target), target)
    zone = written.type.zone or "UTC"
    kind = types.timestamp_tz(target.args[0], zone)
    plain = literals.local(written.sql, zone) if written.type.zone else written.sql
    if kind.args[0] < written.type.args[0]:
        plain = rounded_timestamp(plain, kind.args[0])
    return Value(literals.at_zone(plain, zone), kind)


def _family(kind: Type) -> str:
    if kind.is_integer:
        return "integer"
    return "double" if kind.name == "real" else kind.name


STRUCTURES = ("array", "map", "row")
TEMPORAL = ("date", "timestamp", "timestamp with time zone", "time")
INTERVALS = ("interval day to second", "interval year to month")
OPAQUE = (*INTERVALS, *STRUCTURES, "varbinary", "uuid", "ipaddress")
NUMBERS = ("integer", "double", "decimal", "boolean")


def _is_impossible(source: str, target: str) -> bool:
    """Whether Trino has no such cast."""
    names = {source, target}
    if source == target or "json" in names or "unknown" in names:
        return False
    if names & set(NUMBERS):
        return bool(names & {*TEMPORAL, *OPAQUE})
    if names & set(STRUCTURES) or (names & set(INTERVALS) and names & {*TEMPORAL, *OPAQUE}):
        return True
    return (source, target) in (
        ("varbinary", "varchar"),
        ("varchar", INTERVALS[0]),
        ("varchar", INTERVALS[1]),
    )


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


def _hashes_to_binary(value: Value, _target: Type, _env: Env) -> str:
    """Eight bytes a hash: the lab's own form, which only the lab reads back."""
    return f"unhex(array_to_string(list_transform({value.sql}, lambda x: printf('%016x', x)), ''))"


def _binary_to_hashes(value: Value, _target: Type, _env: Env) -> str:
    parts = f"regexp_extract_all(hex({value.sql}), '.{{16}}')"
    return f"list_transform({parts}, lambda x: CAST('0x' || x AS UBIGINT))"


def _interval_to_text(value: Value, target: Type, env: Env) -> str:
    """``1 12:00:00.000`` or ``1-2``"""
    amount = f"CAST(trunc({literals.amount(value)}) AS BIGINT)"
    sign = f"CASE WHEN {amount} < 0 THEN '-' ELSE '' END"
    size = f"abs({amount})"
    if value.type == types.YEAR_INTERVAL:
        return _limited(f"({sign} || ({size} // 12) || '-' || ({size} % 12))", target, env)
    pieces = (
        f"{size} // 86400000, {size} // 3600000 % 24, {size} // 60000 % 60, {size} // 1000 % 60,"
        f" {size} % 1000"
    )
    return _limited(f"({sign} || printf('%d %02d:%02d:%02d.%03d', {pieces}))", target, env)


def _char_to_text(value: Value, target: Type, _env: Env) -> str:
    full = f"rpad({value.sql}, {value.type.args[0]}, ' ')"
    return f"left({full}, {target.args[0]})" if target.args else full


def _time_to_text(value: Value, target: Type, env: Env) -> str:
    digits = value.type.args[0]
    shown = f"strftime(DATE '1970-01-01' + {value.sql}, '%H:%M:%S.%f')"
    return _limited(f"left({shown}, {9 + digits if digits else 8})", target, env)


def _timestamp_to_time(value: Value, target: Type, _env: Env) -> str:
    plain = value.sql
    if value.type.name == "timestamp with time zone":
        plain = literals.local(plain, zone_of(value))
    return rounded_time(f"CAST({plain} AS TIME)", target.args[0])


def _time_to_time(value: Value, target: Type, _env: Env) -> str:
    wider = target.args[0] >= value.type.args[0]
    return value.sql if wider else rounded_time(value.sql, target.args[0])


def _zoned_to_zoned(value: Value, target: Type, _env: Env) -> str:
    if target.args[0] >= value.type.args[0]:
        return value.sql
    plain = rounded_timestamp(literals.local(value.sql, "UTC"), target.args[0])
    return literals.at_zone(plain, "UTC")


CASTS = {
    ("timestamp with time zone", "timestamp with time zone"): _zoned_to_zoned,
    ("varchar", "time"): text_casts.time_of,
    ("time", "varchar"): _time_to_text,
    ("time", "time"): _time_to_time,
    ("timestamp", "time"): _timestamp_to_time,
    ("timestamp with time zone", "time"): _timestamp_to_time,
    ("hyperloglog", "varbinary"): _hashes_to_binary,
    ("varbinary", "hyperloglog"): _binary_to_hashes,
    ("varchar", "ipaddress"): text_casts.ip_of,
    ("ipaddress", "varchar"): lambda value, _t, _e: f"lab_ip_text({value.sql})",
    ("varbinary", "ipaddress"): lambda value, _t, _e: f"lower(hex({value.sql}))",
    ("varchar", "uuid"): text_casts.uuid_of,
    ("uuid", "varbinary"): lambda value, _t, _e: (
        f"unhex(replace(CAST({value.sql} AS VARCHAR), '-', ''))"
    ),
    ("interval day to second", "varchar"): _interval_to_text,
    ("interval year to month", "varchar"): _interval_to_text,
    ("varchar", "char"): text_casts.char_of,
    ("char", "char"): text_casts.char_of,
    ("char", "varchar"): _char_to_text,
    ("varchar", "integer"): text_casts.integer_of,
    ("varchar", "double"): text_casts.double_of,
    ("varchar", "decimal"): text_casts.decimal_of,
    ("varchar", "boolean"): text_casts.boolean_of,
    ("varchar", "date"): text_casts.date_of,
    ("varchar", "timestamp"): text_casts.timestamp_of,
    ("varchar", "varchar"): text_casts.text_of,
    ("varchar", "varbinary"): lambda value, _t, _e: f"encode({value.sql})",
    **{(source, "integer"): _number_to_integer for source in ("integer", "double", "decimal")},
    **{(source, "double"): _number_to_double for source in ("integer", "double", "decimal")},
    **{(source, "decimal"): _number_to_decimal for source in ("integer", "double", "decimal")},
    **{(source, "boolean"): _to_boolean for source in ("integer", "double", "decimal")},
    **{("boolean", target): _from_boolean for target in ("integer", "double", "decimal")},
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
