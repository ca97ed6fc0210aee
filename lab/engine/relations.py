"""FROM: tables, views, subqueries, VALUES, UNNEST and joins; and which filters can be known before
reading.
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from lab.engine import types
from lab.engine.casts import coerce
from lab.engine.catalog import HIDDEN_COLUMNS, Table, hidden_columns
from lab.engine.errors import failure, unsupported
from lab.engine.expression import boolean, compile_expression
from lab.engine.operators import compare
from lab.engine.pushdown import push_down
from lab.engine.sampling import sample
from lab.engine.syntax import refuse_unknown
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import NOTHING, Context, Env, Field, Reads, Scope, Value

CATALOG = "awsdatacatalog"
DERIVED_PARTS = (
    "this", "expressions", "alias", "joins", "sample", "order", "limit", "offset", "with_",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relation:
    """Something to select from: its SQL, its columns, and what reading it reads in any case."""

    sql: str = ""
    fields: tuple[Field, ...] = ()
    hard: Reads = NOTHING


def compile_from(node: exp.Select, context: Context, parent: Scope | None) -> Relation:
    relation = compile_relation(node.args["from_"].this, context, parent)
    match = node.args.get("match")
    if match is not None:
        from lab.engine.row_patterns import match_recognize

        if node.args.get("joins"):
            raise unsupported("MATCH_RECOGNIZE beside a join", match)
        relation = match_recognize(match, relation, context, parent)
    if node.args.get("sample") is not None:
        if node.args.get("joins"):
            raise unsupported("TABLESAMPLE beside a join", node)
        relation = replace(relation, sql=f"{relation.sql} {sample(node.args['sample'])}")
    for join in node.args.get("joins") or []:
        relation = _join(relation, join, context, parent)
    return relation


def compile_relation(node: exp.Expr, context: Context, parent: Scope | None) -> Relation:
    match node:
        case exp.Table(this=exp.Values()):
            relation = _derived(node, context, parent)
        case exp.Table():
            relation = _table(node, context, parent)
        case exp.Subquery() if not isinstance(node.this, exp.Query | exp.Values):
            relation = _parenthesised(node, context, parent)
        case exp.Subquery() | exp.Values():
            refuse_unknown(node, DERIVED_PARTS)
            relation = _derived(node, context, parent)
        case exp.Unnest():
            relation = _unnest(node, context, Scope((), parent))
        case exp.Paren():
            relation = compile_relation(node.this, context, parent)
        case _:
            raise unsupported(node.key.upper(), node)
    if node.args.get("sample") is not None:
        relation = replace(relation, sql=f"{relation.sql} {sample(node.args['sample'])}")
    for join in node.args.get("joins") or []:
        relation = _join(relation, join, context, parent)
    return relation


def table_name(node: exp.Table, context: Context) -> tuple[str, str]:
    """Database and table in lower case. CATALOG_NOT_FOUND for a catalogue that is not Glue's."""
    catalog = node.catalog.lower()
    if catalog and catalog != CATALOG:
        raise failure("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist", node)
    return (node.db or context.database).lower(), node.name.lower()


def _table(node: exp.Table, context: Context, parent: Scope | None) -> Relation:
    refuse_unknown(node, ("this", "db", "catalog", "alias", "joins", "sample", "version"))
    if not isinstance(node.this, exp.Identifier):
        from lab.engine.table_functions import table_function

        return table_function(node, context)
    if not node.db:
        cte = _find_cte(parent, node.name)
        if cte is not None:
            return _cte(cte, node, context)
    database, name = table_name(node, context)
    if database == "information_schema":
        from lab.engine.information_schema import table as virtual_table

        return _scan(virtual_table(name, node), node, context)
    if context.catalog.database(database) is None:
        raise failure("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", node)
    table = context.catalog.table(database, name)
    if table is None:
        from lab.engine.partition_listing import listing, partitioned

        listed = partitioned(database, name, context)
        if listed is not None:
            return listing(listed, node, context)
        message = f"Table '{CATALOG}.{database}.{name}' does not exist"
        raise failure("TABLE_NOT_FOUND", message, node)
    if table.view is not None:
        return _view(table, node, context)
    if len({column.name for column in table.all_columns}) < len(table.all_columns):
        # A crawler makes such tables where a file holds its partition's column too.
        reason = "Table descriptor contains duplicate columns"
        message = f"Hive metadata for table {name} is invalid: {reason}"
        raise failure("HIVE_INVALID_METADATA", message)
    if node.args.get("version") is not None:
        from lab.engine.iceberg.travel import travelled

        table = travelled(table, node, context)
    return _scan(table, node, context)


