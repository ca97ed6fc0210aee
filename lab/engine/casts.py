"""CAST as Trino does it: strict about text, half away from zero for numbers, with Trino's errors.

DuckDB would read '12.5' as an integer and '1_000' as a thousand; every cast here states what it
accepts.
Source: Trino documentation, "Conversion functions".
"""

from dataclasses import replace

from lab.engine import literals, temporal_casts, text_casts, types
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.json_casts import cast_from_json, cast_to_json
from lab.engine.text_casts import rounded_timestamp
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
        plain = literals.at_zone(f"CAST({value.sql} AS TIMESTAMP)", "UTC")
        return Value(plain, target, value.reads, None, value.aggregate)
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
    if _is_impossible(source, target):
        raise failure("TYPE_MISMATCH", f"Cannot cast {source} to {target}", node)
    handler = CASTS.get((_family(source), _family(target)))
    if "json" in (source.name, target.name):
        handler = cast_to_json if target.name == "json" else cast_from_json
    if (source.name, target.name) == ("varchar", "timestamp with time zone"):
        return _zoned_constant(value, target, env, node)
    if handler is None:
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


# What Trino casts, other than a type to itself; text to a structure or an interval is not among it.
_NUMBERS = ("integer", "double", "decimal", "boolean")
_CLOCKS = ("time", "timestamp", "timestamp with time zone")
POSSIBLE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_NUMBERS, (*_NUMBERS, "varchar", "json")),
    "char": ("varchar",),
    "varchar": (*_NUMBERS, *_CLOCKS, "date", "char", "varbinary", "uuid", "ipaddress", "json"),
    "varbinary": ("uuid", "ipaddress", "hyperloglog", "tdigest", "qdigest"),
    "date": ("varchar", "timestamp", "timestamp with time zone", "json"),
    "time": ("varchar", "timestamp", "timestamp with time zone"),
    "timestamp": ("varchar", "date", "json", *_CLOCKS),
    "timestamp with time zone": ("varchar", "date", *_CLOCKS),
    "interval day to second": ("varchar",),
    "interval year to month": ("varchar",),
    "uuid": ("varchar", "varbinary"),
    "ipaddress": ("varchar", "varbinary"),
    "json": (*_NUMBERS, "varchar", "array", "map", "row"),
    **dict.fromkeys(("array", "map", "row"), ("json",)),
}


def _is_impossible(source: Type, target: Type) -> bool:
    """Whether Trino has no such cast."""
    known = POSSIBLE.get(_family(source))
    if known is None or _family(source) == _family(target):
        return False
    if source.name in ("uuid", "ipaddress") and target.name == "varchar":
        return bool(target.args)
    return _family(target) not in known


def _number_to_integer(value: Value, target: Type, env: Env) -> str:
    limit = types.RANGES[target.name]
    number = value.sql
    if value.type.name in ("double", "real", "decimal"):
        number = f"round({value.sql})"
    message = f"'Out of range for {target.name}: ' || {value.sql}"
    bad = env.fail("NUMERIC_VALUE_OUT_OF_RANGE", message, target)
    if value.type.name == "decimal":
        message = f"'Cannot cast ''' || {value.sql} || ''' to {target.name.upper()}'"
        bad = env.fail("INVALID_CAST_ARGUMENT", message, target)
    if value.type.name in ("double", "real"):
        # The bound itself is not a bigint although it is a double.
        inside = f"{number} >= {-limit} AND {number} < {limit}"
        message = f"'Cannot cast {value.type.name} ' || {value.sql} || ' to {target.name}'"
        nan = env.fail("INVALID_CAST_ARGUMENT", message, target)
        bad = (
            nan
            if target.name == "bigint"
            else f"CASE WHEN isnan({value.sql}) THEN {nan} ELSE {bad} END"
        )
    else:
        inside = f"{number} BETWEEN {-limit} AND {limit - 1}"
    good = f"CAST({number} AS {types.duckdb(target)})"
    if value.type.is_integer and types.RANGES[value.type.name] <= limit:
        return good
    return f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN {inside} THEN {good} ELSE {bad} END"


# The least double that is nearer to infinity than to the greatest real.
BEYOND_REAL = "CAST('3.4028235677973366e38' AS DOUBLE)"


def _number_to_double(value: Value, target: Type, _env: Env) -> str:
    plain = f"CAST({value.sql} AS {types.duckdb(target)})"
    if target.name == "double" or value.type.name != "double":
        return plain
    far = f"abs({value.sql}) >= {BEYOND_REAL} AND isfinite({value.sql})"
    infinite = f"CAST(sign({value.sql}) * CAST('inf' AS DOUBLE) AS FLOAT)"
    return f"CASE WHEN {far} THEN {infinite} ELSE {plain} END"


