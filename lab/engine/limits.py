"""LIMIT, OFFSET and FETCH FIRST, WITH TIES too. Source: Trino documentation, "SELECT"."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from sqlglot import exp

from lab.engine.errors import failure
from lab.engine.values import Value


def limit_sql(node: exp.Expr) -> str:
    parts = []
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if isinstance(limit, exp.Fetch):
        count = _count(limit.args.get("count"), node)
        if count == 0:
            message = "FETCH FIRST row count must be positive (actual value: 0)"
            raise failure("NUMERIC_VALUE_OUT_OF_RANGE", message, limit)
        parts.append(f"LIMIT {count}")
    elif limit is not None and any(
        limit.args.get(part) for part in ("offset", "expressions", "limit_options")
    ):
        raise failure("SYNTAX_ERROR", "mismatched input after LIMIT", node)
    elif limit is not None and limit.expression.name.upper() != "ALL":
        parts.append(f"LIMIT {_count(limit.expression, node)}")
    if offset is not None:
        parts.append(f"OFFSET {_count(offset.expression, node)}")
    return " ".join(parts)


def has_ties(node: exp.Expr) -> bool:
    options = node.args["limit"].args.get("limit_options") if node.args.get("limit") else None
    if options is None or not options.args.get("with_ties"):
        return False
    if node.args.get("order") is None:
        message = "FETCH FIRST WITH TIES clause requires ORDER BY"
        raise failure("MISSING_ORDER_BY", message, node)
    return True


def tied(node: exp.Expr, sql: str, order: list[tuple[Value, str]], width: int) -> str:
    """The first rows of ``sql``, and those that the order does not tell from the last of them."""
    keys = ", ".join(
        f'"c{int(value.sql) - 1}" {way}' if value.sql.isdigit() else f'"o{i}" {way}'
        for i, (value, way) in enumerate(order)
    )
    offset = node.args.get("offset")
    skipped = _count(offset.expression, node) if offset is not None else 0
    last = skipped + _count(node.args["limit"].args.get("count"), node)
    names = ", ".join(f'"c{i}"' for i in range(width))
    return (
        f"SELECT {names} FROM (SELECT *, row_number() OVER (ORDER BY {keys}) AS place,"
        f' rank() OVER (ORDER BY {keys}) AS tied FROM ({sql}) AS "a") AS "b"'
        f" WHERE place > {skipped} AND tied <= {last} ORDER BY place"
    )


def _count(node: exp.Expr | None, near: exp.Expr) -> int:
    if node is None:
        return 1
    if not isinstance(node, exp.Literal) or node.is_string or not node.name.isdigit():
        raise failure("SYNTAX_ERROR", f"mismatched input '{node}'. Expecting: <integer>", near)
    return int(node.name)