def _find_cte(scope: Scope | None, name: str) -> Any:
    while scope is not None:
        if scope.ctes and name.lower() in scope.ctes:
            return scope.ctes[name.lower()]
        scope = scope.parent
    return None


def _cte(cte: Any, node: exp.Table, context: Context) -> Relation:
    query = cte.compile(context)
    return _named(query, node.alias_or_name, aliases(node) or cte.aliases, context, node)


def _view(table: Table, node: exp.Table, context: Context) -> Relation:
    from lab.engine.views import compile_view

    query = compile_view(table, node, context)
    names = tuple(column.name for column in table.columns)
    return _named(query, node.alias_or_name, aliases(node) or names, context, node)


def _scan(table: Table, node: exp.Table, context: Context) -> Relation:
    alias = context.next_relation()
    scan = context.add_scan(table, alias)
    fields = []
    for column in table.all_columns:
        name = column.name.lower()
        kind, sql = _stored(parse_type(column.type)), f"{quote(alias)}.{quote(name)}"
        value = Value(
            # The spaces that fill a char are no part of it, stored or not.
            f"rtrim({sql}, ' ')" if kind.name == "char" else sql,
            kind,
            frozenset({(scan.number, name)}),
        )
        fields.append(Field(name, node.alias_or_name, value, (scan.number, name)))
    sql = f"{quote(scan.name)} AS {quote(alias)}"
    shown = renamed(tuple(fields), aliases(node), node)
    hidden = tuple(
        Field(name, node.alias_or_name, _hidden(alias, scan.number, name), unselected=True)
        for name in hidden_columns(table)
    )
    return Relation(sql, (*shown, *hidden), frozenset({(scan.number, "")}))


def _hidden(alias: str, number: int, name: str) -> Value:
    kind = _stored(parse_type(HIDDEN_COLUMNS[name]))
    return Value(f"{quote(alias)}.{quote(name)}", kind, frozenset({(number, name)}))


def _stored(kind: types.Type) -> types.Type:
    """The type as files hold it: an instant has no zone of its own."""
    return replace(kind, zone="UTC") if kind.name == "timestamp with time zone" else kind


def aliases(node: exp.Expr) -> tuple[str, ...]:
    alias = node.args.get("alias")
    return (
        tuple(column.name for column in alias.columns) if isinstance(alias, exp.TableAlias) else ()
    )


def renamed(fields: tuple[Field, ...], names: tuple[str, ...], node: exp.Expr) -> tuple[Field, ...]:
    if not names:
        return fields
    if len(names) != len(fields):
        message = (
            f"Column alias list has {len(names)} entries but '{node.alias_or_name}' has"
            f" {len(fields)} columns available"
        )
        raise failure("MISMATCHED_COLUMN_ALIASES", message, node)
    return tuple(replace(field, name=name) for field, name in zip(fields, names, strict=True))


def _parenthesised(node: exp.Subquery, context: Context, parent: Scope | None) -> Relation:
    """``(a JOIN b ON ...)``, which an alias makes one relation."""
    refuse_unknown(node, ("this", "alias", "joins", "sample"))
    relation = compile_relation(node.this, context, parent)
    if node.alias:
        fields = tuple(replace(item, relation=node.alias) for item in relation.fields)
        relation = replace(relation, fields=renamed(fields, aliases(node), node))
    return replace(relation, sql=f"({relation.sql})") if node.this.args.get("joins") else relation


