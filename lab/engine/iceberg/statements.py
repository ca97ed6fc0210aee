"""What a statement about Iceberg tables asks for, once it is read."""

from dataclasses import dataclass, field

from sqlglot import exp

from lab.engine.catalog import Column
from lab.engine.statements import Name, Statement


@dataclass(frozen=True, slots=True)
class Change(Statement):
    """DELETE, UPDATE and MERGE, as the parser left them."""

    name: Name
    tree: exp.Expr
    subkind: str
    kind: str = field(default="DML", init=False)


@dataclass(frozen=True, slots=True)
class Create(Statement):
    """``partitioning`` in Athena's words: ``category``, ``bucket(16, id)``."""

    name: Name
    columns: tuple[Column, ...]
    partitioning: tuple[str, ...]
    location: str
    properties: dict[str, str]
    comment: str | None
    if_not_exists: bool
    subkind: str = field(default="CREATE_TABLE", init=False)


@dataclass(frozen=True, slots=True)
class ChangeColumn(Statement):
    """``after`` is a column, empty for FIRST, None to stay where it is."""

    name: Name
    column: str
    becomes: Column
    after: str | None
    subkind: str = field(default="ALTER_TABLE_CHANGE_COLUMN", init=False)


@dataclass(frozen=True, slots=True)
class DropColumn(Statement):
    """``place`` is where the word COLUMN stands, as Hive counts: ``line:column``, the latter from
    0.
    """

    name: Name
    column: str
    place: str
    subkind: str = field(default="ALTER_TABLE_DROP_COLUMN", init=False)


@dataclass(frozen=True, slots=True)
class Rename(Statement):
    name: Name
    becomes: Name
    subkind: str = field(default="ALTER_TABLE_RENAME", init=False)


@dataclass(frozen=True, slots=True)
class UnsetProperties(Statement):
    name: Name
    keys: tuple[str, ...]
    subkind: str = field(default="ALTER_TABLE_UNSET_TBLPROPERTIES", init=False)


@dataclass(frozen=True, slots=True)
class Optimize(Statement):
    """``tree`` selects the rows whose files are looked at. Athena counts it among the CTAS."""

    name: Name
    tree: exp.Expr
    kind: str = field(default="DDL", init=False)
    subkind: str = field(default="CREATE_TABLE_AS_SELECT", init=False)


@dataclass(frozen=True, slots=True)
class Vacuum(Statement):
    name: Name
    kind: str = field(default="DML", init=False)
    subkind: str = field(default="VACUUM_TABLE", init=False)


OWN = (Change, Create, DropColumn, Rename, UnsetProperties, Optimize, Vacuum)
