"""What the compiler makes of an expression: DuckDB's text for it, Trino's type of it, the columns
it reads.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from lab.engine import types
from lab.engine.catalog import Catalog, Table
from lab.engine.errors import failure
from lab.engine.types import Type

# Athena says more than Trino here.
UNRESOLVED = "cannot be resolved or requester is not authorized to access requested resources"
Reads = frozenset[tuple[int, str]]
NOTHING: Reads = frozenset()


@dataclass(frozen=True, slots=True)
class Value:
    """A compiled expression. ``reads`` are (scan number, column) pairs; ``literal`` is set when it
    is a constant, ``narrow`` when 64 bits may be enough: this SQL, and another for the same value
    that is NULL when they are not.
    """

    sql: str
    type: Type
    reads: Reads = NOTHING
    literal: Any = None
    aggregate: bool = False
    narrow: tuple[str, str] | None = None

    @property
    def in_64_bits(self) -> str | None:
        """``narrow``, unless the value has got other SQL since."""
        return self.narrow[1] if self.narrow and self.narrow[0] == self.sql else None


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a relation in scope. ``origin`` is the table's column when the value is passed
    through untouched; an ``unselected`` column is not part of ``*``.
    """

    name: str | None
    relation: str | None
    value: Value
    origin: tuple[int, str] | None = None
    hidden: bool = False
    unselected: bool = False


@dataclass(frozen=True, slots=True)
class PartitionFilter:
    """A condition on partition keys alone: SQL over ``"p"``, and the keys that it reads."""

    sql: str
    keys: frozenset[str]


@dataclass(slots=True)
class Scan:
    """One reference to a table: its columns that the SQL mentions, those among them that are
    needed, and what is known about them before reading. DuckDB prunes what is mentioned to what is
    needed; only the latter is counted.
    """

    number: int
    table: Table
    alias: str
    mentioned: frozenset[str] = frozenset()
    columns: list[str] = field(default_factory=list)
    partition_filters: list[PartitionFilter] = field(default_factory=list)
    filters: list[tuple[str, str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"scan{self.number}"


@dataclass(slots=True)
class Context:
    """What one statement shares: where names are looked up, its scans, the names given so far, and
    its instant.
    """

    catalog: Catalog
    database: str
    now: str
    scans: list[Scan] = field(default_factory=list)
    relations: int = 0
    views: tuple[str, ...] = ()

    def next_relation(self) -> str:
        self.relations += 1
        return f"r{self.relations}"

    def add_scan(self, table: Table, alias: str) -> Scan:
        scan = Scan(len(self.scans), table, alias)
        self.scans.append(scan)
        return scan


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use; ``parent`` is the query around it."""

    fields: tuple[Field, ...] = ()
    parent: "Scope | None" = None
    ctes: Any = None


@dataclass(frozen=True, slots=True)
class Env:
    """Where an expression stands."""

    context: Context
    scope: Scope
    clause: str = "SELECT"
    aggregates: bool = False
    inside: str | None = None
    tried: bool = False
    lambdas: tuple[tuple[str, Value], ...] = ()
    windows: Any = None
    hoist: Any = None

    def with_(self, **changes: Any) -> "Env":
        return replace(self, **changes)

    def fail(self, name: str, message: str, kind: Type) -> str:
        """SQL that fails with ``message`` (itself SQL) when it is evaluated, typed as ``kind``.

        Inside TRY DuckDB allows no ``error()``, since that is volatile; a cast that cannot succeed
        does the same.
        """
        message = f"{types.text(name + ': ')} || {message}"
        none = f"CAST(NULL AS {types.duckdb(kind)})"
        if self.tried:
            return f"CASE WHEN CAST({message} AS BOOLEAN) THEN {none} END"
        return f"CASE WHEN error({message}) THEN {none} END"


def union_reads(values: Any) -> Reads:
    result: Reads = NOTHING
    for value in values:
        result |= value.reads
    return result


def resolve(scope: Scope, parts: list[str], node: Any) -> Value:
    """The column that ``parts`` names: the innermost scope that has it, table first and row field
    second.
    """
    current: Scope | None = scope
    while current is not None:
        found = _resolve_here(current, parts, node)
        if found is not None:
            return found
        current = current.parent
    raise failure("COLUMN_NOT_FOUND", f"Column '{'.'.join(parts)}' {UNRESOLVED}", node)


def resolve_field(scope: Scope, parts: list[str], node: Any) -> Field | None:
    """The field itself, when ``parts`` names a column of this very scope and no row field."""
    for size in range(min(len(parts) - 1, 3), -1, -1):
        found = _matches(scope, parts[:size], parts[size])
        if len(found) > 1:
            raise failure("AMBIGUOUS_NAME", f"Column '{'.'.join(parts)}' is ambiguous", node)
        if found:
            return found[0] if len(parts) == size + 1 else None
    return None


def _resolve_here(scope: Scope, parts: list[str], node: Any) -> Value | None:
    for size in range(min(len(parts) - 1, 3), -1, -1):
        found = _matches(scope, parts[:size], parts[size])
        if len(found) > 1:
            raise failure("AMBIGUOUS_NAME", f"Column '{'.'.join(parts)}' is ambiguous", node)
        if found:
            value = found[0].value
            for name in parts[size + 1 :]:
                value = dereference(value, name, node)
            return value
    return None


def _matches(scope: Scope, qualifier: list[str], name: str) -> list[Field]:
    table = qualifier[-1].lower() if qualifier else None
    return [
        item
        for item in scope.fields
        if item.name is not None
        and item.name.lower() == name.lower()
        and (not item.hidden if table is None else (item.relation or "").lower() == table)
    ]


def dereference(value: Value, name: str, node: Any) -> Value:
    """The field ``name`` of a row."""
    if value.type.name == "row":
        for (given, kind), inner in zip(
            value.type.args, types.field_names(value.type), strict=True
        ):
            if given is not None and given.lower() == name.lower():
                return Value(f"struct_extract({value.sql}, {types.text(inner)})", kind, value.reads)
    if value.type.name != "row":
        raise failure("TYPE_MISMATCH", f"Expression {name} is not of type ROW", node)
    raise failure("INVALID_COLUMN_REFERENCE", f"Column reference '{name}' is invalid", node)
