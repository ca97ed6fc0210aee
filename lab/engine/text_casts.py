"""CAST of text: what each type accepts, and how it fails on all else. Source: Trino documentation,
"Conversion functions".
"""

import contextlib
import datetime as dt
import re

from lab.engine import types
from lab.engine.types import Type
from lab.engine.values import Env, Value

INTEGER_TEXT = r"^[+-]?[0-9]+$"


DOUBLE_TEXT = r"^[+-]?([0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|Infinity|NaN)$"


DECIMAL_TEXT = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"


DATE_TEXT = r"^\s*[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}\s*$"


TIMESTAMP_TEXT = (
    r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,12})?)?)?$"
)


UUID_TEXT = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


TIME_TEXT = "^[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{1,6})?)?$"


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


def integer_of(value: Value, target: Type, env: Env) -> str:
    number = f"TRY_CAST({value.sql} AS {types.duckdb(target)})"
    bad = _invalid(value, target, env)
    return _guard(value, INTEGER_TEXT, f"coalesce({number}, {bad})", bad)


def double_of(value: Value, target: Type, env: Env) -> str:
    good = f"CAST({value.sql} AS {types.duckdb(target)})"
    return _guard(value, DOUBLE_TEXT, good, _invalid(value, target, env))


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
    # DuckDB keeps microseconds; the digits beyond cannot change how fewer than six are rounded.
    plain = f"regexp_replace({value.sql}, '([.][0-9]{{6}})[0-9]+$', '\\1')"
    good = f"coalesce(TRY_CAST({plain} AS TIMESTAMP), {bad})"
    if target.args[0] < 6:
        good = rounded_timestamp(good, target.args[0])
    else:
        finer = f"regexp_matches({value.sql}, '[.][0-9]{{7,}}$')"
        refused = "'CAST of text finer than microseconds is not supported by this lab'"
        good = (
            f"CASE WHEN {finer} THEN {env.fail('NOT_SUPPORTED', refused, target)} ELSE {good} END"
        )
    return _guard(value, TIMESTAMP_TEXT, good, bad)


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


def char_of(value: Value, target: Type, _env: Env) -> str:
    return f"rtrim(left({value.sql}, {target.args[0]}), ' ')"


def time_of(value: Value, target: Type, env: Env) -> str:
    bad = env.fail(
        "INVALID_CAST_ARGUMENT", f"'Value cannot be cast to time: ' || {value.sql}", target
    )
    full = f"CASE WHEN length({value.sql}) < 6 THEN {value.sql} || ':00' ELSE {value.sql} END"
    good = f"coalesce(TRY_CAST({full} AS TIME), {bad})"
    return _guard(value, TIME_TEXT, rounded_time(good, target.args[0]), bad)


def rounded_time(sql: str, precision: int) -> str:
    """Half up; what becomes 24 hours is midnight."""
    if precision == 6:
        return sql
    day = f"(DATE '1970-01-01' + {sql})"
    return f"CAST({rounded_timestamp(day, precision)} AS TIME)"
