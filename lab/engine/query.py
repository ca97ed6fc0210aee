"""Compiles a query: SELECT, set operations, VALUES, WITH.

Every compiled query names its columns ``c0, c1, ...``; the names that the person wrote live in
``Output`` only, so they may repeat, be empty or hold anything. ``hard`` are the columns that are
read whatever the outer query needs; the others are read only if an output that uses them is.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from lab.engine.comparisons import holds_map
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.expression import boolean, compile_expression
from lab.engine.grouping import Grouping, check_grouped, compile_group
from lab.engine.limits import has_ties, limit_sql, tied
from lab.engine.syntax import refuse_unknown
from lab.engine.types import Type, is_orderable
from lab.engine.values import NOTHING, Context, Env, Field, Reads, Scope, Value, resolve_field

SELECT_PARTS = (
    "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset",
    "distinct", "windows", "with_", "match", "sample",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Output:
    """One column of a result. ``origin`` is set when it is a table's column passed through."""

    name: str | None
    value: Value
    origin: tuple[int, str] | None = None

    @property
    def type(self) -> Type:
        return self.value.type


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query. ``simple`` when a filter above it could as well stand below it."""

    sql: str
    columns: tuple[Output, ...]
    hard: Reads = NOTHING
    simple: bool = False

    @property
    def reads(self) -> Reads:
        found = self.hard
        for column in self.columns:
            found |= column.value.reads
        return found


@dataclass(frozen=True, slots=True)
class Cte:
    """A named query: compiled anew wherever it is used, as Trino does."""

    node: exp.Expr
    aliases: tuple[str, ...]
    scope: Scope
    recursive: str | None = None

    def compile(self, context: Context) -> Query:
        if self.recursive is None:
            return compile_query(self.node, context, self.scope)
        from lab.engine.recursion import compile_recursive

        return compile_recursive(self.node, self.recursive, self.aliases, self.scope, context)


def compile_query(node: exp.Expr, context: Context, parent: Scope | None = None) -> Query:
    """The query at ``node``; ``parent`` holds the names of the query around it."""
    from lab.engine.set_operations import set_operation, values

    scope = _with(node, context, parent)
    match node:
        case exp.Select():
            return _select(node, context, scope)
        case exp.SetOperation():
            return set_operation(node, context, scope)
        case exp.Subquery():
            refuse_unknown(node, ("this", "alias", "order", "limit", "offset", "with_", "sample"))
            inner = compile_query(node.this, context, scope)
            return ordered(node, inner, context, scope)
        case exp.Values():
            return values(node, context, scope)
        case exp.Paren():
            return compile_query(node.this, context, scope)
    raise unsupported(node.key.upper(), node)


def _with(node: exp.Expr, context: Context, parent: Scope | None) -> Scope | None:
    clause = node.args.get("with_")
    if clause is None:
        return parent
    from lab.engine.recursion import refers_to

    known: dict[str, Cte] = {}
    scope = Scope((), parent, known)
    for cte in clause.expressions:
        name = cte.alias.lower()
        if name in known:
            message = f"WITH query name '{name}' specified more than once"
            raise failure("DUPLICATE_NAMED_QUERY", message, cte.args["alias"])
        aliases = tuple(column.name for column in cte.args["alias"].columns)
        recursive = bool(clause.args.get("recursive")) and refers_to(cte.this, name)
        inner = Scope((), parent, dict(known))
        found = Cte(cte.this, aliases, inner, name if recursive else None)
        # Compiled once for its errors, even if nobody uses it.
        found.compile(replace(context, scans=[]))
        known[name] = found
    return scope


def _select(node: exp.Select, context: Context, parent: Scope | None) -> Query:
    from lab.engine.pushdown import push_down
    from lab.engine.relations import Relation, compile_from

    refuse_unknown(node, SELECT_PARTS)
    source = compile_from(node, context, parent) if node.args.get("from_") else Relation()
    scope = Scope(source.fields, parent)
    env = Env(context, scope, windows={w.name.lower(): w for w in node.args.get("windows") or []})
    where = None
    if node.args.get("where"):
        where = boolean(node.args["where"].this, env.with_(clause="WHERE clause"), "WHERE clause")
        push_down(node.args["where"].this, source.fields, context)
    outputs = _outputs(node, env.with_(aggregates=True), source.fields)
    grouping = compile_group(node, env, [output.value for output in outputs])
    having = None
    if node.args.get("having"):
        clause = env.with_(aggregates=True, clause="HAVING clause")
        having = boolean(node.args["having"].this, clause, "HAVING clause")
    distinct = _is_distinct(node)
    if distinct:
        refuse_maps([output.type for output in outputs], "DISTINCT", node)
    refuse_maps([key.type for key in grouping.values], "GROUP BY", node)
    order = _order(node, env, outputs, distinct)
    aggregated = (
        grouping.present
        or having is not None
        or any(v.aggregate for v in [*(o.value for o in outputs), *(v for v, _ in order)])
    )
    if aggregated:
        _check_all(node, env, grouping, outputs, order)
    return _assemble(node, source, where, outputs, grouping, having, order, distinct, aggregated)


def refuse_maps(kinds: list[Type], word: str, node: exp.Expr) -> None:
    """DuckDB tells maps apart by the order of their entries, Trino does not."""
    for kind in kinds:
        if holds_map(kind):
            raise unsupported(f"{word} of {kind}", node)


def _is_distinct(node: exp.Select) -> bool:
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise failure("SYNTAX_ERROR", "mismatched input 'ON'", node)
    return distinct is not None


def _assemble(  # noqa: PLR0913, PLR0917  the clauses of one SELECT
    node: exp.Select,
    source: Any,
    where: Value | None,
    outputs: list[Output],
    grouping: Grouping,
    having: Value | None,
    order: list[tuple[Value, str]],
    distinct: bool,
    aggregated: bool,
) -> Query:
    parts = ["SELECT " + ("DISTINCT " if distinct else "")]
    parts[0] += ", ".join(f'{output.value.sql} AS "c{i}"' for i, output in enumerate(outputs))
    hard: Reads = source.hard
    if source.sql:
        parts.append(f"FROM {source.sql}")
    if where:
        parts.append(f"WHERE {where.sql}")
        hard |= where.reads
    if grouping.present and grouping.sql:
        parts.append(f"GROUP BY {grouping.sql}")
    hard |= grouping.reads
    if having:
        parts.append(f"HAVING {having.sql}")
        hard |= having.reads
    if order:
        hard |= NOTHING.union(*(value.reads for value, _ in order))
    limit = limit_sql(node)
    if has_ties(node):
        parts[0] += "".join(
            f', {value.sql} AS "o{i}"'
            for i, (value, _) in enumerate(order)
            if not value.sql.isdigit()
        )
        parts = [tied(node, " ".join(parts), order, len(outputs))]
    elif order:
        parts.append("ORDER BY " + ", ".join(f"{value.sql} {way}" for value, way in order))
    parts += [limit] if limit and not has_ties(node) else []
    if distinct:
        hard |= NOTHING.union(*(output.value.reads for output in outputs))
    windowed = node.find(exp.Window) is not None
    simple = not (aggregated or distinct or limit or windowed)
    columns = tuple(output if simple else replace(output, origin=None) for output in outputs)
    return Query(" ".join(parts), columns, hard, simple)


def _outputs(node: exp.Select, env: Env, fields: tuple[Field, ...]) -> list[Output]:
    if not node.expressions:
        raise QueryError(
            "SYNTAX_ERROR",
            "mismatched input 'FROM'. Expecting: '*', 'ALL', 'DISTINCT', <expression>",
        )
    outputs: list[Output] = []
    for item in node.expressions:
        if isinstance(item, exp.Star):
            outputs += _star(item, None, fields)
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            outputs += _star(item, item.parts[-2].name, fields)
        else:
            outputs.append(_output(item, env))
    return outputs


def _star(item: exp.Expr, table: str | None, fields: tuple[Field, ...]) -> list[Output]:
    parts = {**item.args, **(item.this.args if isinstance(item.this, exp.Star) else {})}
    for word in ("except_", "except", "replace", "rename"):
        if parts.get(word):
            raise failure("SYNTAX_ERROR", f"mismatched input '{word.strip('_').upper()}'", item)
    refuse_unknown(item, ("this", "table", "db", "catalog"))
    chosen = [
        f for f in fields
        if (not f.hidden if table is None else (f.relation or "").lower() == table.lower())
        and not f.unselected
    ]  # fmt: skip
    if not chosen and table is not None:
        raise failure("TABLE_NOT_FOUND", f"Unable to resolve reference {table}", item)
    if not chosen:
        raise failure(
            "COLUMN_NOT_FOUND", "SELECT * not allowed in queries without FROM clause", item
        )
    return [Output(f.name, f.value, f.origin) for f in chosen]


def _output(item: exp.Expr, env: Env) -> Output:
    name: str | None = None
    expression = item
    if isinstance(item, exp.Alias):
        alias = item.args["alias"]
        name, expression = alias.name, item.this
        name = name if alias.args.get("quoted") else name.lower()
    elif isinstance(item, exp.Column):
        name = item.name.lower()
    elif isinstance(item, exp.Dot) and _is_name(item):
        name = item.expression.name.lower()
    elif isinstance(item, exp.Aliases):
        raise unsupported("several aliases of one expression", item)
    value = compile_expression(expression, env)
    origin = None
    if isinstance(expression, exp.Column):
        found = resolve_field(env.scope, [part.name for part in expression.parts], expression)
        origin = found.origin if found else None
    return Output(name, value, origin)


def _is_name(node: exp.Expr) -> bool:
    """Whether it is nothing but names with points between."""
    while isinstance(node, exp.Dot):
        node = node.this
    return isinstance(node, exp.Column | exp.Identifier)


def _check_all(
    node: exp.Select,
    env: Env,
    grouping: Grouping,
    outputs: list[Output],
    order: list[tuple[Value, str]],
) -> None:
    keys = set(grouping.keys)
    for item in node.expressions:
        expression = item.this if isinstance(item, exp.Alias) else item
        if isinstance(expression, exp.Star):
            for output in outputs:
                if output.value.sql not in keys and not output.value.aggregate:
                    message = (
                        f"'{output.name}' must be an aggregate expression or appear in"
                        f" GROUP BY clause"
                    )
                    raise failure("EXPRESSION_NOT_AGGREGATE", message, item)
            continue
        check_grouped(expression, env, keys)
    if node.args.get("having"):
        check_grouped(node.args["having"].this, env, keys)
    texts = {str(place) for place in range(1, len(outputs) + 1)}
    for item, (value, _) in zip(
        node.args["order"].expressions if order else [], order, strict=False
    ):
        if value.sql not in texts and not value.aggregate:
            check_grouped(item.this, env, keys)


def _order(
    node: exp.Expr, env: Env, outputs: list[Output], distinct: bool
) -> list[tuple[Value, str]]:
    clause = node.args.get("order")
    if clause is None:
        return []
    named = tuple(Field(o.name, None, o.value) for o in _unambiguous(outputs))
    inner = env.with_(scope=Scope(named, env.scope), aggregates=True, clause="ORDER BY clause")
    result = []
    for item in clause.expressions:
        refuse_unknown(item, ("this", "desc", "nulls_first"))
        way = "DESC" if item.args.get("desc") else "ASC"
        way += " NULLS FIRST" if item.args.get("nulls_first") else " NULLS LAST"
        value = _order_value(item.this, inner, outputs, distinct)
        if not is_orderable(value.type):
            shown = item.this.sql(dialect="trino")
            message = (
                f"Type {value.type} is not orderable, and therefore cannot be used in ORDER BY:"
                f" {shown}"
            )
            raise failure("TYPE_MISMATCH", message, clause)
        result.append((value, way))
    return result


def _unambiguous(outputs: list[Output]) -> list[Output]:
    """Outputs that a name finds; two outputs of one name that are the same expression count as
    one.
    """
    seen: dict[str, Output] = {}
    result = []
    for output in outputs:
        if output.name is None:
            continue
        key = output.name.lower()
        if key in seen and seen[key].value.sql == output.value.sql:
            continue
        seen[key] = output
        result.append(output)
    return result


def _order_value(item: exp.Expr, env: Env, outputs: list[Output], distinct: bool) -> Value:
    if isinstance(item, exp.Literal) and not item.is_string:
        place = int(item.name)
        if not 1 <= place <= len(outputs):
            message = f"ORDER BY position {place} is not in select list"
            raise failure("INVALID_COLUMN_REFERENCE", message, item)
        return replace(outputs[place - 1].value, sql=str(place))
    value = compile_expression(item, env)
    for place, output in enumerate(outputs, 1):
        if output.value.sql == value.sql:
            return replace(value, sql=str(place))
    if distinct:
        message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
        raise failure("EXPRESSION_NOT_IN_DISTINCT", message, item)
    return value


def ordered(node: exp.Expr, inner: Query, context: Context, parent: Scope | None) -> Query:
    """ORDER BY, OFFSET and LIMIT around a query in parentheses or a set operation."""
    limit = limit_sql(node)
    if node.args.get("order") is None and not limit:
        return inner
    columns = [
        replace(o, value=replace(o.value, sql=f'"u"."c{i}"'), origin=None)
        for i, o in enumerate(inner.columns)
    ]
    order = _order(node, Env(context, Scope((), parent)), columns, distinct=True)
    sql = f'SELECT * FROM ({inner.sql}) AS "u"'
    if order:
        sql += " ORDER BY " + ", ".join(f"{value.sql} {way}" for value, way in order)
    hard = inner.hard | NOTHING.union(*(value.reads for value, _ in order))
    if has_ties(node):
        return Query(tied(node, inner.sql, order, len(columns)), tuple(columns), hard)
    return Query(f"{sql} {limit}".rstrip(), tuple(columns), hard)
