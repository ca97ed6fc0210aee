"""From the text of a query to SQL that DuckDB can run: columns named and typed, scans listed."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import datetime as dt
from dataclasses import dataclass

from sqlglot import exp

from lab.engine import literals, predicates, types
from lab.engine.catalog import Catalog, hidden_columns
from lab.engine.errors import QueryError, unsupported
from lab.engine.query import Query, compile_query
from lab.engine.temporal_casts import zone_of
from lab.engine.types import Type
from lab.engine.values import Context, Scan, Value

# Conditions are compiled by handlers that their module registers when it is imported.
assert predicates
MAX_SQL = 4_000_000


@dataclass(frozen=True, slots=True)
class Named:
    """A column of the result; ``named`` unless its name is made up from its place."""

    name: str
    type: Type
    named: bool = True


@dataclass(frozen=True, slots=True)
class Compiled:
    """``sql`` selects c0, c1, ... from CTEs named after ``scans``, which the runner writes in
    front of it.
    """

    sql: str
    columns: tuple[Named, ...]
    scans: tuple[Scan, ...]


def compile_statement(
    tree: exp.Expr, catalog: Catalog, database: str, now: dt.datetime, views: tuple[str, ...] = ()
) -> Compiled:
    """Compile a parsed query. Every error of the statement itself is raised here, before anything
    is read. ``views`` are those that the query is of, which it must not use.
    """
    moment = now.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    context = Context(catalog, database.lower(), moment, views=views)
    query = compile_query(tree, context, None)
    if len(query.sql) > MAX_SQL:
        raise QueryError("QUERY_TEXT_TOO_LARGE", "The query is too complex for this lab")
    _assign_columns(query, context)
    columns = tuple(
        Named(output.name, output.type)
        if output.name is not None
        else Named(f"_col{place}", output.type, named=False)
        for place, output in enumerate(query.columns)
    )
    return Compiled(query.sql, columns, tuple(context.scans))


def _assign_columns(query: Query, context: Context) -> None:
    for number, column in sorted(query.reads):
        if column:
            context.scans[number].columns.append(column)
    for scan in context.scans:
        names = (
            *(column.name.lower() for column in scan.table.all_columns),
            *hidden_columns(scan.table),
        )
        alias = types.quote(scan.alias)
        scan.mentioned = frozenset(n for n in names if f"{alias}.{types.quote(n)}" in query.sql)


def wire(compiled: Compiled) -> str:
    """The query with each column in a form that Python fetches and ``text.printer`` prints."""
    columns = ", ".join(
        f'{_wired(f"q.c{place}", column.type)} AS "c{place}"'
        for place, column in enumerate(compiled.columns)
    )
    return f"SELECT {columns} FROM ({compiled.sql}) AS q"


def _wired(sql: str, kind: Type, depth: int = 0) -> str:
    match kind.name:
        case "timestamp with time zone":
            return literals.local(sql, zone_of(Value(sql, kind)))
        case "interval day to second":
            return f"epoch_ms({sql})"
        case "interval year to month":
            return f"CAST(date_part('year', {sql}) * 12 + date_part('month', {sql}) AS BIGINT)"
        case "char":
            return f"rpad({sql}, {kind.args[0]}, ' ')"
        case "array" | "map" | "row" if _needs_wire(kind):
            return _wired_parts(sql, kind, depth)
        case "hyperloglog" | "tdigest" | "qdigest" | "geometry" | "sphericalgeography" | "bingtile":
            raise unsupported(f"a result of type {kind}")
    return f"CAST({sql} AS {types.duckdb(kind)})"


WIRED = ("timestamp with time zone", "interval day to second", "interval year to month", "char",
         *types.UNPRINTED)  # fmt: skip


def _inner(kind: Type) -> list[Type]:
    return [of for _, of in kind.args] if kind.name == "row" else list(kind.args)


def _needs_wire(kind: Type) -> bool:
    """Whether something in it is fetched in another form."""
    if kind.name == "map" and kind.args[0].name in ("array", "map", "row"):
        # Python's dictionaries have no such keys.
        raise unsupported(f"a result of type {kind}")
    if kind.name in ("array", "map", "row"):
        return any(_needs_wire(part) for part in _inner(kind))
    return kind.name in WIRED


def _wired_parts(sql: str, kind: Type, depth: int) -> str:
    """Each element, entry or field in its form."""
    w = f"w{depth}"
    if kind.name == "array":
        return f"list_transform({sql}, lambda {w}: {_wired(w, kind.element, depth + 1)})"
    if kind.name == "map":
        key, value = (
            _wired(f"{w}.{name}", of, depth + 1)
            for name, of in zip(("key", "value"), kind.args, strict=True)
        )
        pairs = (
            f"list_transform(map_entries({sql}), lambda {w}: {{'key': {key}, 'value': {value}}})"
        )
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE map_from_entries({pairs}) END"
    parts = ", ".join(
        f"{types.text(name)}: {_wired(f'struct_extract({sql}, {types.text(name)})', of, depth)}"
        for name, of in zip(types.field_names(kind), _inner(kind), strict=True)
    )
    return f"CASE WHEN {sql} IS NULL THEN NULL ELSE {{{parts}}} END"
