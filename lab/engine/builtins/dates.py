"""Dates and times; the time zone is UTC. Source: Trino documentation, "Date and time
functions and operators".
"""

from dataclasses import replace

from lab.engine import literals, types
from lab.engine.builtins.date_formats import to_duckdb
from lab.engine.builtins.templates import Function
from lab.engine.calls import Call
from lab.engine.errors import failure, unsupported
from lab.engine.temporal_casts import timestamp_text, zone_of
from lab.engine.text_casts import rounded_timestamp
from lab.engine.values import Value

BY_PYTHON = "fjWaMbxv"
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
        if call.args[0].type.name.startswith("interval"):
            return _interval_part(call)
        return Value(f"CAST({text.format(wall_clock(call.args[0]))} AS BIGINT)", types.BIGINT)

    return write


INTERVAL_PARTS = {
    ("year", "interval year to month"): "{0} // 12",
    ("month", "interval year to month"): "{0} % 12",
    ("day", "interval day to second"): "{0} // 86400000",
    ("hour", "interval day to second"): "{0} % 86400000 // 3600000",
    ("minute", "interval day to second"): "{0} % 3600000 // 60000",
    ("second", "interval day to second"): "{0} % 60000 // 1000",
    ("millisecond", "interval day to second"): "{0} % 1000",
}


def _interval_part(call: Call) -> Value:
    """Towards zero, with the interval's sign."""
    text = INTERVAL_PARTS.get((call.name.removesuffix("_of_month"), call.args[0].type.name))
    if text is None:
        raise unsupported(f"{call.name}({call.args[0].type})", call.node)
    amount = f"CAST(trunc({literals.amount(call.args[0])}) AS BIGINT)"
    return Value(f"CAST({text.format(amount)} AS BIGINT)", types.BIGINT)


def _timezone(call: Call) -> Value:
    zone = types.text(zone_of(call.args[0]))
    sql = f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE {zone} END"
    return Value(sql, types.VARCHAR)


def _unit(call: Call, value: Value) -> str:
    unit = str(call.constant(0)).lower()
    is_date = value.type.name == "date"
    if value.type.name == "time":
        if unit not in INSTANT_UNITS:
            raise failure("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid TIME field")
        return unit
    if unit not in (DATE_UNITS if is_date else TIME_UNITS):
        what = "DATE" if is_date or unit not in TIME_UNITS else "TIMESTAMP"
        raise failure("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {what} field")
    return unit


def _zoned(value: Value, sql: str) -> Value:
    """A computation on the clock, back at the value's zone and in its type."""
    if value.type.name == "timestamp with time zone":
        return Value(literals.at_zone(f"CAST({sql} AS TIMESTAMP)", zone_of(value)), value.type)
    return Value(f"CAST({sql} AS {types.duckdb(value.type)})", value.type)


def _by_unit(write: Function) -> Function:
    """A unit that is computed: each that there is has its branch."""

    def choose(call: Call) -> Value:
        if call.args[0].literal is not None or call.args[0].sql.startswith("CAST(NULL"):
            return write(call)
        kind = call.args[1 if call.name == "date_trunc" else 2].type
        units = {"date": DATE_UNITS, "time": INSTANT_UNITS}.get(kind.name, TIME_UNITS)
        made = [
            write(replace(call, args=(literals.string(unit), *call.args[1:]))) for unit in units
        ]
        what = "DATE" if kind.name == "date" else kind.name.split()[0].upper()
        message = f"{call.sql(0)} || ' is not a valid {what} field'"
        bad = call.fail(message, made[0].type)
        branches = " ".join(
            f"WHEN '{unit}' THEN {value.sql}" for unit, value in zip(units, made, strict=True)
        )
        missing = " OR ".join(f"{argument.sql} IS NULL" for argument in call.args)
        sql = f"CASE lower({call.sql(0)}) {branches} ELSE {bad} END"
        return Value(f"CASE WHEN {missing} THEN NULL ELSE {sql} END", made[0].type)

    return choose


