"""Mathematical functions. Source: Trino documentation, "Mathematical functions and operators"."""

from lab.engine import operators, types
from lab.engine.builtins.templates import by_count, template
from lab.engine.calls import Call, unexpected
from lab.engine.casts import coerce
from lab.engine.errors import unsupported
from lab.engine.values import Value


def _rounded(call: Call) -> Value:
    value = call.args[0]
    if value.type.is_integer and len(call.args) == 1:
        return Value(value.sql, value.type)
    if value.type.name == "decimal":
        return _rounded_decimal(call)
    if value.type.is_integer:
        return _rounded_integer(call)
    digits = f", {call.args[1].sql}" if len(call.args) > 1 else ""
    kind = types.duckdb(value.type)
    rounded = f"CAST(round({value.sql}{digits}) AS {kind})"
    finite = f"CASE WHEN isfinite({value.sql}) THEN {rounded} ELSE {value.sql} END"
    return Value(finite if digits else rounded, value.type)


def _rounded_integer(call: Call) -> Value:
    """To tens, hundreds... with negative digits, half away from zero."""
    value, digits = call.args[0], call.constant(1)
    if digits >= 0:
        return Value(value.sql, value.type)
    unit = f"CAST('{10 ** min(-digits, 37)}' AS HUGEINT)"
    sql = f"lab_half_up(CAST({value.sql} AS HUGEINT), {unit}) * {unit}"
    return Value(f"CAST({sql} AS {types.duckdb(value.type)})", value.type)


def _truncated(call: Call) -> Value:
    """A decimal with its last digits zero."""
    value, digits = call.args[0], int(call.constant(1))
    precision, scale = value.type.args
    if digits >= scale:
        return Value(value.sql, value.type)
    if digits <= scale - precision:
        return Value(f"CAST({value.sql} * 0 AS {types.duckdb(value.type)})", value.type)
    unit = f"CAST('{10 ** (scale - digits)}' AS HUGEINT)"
    whole = f"({operators.unscaled(value.sql, value.type)} // {unit}) * {unit}"
    return Value(operators.divided(whole, "CAST(1 AS HUGEINT)", value.type), value.type)


def _from_base(call: Call) -> Value:
    text, radix = call.sql(0), call.sql(1)
    bad = call.fail(f"'Not a valid base-' || {radix} || ' number: ' || {text}", types.BIGINT)
    sql = f"coalesce(lab_from_base({text}, {radix}), {bad})"
    return Value(
        f"CASE WHEN {text} IS NULL OR {radix} IS NULL THEN NULL ELSE {sql} END", types.BIGINT
    )


def _to_base(call: Call) -> Value:
    number, radix = call.sql(0), call.sql(1)
    kind = types.varchar(64)
    bad = call.fail("'Radix must be between 2 and 36'", kind)
    sql = f"coalesce(lab_to_base({number}, {radix}), {bad})"
    return Value(f"CASE WHEN {number} IS NULL OR {radix} IS NULL THEN NULL ELSE {sql} END", kind)


def _rounded_decimal(call: Call) -> Value:
    value = call.args[0]
    precision, scale = value.type.args
    if len(call.args) == 1:
        kind = types.decimal(min(38, precision - scale + min(1, scale)), 0)
        return Value(f"CAST(round({value.sql}) AS {types.duckdb(kind)})", kind)
    kind = types.decimal(min(38, precision + 1), scale)
    return Value(f"CAST(round({value.sql}, {int(call.constant(1))}) AS {types.duckdb(kind)})", kind)


def _whole(function: str):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        value = call.args[0]
        if value.type.is_integer:
            return Value(value.sql, value.type)
        kind = value.type
        if kind.name == "decimal":
            precision, scale = kind.args
            kind = types.decimal(min(38, precision - scale + min(1, scale)), 0)
        return Value(f"CAST({function}({value.sql}) AS {types.duckdb(kind)})", kind)

    return write


def _cut(call: Call) -> Value:
    value = call.args[0]
    if value.type.name != "decimal":
        return Value(f"CAST(trunc({value.sql}) AS {types.duckdb(value.type)})", value.type)
    precision, scale = value.type.args
    kind = types.decimal(max(precision - scale, 1), 0)
    return Value(f"CAST(trunc({value.sql}) AS {types.duckdb(kind)})", kind)


def _same_type(function: str):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        value = call.args[0]
        return Value(f"CAST({function}({value.sql}) AS {types.duckdb(value.type)})", value.type)

    return write


def _sign(call: Call) -> Value:
    kind = call.args[0].type
    if kind.name == "decimal":
        kind = types.decimal(1, 0)
    sign = f"sign({call.sql(0)})"
    if kind.name in ("double", "real"):
        sign = f"CASE WHEN isnan({call.sql(0)}) THEN {call.sql(0)} ELSE {sign} END"
    return Value(f"CAST({sign} AS {types.duckdb(kind)})", kind)


def _mod(call: Call) -> Value:
    return operators.arithmetic("%", call.args[0], call.args[1], call.env, call.node)