def _derived(node: exp.Expr, context: Context, parent: Scope | None) -> Relation:
    from lab.engine.query import compile_query

    query = node.this if isinstance(node, exp.Table) else node
    return _named(compile_query(query, context, parent), node.alias, aliases(node), context, node)


def _lateral(node: exp.Lateral, context: Context, scope: Scope) -> Relation:
    """``LATERAL (query)``: the query sees the relations to its left."""
    refuse_unknown(node, ("this", "alias"))
    if not isinstance(node.this, exp.Subquery):
        raise unsupported("LATERAL without a query", node)
    from lab.engine.query import compile_query

    query = compile_query(node.this, context, scope)
    relation = _named(query, node.alias, aliases(node), context, node)
    return replace(relation, sql=f"LATERAL {relation.sql}", hard=relation.hard | query.reads)


def _named(
    query: Any, relation: str, names: tuple[str, ...], context: Context, node: exp.Expr
) -> Relation:
    alias = context.next_relation()
    fields = tuple(
        Field(
            column.name,
            relation or None,
            replace(column.value, sql=f'{quote(alias)}."c{place}"', aggregate=False, literal=None),
            column.origin if query.simple else None,
        )
        for place, column in enumerate(query.columns)
    )
    return Relation(f"({query.sql}) AS {quote(alias)}", renamed(fields, names, node), query.hard)


def _unnest(node: exp.Unnest, context: Context, scope: Scope) -> Relation:
    """``UNNEST(a, b) WITH ORDINALITY``: arrays side by side, maps as two columns, arrays of rows
    as their fields.
    """
    refuse_unknown(node, ("expressions", "alias", "offset"))
    env = Env(context, scope)
    inner: list[str] = []
    outside: list[str] = []
    alias = context.next_relation()
    kinds: list[tuple[str | None, types.Type]] = []
    lengths = []
    sources = [compile_expression(item, env) for item in node.expressions]
    for source in sources:
        place = len(inner)
        if source.type.name == "map":
            inner += [
                f"unnest(map_keys({source.sql})) AS u{place}",
                f"unnest(map_values({source.sql})) AS u{place + 1}",
            ]
            outside += [f"u{place}", f"u{place + 1}"]
            kinds += [(None, kind) for kind in source.type.args]
            lengths.append(f"cardinality({source.sql})")
        elif source.type.name == "array":
            inner.append(f"unnest({source.sql}) AS u{place}")
            lengths.append(f"len({source.sql})")
            _unnest_array(source.type.element, place, outside, kinds)
        else:
            raise failure("INVALID_FUNCTION_ARGUMENT", f"Cannot unnest type: {source.type}")
    names = aliases(node)
    if node.args.get("offset"):
        longest = ", ".join(f"coalesce({length}, 0)" for length in lengths)
        inner.append(
            f"unnest(generate_series(CAST(1 AS BIGINT), CAST(greatest({longest}) AS BIGINT))) AS o"
        )
        outside.append("o")
        kinds.append((None, types.BIGINT))
        offset = node.args["offset"]
        names = (*names, offset.name) if isinstance(offset, exp.Identifier) and names else names
    reads = NOTHING.union(*(source.reads for source in sources))
    columns = ", ".join(f'{sql} AS "c{i}"' for i, sql in enumerate(outside))
    sql = f"LATERAL (SELECT {columns} FROM (SELECT {', '.join(inner)})) AS {quote(alias)}"
    relation = node.alias or None
    fields = tuple(
        Field(name, relation, Value(f'{quote(alias)}."c{i}"', kind, reads))
        for i, (name, kind) in enumerate(kinds)
    )
    return Relation(sql, renamed(fields, names, node), reads)


def _unnest_array(
    element: types.Type, place: int, outside: list[str], kinds: list[tuple[str | None, types.Type]]
) -> None:
    if element.name != "row":
        outside.append(f"u{place}")
        kinds.append((None, element))
        return
    for (name, kind), inner in zip(element.args, types.field_names(element), strict=True):
        outside.append(f"struct_extract(u{place}, {types.text(inner)})")
        kinds.append((name, kind))


