"""What a statement asks for, once it is read: one small class per kind."""

from dataclasses import dataclass, field

from sqlglot import exp

from lab.engine.catalog import Column, Database, Table
from lab.engine.errors import QueryError


@dataclass(frozen=True, slots=True)
class Name:
    """A table or view; ``database`` is None when the statement does not say."""

    table: str
    database: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """``kind`` is Athena's StatementType (DDL, DML, UTILITY), ``subkind`` its SubstatementType."""

    kind: str = field(default="DDL", init=False)
    subkind: str = field(default="", init=False)


@dataclass(frozen=True, slots=True)
class Select(Statement):
    tree: exp.Expr
    kind: str = field(default="DML", init=False)
    subkind: str = field(default="SELECT", init=False)


@dataclass(frozen=True, slots=True)
class CreateTableAs(Statement):
    """``properties`` are those of WITH (...), names in lower case; a list is a tuple."""

    name: Name
    if_not_exists: bool
    properties: dict[str, str | tuple[str, ...]]
    tree: exp.Expr
    with_data: bool = True
    subkind: str = field(default="CREATE_TABLE_AS_SELECT", init=False)


@dataclass(frozen=True, slots=True)
class Insert(Statement):
    name: Name
    columns: tuple[str, ...]
    tree: exp.Expr
    kind: str = field(default="DML", init=False)
    subkind: str = field(default="INSERT", init=False)


@dataclass(frozen=True, slots=True)
class Unload(Statement):
    """``properties`` are those of WITH (...), names in lower case; a list is a tuple."""

    location: str
    properties: dict[str, str | tuple[str, ...]]
    tree: exp.Expr
    kind: str = field(default="DML", init=False)
    subkind: str = field(default="UNLOAD", init=False)


@dataclass(frozen=True, slots=True)
class CreateView(Statement):
    name: Name
    or_replace: bool
    query: str
    tree: exp.Expr
    subkind: str = field(default="CREATE_VIEW", init=False)


@dataclass(frozen=True, slots=True)
class CreateDatabase(Statement):
    database: Database
    if_not_exists: bool
    subkind: str = field(default="CREATE_DATABASE", init=False)


@dataclass(frozen=True, slots=True)
class DropDatabase(Statement):
    name: str
    if_exists: bool
    cascade: bool
    subkind: str = field(default="DROP_DATABASE", init=False)


@dataclass(frozen=True, slots=True)
class CreateTable(Statement):
    """``table.database`` is empty when the statement does not say."""

    table: Table
    if_not_exists: bool
    subkind: str = field(default="CREATE_TABLE", init=False)


@dataclass(frozen=True, slots=True)
class Drop(Statement):
    name: Name
    if_exists: bool
    subkind: str = field(default="DROP_TABLE", init=False)


@dataclass(frozen=True, slots=True)
class DropView(Statement):
    name: Name
    if_exists: bool
    subkind: str = field(default="DROP_VIEW", init=False)


Spec = tuple[tuple[str, str], ...]
Condition = tuple[str, str, str]
"""A key, ``=``, ``<>``, ``<``, ``<=``, ``>`` or ``>=``, and a value."""


@dataclass(frozen=True, slots=True)
class AddPartitions(Statement):
    """Each partition as (key, value) pairs and the location, if given."""

    name: Name
    if_not_exists: bool
    partitions: tuple[tuple[Spec, str | None], ...]
    subkind: str = field(default="ALTER_TABLE_ADD_PARTITION", init=False)


@dataclass(frozen=True, slots=True)
class DropPartitions(Statement):
    """Those that fulfil all conditions of one of the lists."""

    name: Name
    if_exists: bool
    partitions: tuple[tuple[Condition, ...], ...]
    subkind: str = field(default="ALTER_TABLE_DROP_PARTITION", init=False)


@dataclass(frozen=True, slots=True)
class RenamePartition(Statement):
    name: Name
    partition: Spec
    becomes: Spec
    subkind: str = field(default="ALTER_TABLE_RENAME_PARTITION", init=False)


@dataclass(frozen=True, slots=True)
class SetLocation(Statement):
    """Of the table, or of one partition of it."""

    name: Name
    partition: Spec | None
    location: str
    subkind: str = field(default="ALTER_TABLE_SET_LOCATION", init=False)


