"""CAST of text: what each type accepts, and how it fails on all else. Source: Trino documentation,
"Conversion functions".
"""

import contextlib
import datetime as dt
import re
import zoneinfo
from dataclasses import replace

from lab.engine import types
from lab.engine.types import Type
from lab.engine.values import Env, Value

INTEGER_TEXT = r"^[+-]?[0-9]+$"


DOUBLE_TEXT = r"^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|Infinity|NaN)$"
# Java takes a letter of the type behind the digits.
JAVA_DOUBLE_TEXT = DOUBLE_TEXT.replace("?|Inf", "?[dDfF]?|Inf")


DECIMAL_TEXT = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"


DATE_TEXT = r"^\s*[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}\s*$"


TIMESTAMP_TEXT = (
    r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?)?"
)
FINE_TIMESTAMP_TEXT = TIMESTAMP_TEXT.replace("{1,6}", "{1,12}")
# A zone may follow, and is passed over.
ZONE_TEXT = (
    r" ?([+-](0[0-9]|1[0-8]):[0-5][0-9]|Z|UTC|"
    + "|".join(sorted(name for name in zoneinfo.available_timezones() if "/" in name))
    + ")?$"
)


UUID_TEXT = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


MICROSECONDS = 6
TIME_TEXT = "^([01]?[0-9]|2[0-3]):[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{1,12})?)?$"


NAMES_IN_MESSAGES = {
    "integer": "INT",
    "bigint": "BIGINT",
    "smallint": "SMALLINT",
    "tinyint": "TINYINT",
}


def _invalid(value: Value, target: Type, env: Env) -> str:
    name = NAMES_IN_MESSAGES.get(target.name, str(target).upper().replace(",", ", "))
    message = f"'Cannot cast ''' || {value.sql} || ''' to {name}'"
    return env.fail("INVALID_CAST_ARGUMENT", message, target)


def _guard(value: Value, pattern: str, good: str, bad: str) -> str:
    condition = f"regexp_matches({value.sql}, {types.text(pattern)})"
    return f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN {condition} THEN {good} ELSE {bad} END"


SPACE = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"


def _trimmed(value: Value) -> Value:
    """Without the white space around it."""
    return replace(value, sql=f"trim({value.sql}, {SPACE})")


def integer_of(value: Value, target: Type, env: Env) -> str:
    bad = _invalid(value, target, env)
    number = f"TRY_CAST({value.sql} AS {types.duckdb(target)})"
    trimmed = _trimmed(value)
    other = f"TRY_CAST({trimmed.sql} AS {types.duckdb(target)})"
    # What has nothing around it, as nearly all has, is not made to pay for the rest.
    rest = _guard(trimmed, INTEGER_TEXT, f"coalesce({other}, {bad})", bad)
    return _guard(value, INTEGER_TEXT, f"coalesce({number}, {bad})", rest)


def double_of(value: Value, target: Type, env: Env) -> str:
    kind = types.duckdb(target)
    trimmed = _trimmed(value)
    digits = f"regexp_replace({trimmed.sql}, '([0-9.])[dDfF]$', '\\1')"
    rest = _guard(
        trimmed, JAVA_DOUBLE_TEXT, f"CAST({digits} AS {kind})", _invalid(value, target, env)
    )
    return _guard(value, DOUBLE_TEXT, f"CAST({value.sql} AS {kind})", rest)


def decimal_of(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT",
        f"'Cannot cast VARCHAR ''' || {value.sql} || ''' to"
        f" {str(target).upper().replace(',', ', ')}'",
        target,
    )
    number = f"TRY_CAST({value.sql} AS {types.duckdb(target)})"
    return _guard(value, DECIMAL_TEXT, f"coalesce({number}, {bad})", bad)


def boolean_of(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Cannot cast ''' || {value.sql} || ''' to BOOLEAN'", target
    )
    return (
        f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN lower({value.sql}) IN"
        f" ('t','true','1') THEN true"
        f" WHEN lower({value.sql}) IN ('f','false','0') THEN false ELSE {bad} END"
    )


def date_of(value: Value, target: Type, env: Env) -> str:
    if isinstance(value.literal, str) and re.fullmatch(r"\d{4}-\d\d?-\d\d?", value.literal):
        # A constant that DuckDB sees as one is compared with the statistics of files.
        with contextlib.suppress(ValueError):
            return f"DATE '{dt.datetime.strptime(value.literal, '%Y-%m-%d').date().isoformat()}'"
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Value cannot be cast to date: ' || {value.sql}", target
    )
    return _guard(value, DATE_TEXT, f"coalesce(TRY_CAST(trim({value.sql}) AS DATE), {bad})", bad)


