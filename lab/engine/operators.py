"""Arithmetic, comparison and concatenation with Trino's types.

Integers divide towards zero and never by zero; decimals keep Trino's precision and scale; a date
and an interval give a date; text is never compared with numbers. Source: Trino documentation,
"Mathematical functions and operators".
"""

import re
from dataclasses import replace
from typing import Any

from lab.engine import comparisons, literals, types
from lab.engine.casts import coerce
from lab.engine.errors import failure, unsupported
from lab.engine.types import Type
from lab.engine.values import Env, Value, union_reads

SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}
ORDERING = ("<", "<=", ">", ">=")
FLIPPED = {">": "<", ">=": "<="}
# The digits of decimals that DuckDB keeps in 64 bits.
BITS_64 = 18
CALLS = re.compile(r"\b(?!(?:CAST|DECIMAL)\()\w+\(|\bSELECT\b|\bCASE\b")


def arithmetic(symbol: str, left: Value, right: Value, env: Env, node: Any) -> Value:
    """``left symbol right``; TYPE_MISMATCH as Trino says it when the types do not go together."""
    if left.type.is_numeric and right.type.is_numeric:
        return _numeric(symbol, left, right, env)
    names = (left.type.name, right.type.name)
    if symbol in "+-":
        found = _temporal(symbol, left, right)
        if found is not None:
            return found
    if "unknown" in names:
        other = left.type if names[1] == "unknown" else right.type
        if other.is_numeric or other.name == "unknown":
            kind = types.TINYINT if other.name == "unknown" else other
            kind = types.decimal(1, 0) if kind.name == "decimal" else kind
            a, b = (
                coerce(side, kind) if side.type.name == "unknown" else side
                for side in (left, right)
            )
            return _numeric(symbol, a, b, env)
        dated = other.name in ("date", "time", "timestamp", "timestamp with time zone")
        if (dated and symbol in "+-") or (other.name.startswith("interval") and symbol in "*/"):
            return _made(f"CAST(NULL AS {types.duckdb(other)})", other, left, right)
    if symbol in "*/" and any(name.startswith("interval") for name in names):
        return _scaled(symbol, left, right, node)
    raise mismatch(left, symbol, right, node)


def mismatch(left: Value, symbol: str, right: Value, node: Any) -> Exception:
    message = f"Cannot apply operator: {left.type} {symbol} {right.type}"
    return failure("TYPE_MISMATCH", message, node)


def _made(sql: str, kind: Type, *parts: Value) -> Value:
    return Value(sql, kind, union_reads(parts), None, any(part.aggregate for part in parts))


def _numeric(symbol: str, left: Value, right: Value, env: Env) -> Value:
    kind = types.common_type(left.type, right.type)
    if kind is None:
        raise unsupported(f"{left.type} {symbol} {right.type}")
    if kind.name == "decimal":
        return _decimal(symbol, left, right, env)
    a, b = coerce(left, kind), coerce(right, kind)
    if kind.is_integer:
        if symbol in "/%":
            operator = "//" if symbol == "/" else "%"
            return _made(_nonzero(f"{a.sql} {operator} {b.sql}", a, b, kind, env), kind, a, b)
        return _made(f"({a.sql} {symbol} {b.sql})", kind, a, b)
    if symbol == "%":
        return _made(f"({a.sql} % {b.sql})", kind, a, b)
    if symbol == "/":
        return _made(f"({a.sql} / {b.sql})", kind, a, b)
    return _made(f"({a.sql} {symbol} {b.sql})", kind, a, b)


def _nonzero(sql: str, dividend: Value, divisor: Value, kind: Type, env: Env) -> str:
    if divisor.literal is not None and float(divisor.literal) != 0:
        return f"({sql})"
    message = "'Division by zero'"
    if env.tried:
        # DuckDB computes a constant before TRY can hold what it says.
        message += f" || left(CAST({dividend.sql} AS VARCHAR), 0)"
    failed = env.fail("DIVISION_BY_ZERO", message, kind)
    zero = f"{divisor.sql} = 0"
    if dividend.literal is None:
        zero += f" AND {dividend.sql} IS NOT NULL"
    return f"CASE WHEN {zero} THEN {failed} ELSE {sql} END"