def _number_to_decimal(value: Value, target: Type, env: Env) -> str:
    shown = f"CAST({value.sql} AS VARCHAR)"
    source = "DECIMAL" if value.type.name == "decimal" else value.type.name.upper()
    message = (
        f"'Cannot cast {source} ''' || {shown} || ''' to {str(target).upper().replace(',', ', ')}'"
    )
    bad = env.fail("INVALID_CAST_ARGUMENT", message, target)
    # The decimal digits of a floating number are those of its text.
    number = shown if value.type.name in ("double", "real") else value.sql
    good = f"TRY_CAST({number} AS {types.duckdb(target)})"
    return f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE coalesce({good}, {bad}) END"


def _to_boolean(value: Value, _target: Type, _env: Env) -> str:
    return f"({value.sql} <> 0)"


def _from_boolean(value: Value, target: Type, _env: Env) -> str:
    return f"CAST({value.sql} AS {types.duckdb(target)})"


def _plain_to_text(value: Value, target: Type, env: Env) -> str:
    sql = value.sql
    if value.type.name == "decimal" and value.type.args[0] == value.type.args[1]:
        # DuckDB writes no 0 before the point of a decimal that has no place for it.
        sql = f"CAST({sql} AS DECIMAL({min(38, value.type.args[0] + 1)},{value.type.args[1]}))"
    return text_casts.limited(f"CAST({sql} AS VARCHAR)", target, env)


def _double_to_text(value: Value, target: Type, env: Env) -> str:
    return text_casts.limited(f"lab_{value.type.name}_text({value.sql})", target, env)


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
        return text_casts.limited(
            f"({sign} || ({size} // 12) || '-' || ({size} % 12))", target, env
        )
    pieces = (
        f"{size} // 86400000, {size} // 3600000 % 24, {size} // 60000 % 60, {size} // 1000 % 60,"
        f" {size} % 1000"
    )
    return text_casts.limited(
        f"({sign} || printf('%d %02d:%02d:%02d.%03d', {pieces}))", target, env
    )


def _char_to_text(value: Value, target: Type, _env: Env) -> str:
    full = f"rpad({value.sql}, {value.type.args[0]}, ' ')"
    return f"left({full}, {target.args[0]})" if target.args else full


CASTS = {
    ("timestamp with time zone", "timestamp with time zone"): temporal_casts.zoned_to_zoned,
    ("varchar", "time"): text_casts.time_of,
    ("time", "varchar"): temporal_casts.time_to_text,
    ("time", "time"): temporal_casts.time_to_time,
    ("timestamp", "time"): temporal_casts.timestamp_to_time,
    ("timestamp with time zone", "time"): temporal_casts.timestamp_to_time,
    ("hyperloglog", "varbinary"): _hashes_to_binary,
    ("varbinary", "hyperloglog"): _binary_to_hashes,
    ("varchar", "ipaddress"): text_casts.ip_of,
    ("ipaddress", "varchar"): lambda value, _t, _e: f"lab_ip_text({value.sql})",
    ("ipaddress", "varbinary"): lambda value, _t, _e: f"unhex({value.sql})",
    ("varbinary", "ipaddress"): text_casts.ip_of_bytes,
    ("varbinary", "uuid"): text_casts.uuid_of_bytes,
    ("varchar", "uuid"): text_casts.uuid_of,
    ("time", "timestamp"): temporal_casts.time_to_timestamp,
    ("time", "timestamp with time zone"): temporal_casts.time_to_timestamp,
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
    ("timestamp", "varchar"): temporal_casts.timestamp_to_text,
    ("timestamp with time zone", "varchar"): temporal_casts.zoned_to_text,
    ("timestamp with time zone", "date"): temporal_casts.zoned_to_date,
    ("timestamp with time zone", "timestamp"): temporal_casts.zoned_to_timestamp,
    ("timestamp", "timestamp with time zone"): temporal_casts.timestamp_to_zoned,
    ("date", "timestamp with time zone"): temporal_casts.timestamp_to_zoned,
    ("timestamp", "date"): _temporal,
    ("date", "timestamp"): _temporal,
    ("timestamp", "timestamp"): temporal_casts.timestamp_to_timestamp,
    ("array", "array"): _array_to_array,
    ("map", "map"): _map_to_map,
    ("row", "row"): _row_to_row,
}
