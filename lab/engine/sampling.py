"""TABLESAMPLE. Source: Trino documentation, "SELECT", section "TABLESAMPLE"."""

from sqlglot import exp

from lab.engine.errors import failure, unsupported
from lab.engine.syntax import refuse_unknown


def sample(node: exp.TableSample) -> str:
    """``TABLESAMPLE BERNOULLI (10)``: each row with a chance of 10 %; SYSTEM takes or leaves whole
    blocks of rows.
    """
    refuse_unknown(node, ("method", "percent", "size"))
    method = str(node.args.get("method") or "").upper()
    given = node.args.get("percent") or node.args.get("size")
    if method not in ("BERNOULLI", "SYSTEM"):
        raise failure("SYNTAX_ERROR", "mismatched input. Expecting: BERNOULLI, SYSTEM", node)
    if not isinstance(given, exp.Literal | exp.Neg):
        raise unsupported("this TABLESAMPLE", node)
    share = float(given.sql())
    if not 0 <= share <= 100:
        bound = "greater than or equal to 0" if share < 0 else "less than or equal to 100"
        message = f"Sample percentage must be {bound}"
        raise failure("NUMERIC_VALUE_OUT_OF_RANGE", message, node)
    return f"TABLESAMPLE {method}({share} PERCENT)"