def _decimal(symbol: str, left: Value, right: Value, env: Env) -> Value:
    a, b = types.as_decimal(left.type), types.as_decimal(right.type)
    (p1, s1), (p2, s2) = a.args, b.args
    x, y = coerce(left, a), coerce(right, b)
    match symbol:
        case "+" | "-":
            scale = max(s1, s2)
            kind = types.decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)
            wide = types.duckdb(kind)
            return _made(f"(CAST({x.sql} AS {wide}) {symbol} CAST({y.sql} AS {wide}))", kind, x, y)
        case "*":
            if s1 + s2 > types.MAX_PRECISION:
                raise unsupported(f"{left.type} * {right.type}")
            kind = types.decimal(p1 + p2, s1 + s2)
            sql, narrow = _product(x, y, kind)
            return replace(_made(sql, kind, x, y), narrow=(sql, narrow) if narrow else None)
        case "/":
            scale = max(s1, s2)
            kind = types.decimal(p1 + s2 + max(0, s2 - s1), scale)
            more = scale + s2 - s1
            sql = divided(unscaled(x.sql, a, more), unscaled(y.sql, b), kind)
            if scale == types.MAX_PRECISION:
                sql = _divided_in_python(x, y, kind, env)
            return _made(_nonzero(sql, x, y, kind, env), kind, x, y)
    scale = max(s1, s2)
    kind = types.decimal(min(p1 - s1, p2 - s2) + scale, scale)
    wide = types.duckdb(types.decimal(max(p1 - s1, p2 - s2) + scale, scale))
    sql = f"CAST(CAST({x.sql} AS {wide}) % CAST({y.sql} AS {wide}) AS {types.duckdb(kind)})"
    return _made(_nonzero(sql, x, y, kind, env), kind, x, y)


def _divided_in_python(x: Value, y: Value, kind: Type, env: Env) -> str:
    """For more digits on the way than 128 bits hold."""
    fails = env.fail("NUMERIC_VALUE_OUT_OF_RANGE", "'Decimal overflow'", kind)
    texts = ", ".join(f"CAST({side.sql} AS VARCHAR)" for side in (x, y))
    quotient = f"lab_decimal_divide({texts}, {kind.args[1]})"
    made = f"coalesce(CAST({quotient} AS {types.duckdb(kind)}), {fails})"
    return f"CASE WHEN {x.sql} IS NULL OR {y.sql} IS NULL THEN NULL ELSE {made} END"


def _product(x: Value, y: Value, kind: Type) -> tuple[str, str | None]:
    """The product, and the same in 64 bits: DuckDB takes those when both factors fit them, and
    fails when the product does not; 128 bits take three times as long.
    """
    target = types.duckdb(kind)
    (p1, s1), (p2, _) = x.type.args, y.type.args
    exact = f"CAST(({x.sql} * {y.sql}) AS {target})"
    if p1 + p2 <= BITS_64:
        return exact, None
    if max(p1, p2) <= BITS_64:
        wide = types.duckdb(types.decimal(p1 + p2, s1))
        exact = f"CAST((CAST({x.sql} AS {wide}) * {y.sql}) AS {target})"
    a, b = _narrow(x), _narrow(y)
    if a is None or b is None:
        return exact, None
    # DuckDB may compute a part that occurs twice before all else, so that TRY is around each.
    return f"coalesce(CAST(TRY({a} * {b}) AS {target}), {exact})", f"TRY({a} * {b})"


def _narrow(value: Value) -> str | None:
    """A decimal in 64 bits, if TRY takes it: it takes no function that may fail, no aggregate and
    no subquery.
    """
    if value.type.args[0] <= BITS_64 and not CALLS.search(value.sql):
        return value.sql
    return value.in_64_bits


def unscaled(sql: str, kind: Type, more: int = 0) -> str:
    """The digits of a decimal as a HUGEINT, multiplied by 10 to the power ``more``."""
    precision, scale = kind.args
    digits = f"lab_unscaled(CAST({sql} AS DECIMAL(38,{scale})), {scale})"
    if precision + scale <= types.MAX_PRECISION:
        # The product has room, and a number is made into another much faster than by way of text.
        digits = f"CAST({sql} * CAST('1{'0' * scale}' AS DECIMAL({scale + 1},0)) AS HUGEINT)"
    return f"{digits} * CAST('{10**more}' AS HUGEINT)" if more else digits


def divided(numerator: str, denominator: str, kind: Type) -> str:
    """The quotient of two HUGEINT, half away from zero, as the decimal ``kind`` that has these
    digits.
    """
    precision, scale = kind.args
    quotient = f"lab_half_up({numerator}, {denominator})"
    if scale == 0:
        return f"CAST({quotient} AS {types.duckdb(kind)})"
    factor = f"CAST('1e-{scale}' AS DECIMAL({scale + 1},{scale}))"
    whole = f"CAST({quotient} AS DECIMAL({min(precision, 38 - scale)},0))"
    return f"CAST({whole} * {factor} AS {types.duckdb(kind)})"


