"""Dates and times; the time zone is UTC. Source: Trino documentation, "Date and time
functions and operators".
"""

from lab.engine import literals, types
from lab.engine.builtins.date_formats import to_duckdb
from lab.engine.calls import Call
from lab.engine.casts import rounded_timestamp, timestamp_text, zone_of
from lab.engine.errors import failure, unsupported
from lab.engine.values import Value

DATE_UNITS = ("day", "week", "month", "quarter", "year")
TIME_UNITS = ("millisecond", "second", "minute", "hour", *DATE_UNITS)
INSTANT_UNITS = ("millisecond", "second", "minute", "hour")


def wall_clock(value: Value) -> str:
    """SQL for what the clock of the value's zone shows (a TIMESTAMP), or the value itself."""
    if value.type.name == "timestamp with time zone":
        return literals.local(value.sql, zone_of(value))
    return value.sql


def _part(text: str):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        if call.args[0].type.name.startswith("interval") or call.args[0].type.name.startswith(
            "time("
        ):
            raise unsupported(f"{call.name}({call.args[0].type})", call.node)
        return Value(f"CAST({text.format(wall_clock(call.args[0]))} AS BIGINT)", types.BIGINT)

    return write


def _unit(call: Call, value: Value) -> str:
    unit = str(call.constant(0)).lower()
    is_date = value.type.name == "date"
    if unit not in (DATE_UNITS if is_date else TIME_UNITS):
        what = "DATE" if is_date or unit not in TIME_UNITS else "TIMESTAMP"
        raise failure("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {what} field")
    return unit


def _zoned(value: Value, sql: str) -> Value:
    """A computation on the clock, back at the value's zone and in its type."""
    if value.type.name == "timestamp with time zone":
        return Value(literals.at_zone(f"CAST({sql} AS TIMESTAMP)", zone_of(value)), value.type)
    return Value(f"CAST({sql} AS {types.duckdb(value.type)})", value.type)


def _trunc(call: Call) -> Value:
    value = call.args[1]
    unit = _unit(call, value)
    return _zoned(value, f"date_trunc('{unit}', {wall_clock(value)})")


def _add(call: Call) -> Value:
    value = call.args[2]
    unit = _unit(call, value)
    amount = call.sql(1)
    function, factor = {
        "millisecond": ("to_milliseconds", 1),
        "second": ("to_seconds", 1),
        "minute": ("to_minutes", 1),
        "hour": ("to_hours", 1),
        "day": ("to_days", 1),
        "week": ("to_days", 7),
        "month": ("to_months", 1),
        "quarter": ("to_months", 3),
        "year": ("to_months", 12),
    }[unit]
    number = f"{amount} * {factor}"
    if unit in INSTANT_UNITS:
        return Value(f"({value.sql} + {function}({number}))", value.type)
    if function in ("to_days", "to_months"):
        number = f"CAST({number} AS INTEGER)"
    return _zoned(value, f"({wall_clock(value)} + {function}({number}))")


def _diff(call: Call) -> Value:
    """Whole units: DuckDB's date_sub; its date_diff counts the boundaries that are crossed."""
    first, second = call.args[1], call.args[2]
    unit = _unit(call, first)
    a, b = wall_clock(first), wall_clock(second)
    if unit in INSTANT_UNITS and first.type.name == "timestamp with time zone":
        # Hours pass by the instant, whatever the clock of the zone does; days by the clock.
        a, b = literals.local(first.sql, "UTC"), literals.local(second.sql, "UTC")
    if unit == "week":
        return Value(f"CAST(trunc(date_sub('day', {a}, {b}) / 7) AS BIGINT)", types.BIGINT)
    if unit == "quarter":
        return Value(f"CAST(trunc(date_sub('month', {a}, {b}) / 3) AS BIGINT)", types.BIGINT)
    return Value(f"CAST(date_sub('{unit}', {a}, {b}) AS BIGINT)", types.BIGINT)


def _format(call: Call) -> Value:
    pattern = to_duckdb(str(call.constant(1)), parsing=False)
    return Value(f"strftime({wall_clock(call.args[0])}, {types.text(pattern)})", types.VARCHAR)