def timestamp_of(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Value cannot be cast to timestamp: ' || {value.sql}", target
    )
    if target.args[0] < MICROSECONDS:
        good = rounded_timestamp(
            f"coalesce(TRY_CAST({value.sql} AS TIMESTAMP), {bad})", target.args[0]
        )
    else:
        good = f"coalesce(TRY_CAST({value.sql} AS TIMESTAMP), {bad})"
    rest = _timestamp_of_more(_trimmed(value), target, bad)
    return _guard(value, TIMESTAMP_TEXT + "$", good, rest)


def _timestamp_of_more(value: Value, target: Type, bad: str) -> str:
    """With a zone, which is passed over, or with more digits than DuckDB keeps: those beyond
    microseconds cannot change how fewer than six are rounded.
    """
    zone = "[+-][0-9]{2}:[0-9]{2}|[A-Z][A-Za-z_/+-]*"
    local = f"regexp_replace({value.sql}, '([0-9]) ?({zone})$', '\\1')"
    plain = f"regexp_replace({local}, '([.][0-9]{{6}})[0-9]+$', '\\1')"
    good = f"coalesce(TRY_CAST({plain} AS TIMESTAMP), {bad})"
    if target.args[0] < MICROSECONDS:
        good = rounded_timestamp(good, target.args[0])
    else:
        good = f"({good} + {_seventh(local)})"
    return _guard(value, FINE_TIMESTAMP_TEXT + ZONE_TEXT, good, bad)


def _seventh(text: str) -> str:
    """The microsecond that the seventh digit of a text's second makes, or none."""
    return (
        f"to_microseconds(CASE WHEN regexp_matches({text}, '[.][0-9]{{6}}[5-9]') THEN 1 ELSE 0 END)"
    )


def rounded_timestamp(sql: str, precision: int) -> str:
    """The timestamp with ``precision`` digits of the second, half up."""
    unit = 10 ** (6 - precision)
    return (
        f"make_timestamp(CAST(floor((epoch_us({sql}) + {unit // 2}) / {unit}.0) AS BIGINT)"
        f" * {unit})"
    )


def text_of(value: Value, target: Type, _env: Env) -> str:
    return f"left({value.sql}, {target.args[0]})" if target.args else value.sql


def ip_of(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Cannot cast value to IPADDRESS: ' || {value.sql}", target
    )
    found = f"coalesce(lab_ip({value.sql}), {bad})"
    return f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE {found} END"


def uuid_of(value: Value, target: Type, env: Env) -> str:
    bad = env.fail("INVALID_CAST_ARGUMENT", f"'Cannot cast value to UUID: ' || {value.sql}", target)
    return _guard(value, UUID_TEXT, f"TRY_CAST({value.sql} AS UUID)", bad)


def ip_of_bytes(value: Value, target: Type, env: Env) -> str:
    """Of 4 or 16 bytes."""
    hexadecimal = f"lower(hex({value.sql}))"
    size = f"octet_length({value.sql})"
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Invalid IP address binary length: ' || {size}", target
    )
    return (
        f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN {size} = 16 THEN {hexadecimal}"
        f" WHEN {size} = 4 THEN '00000000000000000000ffff' || {hexadecimal} ELSE {bad} END"
    )


def uuid_of_bytes(value: Value, target: Type, env: Env) -> str:
    size = f"octet_length({value.sql})"
    bad = env.fail("INVALID_CAST_ARGUMENT", f"'Invalid UUID binary length: ' || {size}", target)
    return (
        f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN {size} = 16 THEN"
        f" TRY_CAST(lower(hex({value.sql})) AS UUID) ELSE {bad} END"
    )


def char_of(value: Value, target: Type, _env: Env) -> str:
    return f"rtrim(left({value.sql}, {target.args[0]}), ' ')"


def time_of(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Value cannot be cast to time: ' || {value.sql}", target
    )
    full = f"CASE WHEN length({value.sql}) < 6 THEN {value.sql} || ':00' ELSE {value.sql} END"
    plain = f"regexp_replace({full}, '([.][0-9]{{6}})[0-9]+$', '\\1')"
    good = f"coalesce(TRY_CAST({plain} AS TIME), {bad})"
    if target.args[0] == MICROSECONDS:
        good = f"({good} + {_seventh(full)})"
    return _guard(value, TIME_TEXT, rounded_time(good, target.args[0]), bad)


def rounded_time(sql: str, precision: int) -> str:
    """Half up; what becomes 24 hours is midnight."""
    if precision == 6:
        return sql
    day = f"(DATE '1970-01-01' + {sql})"
    return f"CAST({rounded_timestamp(day, precision)} AS TIME)"


def limited(sql: str, target: Type, env: Env) -> str:
    """Text of a number must fit into varchar(n)."""
    if not target.args:
        return sql
    message = f"'Value ' || {sql} || ' cannot be represented as varchar({target.args[0]})'"
    bad = env.fail("INVALID_CAST_ARGUMENT", message, target)
    return f"CASE WHEN length({sql}) > {target.args[0]} THEN {bad} ELSE {sql} END"