def _temporal(symbol: str, left: Value, right: Value) -> Value | None:  # noqa: PLR0911  one return per kind
    kinds = (left.type, right.type)
    names = (left.type.name, right.type.name)
    intervals = [name.startswith("interval") for name in names]
    if intervals == [True, False] and symbol == "+":
        return _temporal(symbol, right, left)
    moments = ("date", "timestamp", "timestamp with time zone")
    if names[0] == "time" and names[1] == types.DAY_INTERVAL.name:
        kind = types.time(max(kinds[0].args[0], 3))
        return _made(f"({left.sql} {symbol} {right.sql})", kind, left, right)
    if symbol == "-" and names == ("time", "time"):
        sql = f"to_microseconds(epoch_us({left.sql}) - epoch_us({right.sql}))"
        return _made(sql, types.DAY_INTERVAL, left, right)
    if intervals == [False, True] and names[0] in moments:
        return _shift(symbol, left, right)
    if symbol == "-" and names[0] in moments and names[1] in moments:
        common = types.common_type(*kinds)
        assert common is not None
        a, b = coerce(left, common).sql, coerce(right, common).sql
        cast = "" if common.name != "date" else "TIMESTAMP"
        a, b = (f"CAST({side} AS {cast})" if cast else side for side in (a, b))
        return _made(
            f"to_microseconds(epoch_us({a}) - epoch_us({b}))", types.DAY_INTERVAL, left, right
        )
    if all(intervals) and kinds[0] == kinds[1]:
        return _made(f"({left.sql} {symbol} {right.sql})", kinds[0], left, right)
    return None


def _scaled(symbol: str, left: Value, right: Value, node: Any) -> Value:
    """An interval by a number: milliseconds or months, rounded towards zero."""
    if symbol == "*" and left.type.is_numeric:
        left, right = right, left
    if not (left.type.name.startswith("interval") and right.type.is_numeric):
        raise mismatch(left, symbol, right, node)
    number = f"CAST({right.sql} AS DOUBLE)"
    if right.type.is_integer and symbol == "*":
        number = f"CAST({right.sql} AS BIGINT)"
    amount = literals.amount(left)
    kind = left.type
    function = "to_milliseconds" if kind == types.DAY_INTERVAL else "to_months"
    size = "BIGINT" if kind == types.DAY_INTERVAL else "INTEGER"
    return _made(
        f"{function}(CAST(trunc({amount} {symbol} {number}) AS {size}))", kind, left, right
    )


def _shift(symbol: str, moment: Value, interval: Value) -> Value:
    kind = moment.type
    if kind.name == "date":
        if interval.type == types.DAY_INTERVAL and not literals.is_whole_days(interval):
            if interval.literal is None:
                raise unsupported("a date and an interval that is no constant")
            message = "Cannot add hour, minutes or seconds to a date"
            raise failure("INVALID_FUNCTION_ARGUMENT", message)
        return _made(f"CAST({moment.sql} {symbol} {interval.sql} AS DATE)", kind, moment, interval)
    if kind.name == "timestamp with time zone" and interval.type == types.YEAR_INTERVAL:
        zone = kind.zone
        if zone is None:
            raise unsupported("a timestamp whose zone depends on the row")
        shifted = f"{literals.local(moment.sql, zone)} {symbol} {interval.sql}"
        return _made(literals.at_zone(f"({shifted})", zone), kind, moment, interval)
    if interval.type == types.DAY_INTERVAL:
        # An interval has milliseconds, and so has the sum.
        kind = Type(kind.name, (max(kind.args[0], 3),), kind.zone)
    return _made(f"({moment.sql} {symbol} {interval.sql})", kind, moment, interval)


def negate(value: Value, node: Any) -> Value:
    if not (value.type.is_numeric or value.type.name.startswith("interval")):
        raise failure("TYPE_MISMATCH", f"Cannot negate {value.type}", node)
    if value.type.is_integer and isinstance(value.literal, int):
        # The least integer of a type is written with its sign.
        return literals.integer(-value.literal)
    literal: object = -value.literal if isinstance(value.literal, int | float) else None
    if isinstance(value.literal, str) and value.type.name == "decimal":
        literal = "-" + value.literal
    return Value(f"(-{value.sql})", value.type, value.reads, literal, value.aggregate)


def compare(symbol: str, left: Value, right: Value, node: Any, env: Env) -> Value:
    """``=``, ``<>``, ``<``, ``<=``, ``>``, ``>=`` and IS [NOT] DISTINCT FROM."""
    kind = types.common_type(left.type, right.type)
    if kind is None:
        # Trino writes a > b as b < a, and says so.
        if symbol in FLIPPED:
            raise mismatch(left, FLIPPED[symbol], right, node)
        raise mismatch(left, "=" if symbol == "<>" else symbol, right, node)
    if kind.name == "map" and symbol in ORDERING:
        raise mismatch(left, symbol, right, node)
    if kind.name in comparisons.COMPOSITE:
        return _composite(symbol, left, right, kind, env)
    if kind.name == "json" and symbol in ORDERING:
        raise mismatch(left, symbol, right, node)
    a, b = coerce(left, kind), coerce(right, kind)
    if kind.name == "char":
        # A char is compared without the spaces that fill it.
        a, b = (replace(side, sql=f"rtrim({side.sql}, ' ')") for side in (a, b))
    sql = f"({a.sql} {symbol} {b.sql})"
    if kind.name in ("double", "real"):
        sql = _without_nan(sql, symbol, a, b)
    return _made(sql, types.BOOLEAN, a, b)