def _join(left: Relation, node: exp.Join, context: Context, parent: Scope | None) -> Relation:
    refuse_unknown(node, ("this", "kind", "side", "on", "using", "method"))
    if node.method and node.method.upper() != "NATURAL":
        raise failure("SYNTAX_ERROR", f"mismatched input '{node.method.upper()}'", node)
    if node.method:
        raise failure("NOT_SUPPORTED", f"{node.method.capitalize()} join not supported", node)
    side, kind = node.side.upper(), node.kind.upper()
    if side in ("SEMI", "ANTI") or kind in ("SEMI", "ANTI", "ASOF", "STRAIGHT"):
        raise failure("SYNTAX_ERROR", f"mismatched input '{kind or side}'", node)
    if kind not in ("", "INNER", "CROSS", "OUTER"):
        raise unsupported(f"{kind} JOIN", node)
    target = node.this
    if isinstance(target, exp.Unnest):
        right = _unnest(target, context, Scope(left.fields, parent))
    elif isinstance(target, exp.Lateral):
        right = _lateral(target, context, Scope(left.fields, parent))
    else:
        right = compile_relation(target, context, parent)
    word = f"{side} JOIN" if side else "JOIN"
    if node.args.get("using"):
        return _join_using(left, right, node, word, context)
    fields = left.fields + right.fields
    hard = left.hard | right.hard
    if node.args.get("on") is None:
        return Relation(f"{left.sql} CROSS JOIN {right.sql}", fields, hard)
    env = Env(context, Scope(fields, parent), clause="JOIN clause")
    condition = boolean(node.args["on"], env, "JOIN ON clause")
    _push_join(node.args["on"], left, right, side, context)
    sql = f"{left.sql} {word} {right.sql} ON {condition.sql}"
    return Relation(sql, _after_join(left, right, side), hard | condition.reads)


def _push_join(on: exp.Expr, left: Relation, right: Relation, side: str, context: Context) -> None:
    if side in ("", "LEFT"):
        push_down(on, right.fields, context)
    if side in ("", "RIGHT"):
        push_down(on, left.fields, context)


def _after_join(left: Relation, right: Relation, side: str) -> tuple[Field, ...]:
    """A side that an outer join fills with NULL is no longer its table's column."""
    keep_left, keep_right = side in ("", "LEFT"), side in ("", "RIGHT")
    return tuple(
        field if keep else replace(field, origin=None)
        for fields, keep in ((left.fields, keep_left), (right.fields, keep_right))
        for field in fields
    )


def _join_using(
    left: Relation, right: Relation, node: exp.Join, word: str, context: Context
) -> Relation:
    names = [column.name.lower() for column in node.args["using"]]
    merged, conditions = [], []
    hard = left.hard | right.hard
    for name in names:
        a, b = (
            _using(side, name, where, node) for side, where in ((left, "left"), (right, "right"))
        )
        condition = compare("=", a.value, b.value, node, Env(context, Scope()))
        conditions.append(condition.sql)
        hard |= condition.reads
        kind = types.common_type(a.value.type, b.value.type)
        assert kind is not None
        x, y = coerce(a.value, kind), coerce(b.value, kind)
        sql = {"LEFT JOIN": x.sql, "JOIN": x.sql, "RIGHT JOIN": y.sql}.get(
            word, f"coalesce({x.sql}, {y.sql})"
        )
        merged.append(Field(name, None, Value(sql, kind, x.reads | y.reads)))
    rest = tuple(
        f for f in _after_join(left, right, word.removesuffix("JOIN").strip())
        if f.name is None or f.name.lower() not in names
    )  # fmt: skip
    sql = f"{left.sql} {word} {right.sql} ON {' AND '.join(conditions)}"
    return Relation(sql, (*merged, *rest), hard)


def _using(side: Relation, name: str, where: str, node: exp.Join) -> Field:
    found = [f for f in side.fields if f.name and f.name.lower() == name]
    if not found:
        message = f"Column '{name}' is missing from {where} side of join"
        raise failure("COLUMN_NOT_FOUND", message, node)
    if len(found) > 1:
        raise failure("AMBIGUOUS_NAME", f"Column '{name}' is ambiguous", node)
    return found[0]