def _trunc(call: Call) -> Value:
    value = call.args[1]
    unit = _unit(call, value)
    if value.type.name == "time":
        day = f"(DATE '1970-01-01' + {value.sql})"
        return Value(f"CAST(date_trunc('{unit}', {day}) AS TIME)", value.type)
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
        sql = f"({value.sql} + {function}({number}))"
        digits = value.type.args[0] if value.type.args else 0
        if unit == "millisecond" and digits < 3:
            if value.type.name != "timestamp":
                raise unsupported(f"date_add('millisecond') to {value.type}", call.node)
            sql = rounded_timestamp(sql, digits)
        return Value(sql, value.type)
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
    kind = types.timestamp(3)
    if any(f"%{letter}" in str(call.constant(1)) for letter in BY_PYTHON):
        return _parse_by_python(call, kind)
    pattern = to_duckdb(str(call.constant(1)), parsing=True)
    bad = call.fail(f"'Invalid format: \"' || {call.sql(0)} || '\"'", kind)
    text = call.sql(0)
    if not any(letter in pattern for letter in ("%Y", "%y")):
        # Without a year DuckDB says 1900, Trino 1970.
        text, pattern = f"('1970 ' || {text})", f"%Y {pattern}"
    # DuckDB passes over spaces; to Trino they are characters like others.
    spaces = str(call.constant(1)).count(" ")
    given = f"regexp_replace({call.sql(0)}, '[^ ]', '', 'g')"
    blank = f"length({given}) <> {spaces} OR regexp_matches({call.sql(0)}, '^\\s|\\s$')"
    sql = f"coalesce(try_strptime({text}, {types.text(pattern)}), {bad})"
    sql = f"CASE WHEN {blank} THEN {bad} ELSE {sql} END"
    return Value(f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE {sql} END", kind)


def _parse_by_python(call: Call, kind: types.Type) -> Value:
    """For letters that DuckDB reads otherwise, or not at all."""
    written = str(call.constant(1))
    to_duckdb(written.replace("%T", "").replace("%r", ""), parsing=False)
    if "%x" in written or "%v" in written:
        raise unsupported("date_parse with %x or %v", call.node)
    bad = call.fail(f"'Invalid format: \"' || {call.sql(0)} || '\"'", kind)
    parsed = f"date_trunc('millisecond', lab_mysql_parse({call.sql(0)}, {types.text(written)}))"
    sql = f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE coalesce({parsed}, {bad}) END"
    return Value(sql, kind)


def _from_unixtime(call: Call) -> Value:
    sql = f"make_timestamptz(CAST(round({call.sql(0)} * 1000) AS BIGINT) * 1000)"
    zone = "UTC"
    if len(call.args) == 2:
        zone = literals.check_zone(str(call.constant(1)), call.node)
    elif len(call.args) == 3:
        minutes = int(call.constant(1)) * 60 + int(call.constant(2))
        zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
        zone = literals.check_zone(zone, call.node)
    return Value(f"CAST({sql} AS TIMESTAMPTZ)", types.timestamp_tz(3, zone))


def _to_unixtime(call: Call) -> Value:
    return Value(f"(epoch_us({call.sql(0)}) / CAST(1000000 AS DOUBLE))", types.DOUBLE)


def _now(call: Call) -> Value:
    digits = int(call.constant(0)) if call.args else 3
    if not 0 <= digits <= 6:
        raise unsupported(f"{call.name}({digits})", call.node)
    now = call.env.context.now
    shown = now[: 20 + digits] if digits else now[:19]
    return Value(f"CAST('{shown}+00' AS TIMESTAMPTZ)", types.timestamp_tz(digits, "UTC"))


def _today(call: Call) -> Value:
    return Value(f"CAST('{call.env.context.now[:10]}' AS DATE)", types.DATE)


def _date(call: Call) -> Value:
    from lab.engine.casts import cast

    return cast(call.args[0], types.DATE, call.env, call.node)


def _last_day(call: Call) -> Value:
    return Value(f"last_day({wall_clock(call.args[0])})", types.DATE)


def _at_timezone(call: Call) -> Value:
    zone = literals.check_zone(str(call.constant(1)), call.node)
    return Value(call.sql(0), types.timestamp_tz(call.args[0].type.args[0], zone))


def _with_timezone(call: Call) -> Value:
    zone = literals.check_zone(str(call.constant(1)), call.node)
    sql = literals.at_zone(call.sql(0), zone, call.node)
    return Value(sql, types.timestamp_tz(call.args[0].type.args[0], zone))


def _from_iso8601_date(call: Call) -> Value:
    """A day of a month, of a week or of a year; less than a day, or without hyphens, is refused."""
    text = call.sql(0)
    bad = call.fail(f"'Invalid format: \"' || {text} || '\"'", types.DATE)
    message = f"'the ISO 8601 date is not supported by this lab: ' || {text}"
    other = call.env.fail("NOT_SUPPORTED", message, types.DATE)
    sql = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_matches({text},"
        f" '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$') THEN coalesce(TRY_CAST({text} AS DATE), {bad})"
        f" WHEN regexp_matches({text}, '^[0-9]{{4}}-W[0-9]{{2}}-[1-7]$') THEN"
        f" coalesce(CAST(try_strptime({text}, '%G-W%V-%u') AS DATE), {bad})"
        f" WHEN regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{3}}$') THEN"
        f" coalesce(CAST(try_strptime({text}, '%Y-%j') AS DATE), {bad})"
        f" WHEN regexp_matches({text}, '^[0-9]{{4}}(-?[0-9W]+)*(-[0-9]+)?$') THEN {other} ELSE"
        f" {bad} END"
    )
    return Value(sql, types.DATE)


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
    other = f"CASE WHEN regexp_matches({text}, '^[0-9W:.TZ+-]+$') THEN {other} ELSE {bad} END"
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
    kind = types.varchar(
        27 + min(value.type.args[0], 1) + value.type.args[0] + (value.type.args[0] > 0)
    )
    if value.type.name == "timestamp":
        digits = value.type.args[0]
        return Value(text, types.varchar(22 + min(digits, 1) + digits))
    zone = zone_of(value)
    if zone == "UTC":
        return Value(f"({text} || 'Z')", kind)
    if literals.offset_minutes(zone) is not None:
        return Value(f"({text} || '{'Z' if zone == '+00:00' else zone}')", kind)
    minutes = f"date_diff('minute', timezone('UTC', {value.sql}), {wall_clock(value)})"
    shown = f"printf('%02d:%02d', abs({minutes}) // 60, abs({minutes}) % 60)"
    sign = f"CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END"
    offset = f"CASE WHEN {minutes} = 0 THEN 'Z' ELSE {sign} || {shown} END"
    return Value(f"({text} || {offset})", kind)


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
    "timezone": _timezone,
    "current_timezone": lambda _call: Value("'UTC'", types.VARCHAR),
    "timezone_hour": _offset,
    "timezone_minute": _offset,
    "date_trunc": _by_unit(_trunc),
    "date_add": _by_unit(_add),
    "date_diff": _by_unit(_diff),
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