def _parse(call: Call) -> Value:
    pattern = to_duckdb(str(call.constant(1)), parsing=True)
    kind = types.timestamp(3)
    bad = call.fail(f"'Invalid format: \"' || {call.sql(0)} || '\"'", kind)
    text = call.sql(0)
    if not any(letter in pattern for letter in ("%Y", "%y")):
        # Without a year DuckDB says 1900, Trino 1970.
        text, pattern = f"('1970 ' || {text})", f"%Y {pattern}"
    sql = f"coalesce(try_strptime({text}, {types.text(pattern)}), {bad})"
    return Value(f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE {sql} END", kind)


def _from_unixtime(call: Call) -> Value:
    sql = f"make_timestamptz(CAST(round({call.sql(0)} * 1000) AS BIGINT) * 1000)"
    zone = "UTC"
    if len(call.args) == 2:
        zone = str(call.constant(1))
        literals.check_zone(zone, call.node)
    elif len(call.args) == 3:
        minutes = int(call.constant(1)) * 60 + int(call.constant(2))
        zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return Value(f"CAST({sql} AS TIMESTAMPTZ)", types.timestamp_tz(3, zone))


def _to_unixtime(call: Call) -> Value:
    return Value(f"(epoch_us({call.sql(0)}) / CAST(1000000 AS DOUBLE))", types.DOUBLE)


def _now(call: Call) -> Value:
    return Value(f"CAST('{call.env.context.now}+00' AS TIMESTAMPTZ)", types.timestamp_tz(3, "UTC"))


def _today(call: Call) -> Value:
    return Value(f"CAST('{call.env.context.now[:10]}' AS DATE)", types.DATE)


def _date(call: Call) -> Value:
    from lab.engine.casts import cast

    return cast(call.args[0], types.DATE, call.env, call.node)


def _last_day(call: Call) -> Value:
    return Value(f"last_day({wall_clock(call.args[0])})", types.DATE)


def _at_timezone(call: Call) -> Value:
    zone = str(call.constant(1))
    literals.check_zone(zone, call.node)
    return Value(call.sql(0), types.timestamp_tz(call.args[0].type.args[0], zone))


def _with_timezone(call: Call) -> Value:
    zone = str(call.constant(1))
    sql = literals.at_zone(call.sql(0), zone, call.node)
    return Value(sql, types.timestamp_tz(call.args[0].type.args[0], zone))


def _from_iso8601_date(call: Call) -> Value:
    bad = call.fail(f"'Invalid format: \"' || {call.sql(0)} || '\"'", types.DATE)
    ok = f"regexp_matches({call.sql(0)}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$')"
    good = f"coalesce(TRY_CAST({call.sql(0)} AS DATE), {bad})"
    return Value(
        f"CASE WHEN {call.sql(0)} IS NULL THEN NULL WHEN {ok} THEN {good} ELSE {bad} END",
        types.DATE,
    )


ISO_UTC = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}(:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?Z?)?$"


def _from_iso8601_timestamp(call: Call) -> Value:
    """The value keeps its own zone in Trino: an offset is refused, known or not, unless it is a
    constant.
    """
    kind = types.timestamp_tz(3, "UTC")
    written, text = call.args[0].literal, call.sql(0)
    if isinstance(written, str) and "T" in written and len(written) > 6 and written[-6] in "+-":
        plain = f"CAST({types.text(written[:-6].replace('T', ' '))} AS TIMESTAMP)"
        zone = "UTC" if written[-5:] == "00:00" else written[-6:]
        return Value(literals.at_zone(plain, zone, call.node), types.timestamp_tz(3, zone))
    other = call.env.fail(
        "NOT_SUPPORTED",
        f"'from_iso8601_timestamp with an offset or format not supported by this lab: ' || {text}",
        kind,
    )
    plain = f"TRY_CAST(rtrim(replace({text}, 'T', ' '), 'Z') AS TIMESTAMP)"
    bad = call.fail(f"'Invalid format: \"' || {text} || '\"'", kind)
    good = f"coalesce(timezone('UTC', {rounded_timestamp(plain, 3)}), {bad})"
    sql = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_matches({text}, '{ISO_UTC}') THEN"
        f" {good} ELSE {other} END"
    )
    return Value(sql, kind)


def _to_iso8601(call: Call) -> Value:
    value = call.args[0]
    if value.type.name == "date":
        return Value(f"strftime({value.sql}, '%Y-%m-%d')", types.varchar(16))
    text = f"replace({timestamp_text(wall_clock(value), value.type.args[0])}, ' ', 'T')"
    kind = types.varchar(32)
    if value.type.name == "timestamp":
        return Value(text, kind)
    zone = zone_of(value)
    if zone == "UTC":
        return Value(f"({text} || 'Z')", kind)
    if literals.offset_minutes(zone) is None:
        raise unsupported("to_iso8601 in a zone with daylight saving", call.node)
    return Value(f"({text} || '{zone}')", kind)


def _offset(call: Call) -> Value:
    minutes = f"date_diff('minute', timezone('UTC', {call.sql(0)}), {wall_clock(call.args[0])})"
    text = f"{minutes} // 60" if call.name == "timezone_hour" else f"{minutes} % 60"
    return Value(f"CAST({text} AS BIGINT)", types.BIGINT)


FUNCTIONS = {
    "year": _part("year({0})"),
    "quarter": _part("quarter({0})"),
    "month": _part("month({0})"),
    "week": _part("week({0})"),
    "week_of_year": _part("week({0})"),
    "day": _part("day({0})"),
    "day_of_month": _part("day({0})"),
    "day_of_week": _part("isodow({0})"),
    "dow": _part("isodow({0})"),
    "day_of_year": _part("dayofyear({0})"),
    "doy": _part("dayofyear({0})"),
    "year_of_week": _part("isoyear({0})"),
    "yow": _part("isoyear({0})"),
    "hour": _part("hour({0})"),
    "minute": _part("minute({0})"),
    "second": _part("second({0})"),
    "millisecond": _part("(millisecond({0}) % 1000)"),
    "timezone_hour": _offset,
    "timezone_minute": _offset,
    "date_trunc": _trunc,
    "date_add": _add,
    "date_diff": _diff,
    "date_format": _format,
    "date_parse": _parse,
    "from_unixtime": _from_unixtime,
    "to_unixtime": _to_unixtime,
    "now": _now,
    "current_date": _today,
    "date": _date,
    "last_day_of_month": _last_day,
    "at_timezone": _at_timezone,
    "with_timezone": _with_timezone,
    "from_iso8601_date": _from_iso8601_date,
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "to_iso8601": _to_iso8601,
}