def _without_nan(sql: str, symbol: str, a: Value, b: Value) -> str:
    """NaN is the greatest number for DuckDB; for Trino it is neither greater nor equal to
    anything.
    """
    suspect = {">": a, ">=": a, "<": b, "<=": b}.get(symbol)
    if symbol in ("=", "<>") and a.literal is None and b.literal is None:
        word = "AND NOT" if symbol == "=" else "OR"
        return f"({sql} {word} isnan({a.sql}))"
    if suspect is not None and suspect.literal is None:
        return f"({sql} AND NOT isnan({suspect.sql}))"
    return sql


def _composite(symbol: str, left: Value, right: Value, kind: Type, env: Env) -> Value:
    a, b = coerce(left, kind), coerce(right, kind)
    if symbol in ("=", "<>"):
        sql = comparisons.equal(a.sql, b.sql, kind)
        sql = sql if symbol == "=" else f"(NOT ({sql}))"
    elif "DISTINCT" not in symbol:
        sql = comparisons.ordered(symbol, a.sql, b.sql, kind, env)
    elif comparisons.holds_map(kind):
        raise unsupported(f"{left.type} {symbol} {right.type}")
    else:
        sql = f"({a.sql} {symbol} {b.sql})"
    return _made(f"({sql})", types.BOOLEAN, a, b)


def _joined_chars(left: Value, right: Value) -> Value:
    """A char keeps the spaces that fill it, and a varchar(n) beside it becomes a char(n)."""
    kinds = [types.common_type(side.type, Type("char", (1,))) for side in (left, right)]
    sides = [coerce(side, kind) for side, kind in zip((left, right), kinds, strict=True) if kind]
    texts = (f"rpad({side.sql}, {side.type.args[0]}, ' ')" for side in sides)
    size = sum(side.type.args[0] for side in sides)
    if size > types.MAX_CHAR:
        raise unsupported(f"{left.type} || {right.type}")
    return _made(f"({' || '.join(texts)})", Type("char", (size,)), *sides)


def concatenate(left: Value, right: Value, node: Any) -> Value:  # noqa: PLR0911  one return per kind
    """``||`` of texts, arrays or binaries."""
    a, b = left.type, right.type
    if a.name == "unknown" and b.name == "unknown":
        raise unsupported("NULL || NULL", node)
    if "array" in (a.name, b.name):
        kind = types.common_type(a, b)
        if kind is None:
            missing = f"{left.sql} IS NULL OR {right.sql} IS NULL"
            if a.name == "array" and types.can_coerce(b, a.element):
                sql = f"list_append({left.sql}, {coerce(right, a.element).sql})"
                return _made(f"CASE WHEN {missing} THEN NULL ELSE {sql} END", a, left, right)
            if b.name == "array" and types.can_coerce(a, b.element):
                sql = f"list_prepend({coerce(left, b.element).sql}, {right.sql})"
                return _made(f"CASE WHEN {missing} THEN NULL ELSE {sql} END", b, left, right)
            message = f"Unexpected parameters ({a}, {b}) for function concat."
            raise failure("FUNCTION_NOT_FOUND", message, node)
        m, n = coerce(left, kind).sql, coerce(right, kind).sql
        sql = f"CASE WHEN {m} IS NULL OR {n} IS NULL THEN NULL ELSE list_concat({m}, {n}) END"
        return _made(sql, kind, left, right)
    if {a.name, b.name} == {"varchar", "unknown"}:
        # Trino takes NULL for an array here; the value is NULL all the same.
        kind = types.array(a if a.name == "varchar" else b)
        return _made(f"CAST(NULL AS {types.duckdb(kind)})", kind, left, right)
    if a.name == b.name == "varchar":
        x, y = coerce(left, types.VARCHAR), coerce(right, types.VARCHAR)
        return _made(f"({x.sql} || {y.sql})", types.VARCHAR, x, y)
    if a.name == b.name == "varbinary":
        return _made(f"({left.sql} || {right.sql})", a, left, right)
    if "char" in (a.name, b.name) and {a.name, b.name} <= {"char", "varchar"}:
        return _joined_chars(left, right)
    message = f"Unexpected parameters ({a}, {b}) for function concat."
    raise failure("FUNCTION_NOT_FOUND", message, node)