def _extreme(function: str):  # type: ignore[no-untyped-def]  # a factory of functions
    def write(call: Call) -> Value:
        kind = call.returns
        if kind is not None and kind.name in ("json", "map"):
            raise unexpected(call.name, list(call.args), call.node)
        if kind is None or not (kind.is_numeric or kind.name in ORDERED):
            raise unsupported(f"{call.name} of {kind}", call.node)
        parts = [coerce(argument, kind).sql for argument in call.args]
        missing = " OR ".join(f"{part} IS NULL" for part in parts)
        if kind.name in ("double", "real"):
            # NaN counts only when there is nothing else, and DuckDB passes over NULL.
            numbers = ", ".join(
                f"CASE WHEN isnan({part}) THEN NULL ELSE {part} END" for part in parts
            )
            sql = f"coalesce({function}({numbers}), {parts[0]})"
            return Value(f"CASE WHEN {missing} THEN NULL ELSE {sql} END", kind)
        # DuckDB passes over NULL; Trino's answer is NULL.
        return Value(f"CASE WHEN {missing} THEN NULL ELSE {function}({', '.join(parts)}) END", kind)

    return write


ORDERED = ("varchar", "char", "varbinary", "boolean", "date", "time", "timestamp", "uuid",
           "ipaddress", "timestamp with time zone", "interval day to second",
           "interval year to month")  # fmt: skip


def _domain(function: str, condition: str, otherwise: str) -> str:
    """DuckDB fails where Trino answers NaN or an infinity."""
    return f"CASE WHEN {condition} THEN {function} ELSE {otherwise} END"


# One step of Newton's makes the last digit right.
CBRT = (
    "CASE WHEN {0} = 0 OR NOT isfinite({0}) THEN cbrt({0}) ELSE"
    " cbrt({0}) - (pow(cbrt({0}), 3) - {0}) / (3 * cbrt({0}) * cbrt({0})) END"
)
NAN, MINUS_INFINITY = "CAST('nan' AS DOUBLE)", "CAST('-inf' AS DOUBLE)"


def _logarithm(text: str) -> str:
    below = f"CASE WHEN {{0}} = 0 THEN {MINUS_INFINITY} WHEN {{0}} IS NULL THEN NULL ELSE {NAN} END"
    return _domain(text, "{0} > 0", below)


def _random(call: Call) -> Value:
    if not call.args:
        return Value("random()", types.DOUBLE)
    kind = call.returns or types.BIGINT
    low, high = ("0", call.sql(0)) if len(call.args) == 1 else (call.sql(0), call.sql(1))
    bad = call.fail("'bound must be positive'", kind)
    sql = (
        f"CAST({low} AS HUGEINT) + CAST(floor(random() * ({high} - CAST({low} AS DOUBLE))) AS"
        " HUGEINT)"
    )
    sql = f"CASE WHEN {high} <= {low} THEN {bad} ELSE CAST({sql} AS {types.duckdb(kind)}) END"
    return Value(sql, kind)


def _logarithm_limits() -> str:
    """What Java's division of two logarithms gives at their limits."""
    parts = (
        f"({_logarithm(f'ln({{{place}}})').replace('{0}', f'{{{place}}}')})" for place in (1, 0)
    )
    return f"({' / '.join(parts)})"


FUNCTIONS = {
    "abs": _same_type("abs"),
    "sign": _sign,
    "ceil": _whole("ceil"),
    "ceiling": _whole("ceil"),
    "floor": _whole("floor"),
    "round": _rounded,
    "truncate": by_count(n1=_cut, n2=_truncated),
    "mod": _mod,
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "sqrt": template(
        _domain("sqrt({0})", "{0} >= 0", f"CASE WHEN {{0}} IS NULL THEN NULL ELSE {NAN} END")
    ),
    "cbrt": template(CBRT),
    "exp": template("exp({0})"),
    "ln": template(_logarithm("ln({0})")),
    "log2": template(_logarithm("log2({0})")),
    "log10": template(_logarithm("log10({0})")),
    "power": template("pow({0}, {1})"),
    "pow": template("pow({0}, {1})"),
    "pi": template("pi()"),
    "e": template("exp(CAST(1 AS DOUBLE))"),
    "degrees": template("degrees({0})"),
    "radians": template("radians({0})"),
    **{
        name: template(_domain(f"{name}({{0}})", "isfinite({0})", f"{{0}} * {NAN}"))
        for name in ("sin", "cos", "tan")
    },
    "atan": template("atan({0})"),
    "atan2": template("atan2({0}, {1})"),
    "asin": template(
        _domain("asin({0})", "abs({0}) <= 1", f"CASE WHEN {{0}} IS NULL THEN NULL ELSE {NAN} END")
    ),
    "acos": template(
        _domain("acos({0})", "abs({0}) <= 1", f"CASE WHEN {{0}} IS NULL THEN NULL ELSE {NAN} END")
    ),
    "sinh": template("sinh({0})"),
    "cosh": template("cosh({0})"),
    "tanh": template("tanh({0})"),
    "nan": template(NAN),
    "infinity": template("CAST('inf' AS DOUBLE)"),
    "is_nan": template("isnan({0})"),
    "is_finite": template("isfinite({0})"),
    "is_infinite": template("isinf({0})"),
    "random": _random,
    "rand": _random,
    "log": template(
        _domain("(ln({1}) / ln({0}))", "{0} > 0 AND {1} > 0 AND {0} <> 1", _logarithm_limits())
    ),
    "from_base": _from_base,
    "to_base": _to_base,
}
