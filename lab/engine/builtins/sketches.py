"""What is asked of sketches: see ``lab.engine.sketches`` for how they are kept."""

from lab.engine import types
from lab.engine.builtins.templates import template
from lab.engine.calls import Call
from lab.engine.errors import unsupported
from lab.engine.sketches import HYPERLOGLOG, at_quantile
from lab.engine.values import Value


def _value(call: Call) -> Value:
    kind = call.returns or types.DOUBLE
    digest, quantile = call.sql(0), call.sql(1)
    bad = call.fail("'quantile must be between 0 and 1'", kind)
    missing = f"{digest} IS NULL OR {quantile} IS NULL"
    sql = (
        f"CASE WHEN {missing} THEN NULL WHEN {quantile} < 0 OR {quantile} > 1 THEN {bad}"
        f" ELSE {at_quantile(digest, quantile)} END"
    )
    return Value(sql, kind)


def _values(call: Call) -> Value:
    if call.returns is None:
        raise unsupported(call.name, call.node)
    sql = f"list_transform({call.sql(1)}, lambda q: {at_quantile(call.sql(0), 'q')})"
    return Value(f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE {sql} END", call.returns)


FUNCTIONS = {
    "empty_approx_set": template("CAST([] AS UBIGINT[])", HYPERLOGLOG),
    "value_at_quantile": _value,
    "values_at_quantiles": _values,
}