@dataclass(frozen=True, slots=True)
class ReplaceColumns(Statement):
    name: Name
    partition: Spec | None
    columns: tuple[Column, ...]
    subkind: str = field(default="ALTER_TABLE_REPLACE_COLUMN", init=False)


@dataclass(frozen=True, slots=True)
class AddColumns(Statement):
    name: Name
    columns: tuple[Column, ...]
    partition: Spec | None = None
    subkind: str = field(default="ALTER_TABLE_ADD_COLUMN", init=False)


@dataclass(frozen=True, slots=True)
class SetProperties(Statement):
    name: Name
    properties: dict[str, str]
    subkind: str = field(default="ALTER_TABLE_PROPERTIES", init=False)


@dataclass(frozen=True, slots=True)
class SetDatabaseProperties(Statement):
    database: str
    properties: dict[str, str]
    subkind: str = field(default="ALTER_DATABASE_PROPERTIES", init=False)


@dataclass(frozen=True, slots=True)
class Repair(Statement):
    name: Name
    subkind: str = field(default="MSCK_REPAIR", init=False)


@dataclass(frozen=True, slots=True)
class Prepare(Statement):
    """A statement with question marks, to be kept under a name."""

    name: str
    query: str
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="PREPARE", init=False)


@dataclass(frozen=True, slots=True)
class Execute(Statement):
    """``parameters`` are the expressions of USING, as they are written."""

    name: str
    parameters: tuple[str, ...] = ()
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="EXECUTE", init=False)


@dataclass(frozen=True, slots=True)
class Deallocate(Statement):
    name: str
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="DEALLOCATE", init=False)


@dataclass(frozen=True, slots=True)
class ShowDatabases(Statement):
    pattern: str | None
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_DATABASES", init=False)


@dataclass(frozen=True, slots=True)
class ShowFunctions(Statement):
    """``pattern`` is that of LIKE, ``escape`` the character before which it means itself."""

    pattern: str | None
    escape: str | None
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_FUNCTIONS", init=False)


@dataclass(frozen=True, slots=True)
class ShowTables(Statement):
    database: str | None
    pattern: str | None
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_TABLES", init=False)


@dataclass(frozen=True, slots=True)
class ShowViews(Statement):
    database: str | None
    pattern: str | None
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_VIEWS", init=False)


@dataclass(frozen=True, slots=True)
class ShowPartitions(Statement):
    name: Name
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_PARTITIONS", init=False)


@dataclass(frozen=True, slots=True)
class ShowColumns(Statement):
    """``refusal`` is why double quotes around the name are wrong, unless it is a view's."""

    name: Name
    refusal: QueryError | None = field(default=None, compare=False)
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_COLUMNS", init=False)


@dataclass(frozen=True, slots=True)
class ShowProperties(Statement):
    """All of them, or the value of one."""

    name: Name
    key: str | None
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_TABLE_PROPERTIES", init=False)


@dataclass(frozen=True, slots=True)
class ShowCreateTable(Statement):
    name: Name
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_CREATE_TABLE", init=False)


@dataclass(frozen=True, slots=True)
class ShowCreateView(Statement):
    name: Name
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="SHOW_CREATE_VIEW", init=False)


@dataclass(frozen=True, slots=True)
class Describe(Statement):
    """``detail`` is EXTENDED, FORMATTED or empty; ``column`` alone is shown when it is given. For
    ``refusal`` see ``ShowColumns``.
    """

    name: Name
    detail: str = ""
    partition: Spec | None = None
    column: str | None = None
    refusal: QueryError | None = field(default=None, compare=False)
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="DESCRIBE_TABLE", init=False)


@dataclass(frozen=True, slots=True)
class DescribeView(Statement):
    name: Name
    kind: str = field(default="UTILITY", init=False)
    subkind: str = field(default="DESC_VIEW", init=False)


Queried = Select | CreateTableAs | Insert | Unload | CreateView
"""The statements that are about a query."""


@dataclass(frozen=True, slots=True)
class Explain(Statement):
    """``form`` is TEXT, JSON or GRAPHVIZ, ``type`` LOGICAL, DISTRIBUTED, VALIDATE or IO."""

    statement: Queried
    analyze: bool
    form: str
    type: str
    kind: str = field(default="DML", init=False)
    subkind: str = field(default="EXPLAIN", init=False)
