"""DDL of Iceberg tables: what each statement does to the table and what it prints.

Source: Amazon Athena User Guide, "Create Iceberg tables", "Manage Iceberg tables", "Evolve Iceberg
table schema".
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyiceberg.exceptions import ValidationError
from pyiceberg.table import Transaction
from pyiceberg.transforms import BucketTransform, IdentityTransform, TruncateTransform

from lab.engine import statements as s
from lab.engine.catalog import Column
from lab.engine.errors import QueryError, unsupported
from lab.engine.iceberg import kinds, partitions, properties
from lab.engine.iceberg import statements as i
from lab.engine.iceberg.commits import COMMENT, commit
from lab.engine.iceberg.session import Session
from lab.engine.iceberg.tables import IcebergTable
from lab.engine.metastore import task

NOT_FOR_ICEBERG = "Query type not supported by Athena Iceberg at this time"
CREATED_WITH = {"write.object-storage.enabled": "true", properties.CODEC: "zstd"}


def create(session: Session, statement: i.Create) -> list[str]:
    database, name = session.where(statement.name)
    if session.lake.table(database, name) is not None:
        if statement.if_not_exists:
            return []
        raise task(f"AlreadyExistsException(message:Table {name} already exists.)")
    schema = kinds.declared(statement.columns)
    spec = partitions.spec(list(statement.partitioning), schema)
    given = CREATED_WITH | properties.translated(statement.properties)
    if statement.comment is not None:
        given[COMMENT] = statement.comment
    location = location_of(statement.location)
    transaction = session.commits.new_table((database, name), location, schema, spec, given)
    commit(transaction, f"{database}.{name}")
    return []


def location_of(given: str) -> str:
    """The place of a table, without a slash at its end."""
    if not given.startswith("s3://") or len(given.strip("/").split("/")) < 3:
        raise QueryError("INVALID_TABLE_PROPERTY", f"{given} is not an S3 location")
    return given.rstrip("/")


def run(session: Session, table: IcebergTable, statement: s.Statement) -> list[str]:  # noqa: PLR0911  one return per kind
    """One statement about a table that is there."""
    match statement:
        case s.Describe() if statement.detail != "EXTENDED" and not statement.partition:
            return describe(table, statement)
        case s.ShowCreateTable():
            return create_statement(table)
        case s.ShowProperties():
            return show_properties(table, statement.key)
        case s.ShowColumns():
            return [column.name for column in table.columns]
        case s.AddColumns():
            return _altered(session, table, lambda tx: _add(tx, statement.columns))
        case i.DropColumn():
            return _altered(session, table, lambda tx: _drop_column(tx, table, statement.column))
        case i.ChangeColumn():
            return _altered(session, table, lambda tx: _change(tx, table, statement))
        case s.SetProperties():
            given = properties.translated(statement.properties)
            return _altered(session, table, lambda tx: tx.set_properties(given))
        case i.UnsetProperties():
            keys = properties.names(statement.keys)
            return _altered(session, table, lambda tx: tx.remove_properties(*keys))
        case i.Rename():
            return rename(session, table, statement.becomes)
        case s.Repair() | s.ReplaceColumns() | s.AddPartitions() | s.DropPartitions():
            raise QueryError("DDL_NOT_SUPPORTED", NOT_FOR_ICEBERG)
        case s.SetLocation() | s.RenamePartition():
            raise QueryError("DDL_NOT_SUPPORTED", NOT_FOR_ICEBERG)
    word = " ".join((statement.subkind.replace("_", " "), getattr(statement, "detail", ""))).strip()
    raise unsupported(f"{word} of an Iceberg table")


def drop(session: Session, table: IcebergTable) -> list[str]:
    """The table and, unlike a Hive table's, its files."""
    session.lake.catalog.drop_table(table.database, table.name)
    root = table.metadata.location.rstrip("/") + "/"
    _, _, bucket, folder = root.split("/", 3)
    # A table in the root of a bucket does not own all of it.
    folders = [root] if folder else [f"{root}data/", f"{root}metadata/"]
    for place in folders:
        found = [f"s3://{bucket}/{file.key}" for file in session.objects.list(place)]
        session.objects.remove(found)
    return []


def rename(session: Session, table: IcebergTable, becomes: s.Name) -> list[str]:
    """A new record of the metastore for the same files."""
    database, name = session.where(becomes)
    catalog = session.lake.catalog
    if catalog.table(database, name) is not None:
        raise task(f"AlreadyExistsException(message:Table {name} already exists.)")
    record = catalog.table(table.database, table.name)
    assert record is not None
    catalog.create_table(replace(record, database=database, name=name))
    catalog.drop_table(table.database, table.name)
    return []


def _altered(
    session: Session, table: IcebergTable, change: Callable[[Transaction], Any]
) -> list[str]:
    transaction = session.commits.open(table).transaction()
    try:
        change(transaction)
    except (ValueError, ValidationError) as error:
        raise task(str(error)) from error
    commit(transaction, table.full_name)
    return []


def _add(transaction: Transaction, added: tuple[Column, ...]) -> None:
    with transaction.update_schema() as update:
        for column in added:
            kind = kinds.from_trino(kinds.declared_type(column.type), strict=True)
            update.add_column(column.name, kind, column.comment)


def _drop_column(transaction: Transaction, table: IcebergTable, column: str) -> None:
    name = _spelt(table, column)
    number = table.schema.find_field(name).field_id
    for spec in table.metadata.specs().values():
        if any(field.source_id == number for field in spec.fields):
            now = spec.spec_id == table.metadata.default_spec_id
            what = "partition field" if now else "column which is used by an old partition spec"
            raise QueryError("NOT_SUPPORTED", f"Cannot drop {what}: {column}")
    with transaction.update_schema() as update:
        update.delete_column(name)


def _change(transaction: Transaction, table: IcebergTable, statement: i.ChangeColumn) -> None:
    """Name, type, comment and place of a column, as far as they change."""
    old, new = _spelt(table, statement.column), statement.becomes
    kind = kinds.from_trino(kinds.declared_type(new.type), strict=True)
    field = table.schema.find_field(old)
    with transaction.update_schema() as update:
        if kind != field.field_type:
            update.update_column(old, kind)
        if new.comment is not None:
            update.update_column(old, doc=new.comment)
        if statement.after is not None:
            if statement.after:
                update.move_after(old, _spelt(table, statement.after))
            else:
                update.move_first(old)
        if new.name != old.lower():
            update.rename_column(old, new.name)


def _spelt(table: IcebergTable, column: str) -> str:
    """The column's name as the table writes it."""
    for field in table.schema.fields:
        if field.name.lower() == column:
            return str(field.name)
    raise task(f"Column {column} does not exist in table {table.database}.{table.name}")


def describe(table: IcebergTable, statement: s.Describe) -> list[str]:
    """The columns, then how they partition the table, unpadded; or one column alone. FORMATTED adds
    where the table lies and its properties.
    """
    columns = {
        field.name.lower(): f"{field.name.lower()}\t{kinds.described(field.field_type)}\t"
        f"{field.doc or ''}"
        for field in table.schema.fields
    }
    if statement.column is not None:
        _spelt(table, statement.column)
        return [columns[statement.column]]
    lines = ["# Table schema:\t\t", "# col_name\tdata_type\tcomment", *columns.values()]
    lines += ["\t\t", "# Partition spec:\t\t", "# field_name\tfield_transform\tcolumn_name"]
    for part in table.metadata.spec().fields:
        source = table.metadata.schema().find_field(part.source_id).name
        lines.append(f"{part.name}\t{part.transform}\t{source}")
    return [*lines, *_formatted(table)] if statement.detail else lines


def _formatted(table: IcebergTable) -> list[str]:
    stored = table.metadata.properties
    return [
        "\t\t",
        f"Name:\ticeberg.{table.full_name}\t",
        f"Location:\t{table.metadata.location}\t",
        *_section("# Table properties:\t\t", properties.shown(stored)),
        *_section(
            "# Iceberg storage table properties:\t\t",
            {key: value for key, value in stored.items() if key.startswith("write.")},
        ),
    ]


def _section(title: str, given: dict[str, str]) -> list[str]:
    lines = [f"{key}\t{given[key]}\t" for key in sorted(given)]
    return ["\t\t", title, "# key\tvalue\t", *lines]


def show_properties(table: IcebergTable, key: str | None) -> list[str]:
    """Those that Athena supports, or the value of one."""
    given = {"table_type": "iceberg", **properties.shown(table.metadata.properties)}
    if key is None:
        return [f"{name}\t{given[name]}" for name in sorted(given)]
    return [given.get(key, f"Table {table.full_name} does not have property: {key}")]


def create_statement(table: IcebergTable) -> list[str]:
    """The CREATE TABLE that makes such a table."""
    schema = table.schema
    parts = [
        f"  {field.name.lower()} {kinds.text(field.field_type, hive=True)}"
        + (f" COMMENT '{field.doc}'" if field.doc else "")
        for field in schema.fields
    ]
    lines = [f"CREATE TABLE {table.database}.{table.name} ("]
    lines += [f"{part}{',' if part is not parts[-1] else ')'}" for part in parts]
    words = [_word(table, part) for part in table.metadata.spec().fields]
    lines += [f"PARTITIONED BY ({', '.join(words)})"] if words else []
    lines.append(f"LOCATION '{table.metadata.location}'")
    given = {"table_type": "iceberg", **properties.shown(table.metadata.properties)}
    shown = [f"  '{key}'='{value}'" for key, value in given.items()]
    ends = [*["," for _ in shown[1:]], ""]
    return [*lines, "TBLPROPERTIES (", *map("".join, zip(shown, ends, strict=True)), ");"]


def _word(table: IcebergTable, part: Any) -> str:
    source = f"`{table.metadata.schema().find_field(part.source_id).name.lower()}`"
    match part.transform:
        case IdentityTransform():
            return source
        case BucketTransform():
            return f"bucket({part.transform.num_buckets}, {source})"
        case TruncateTransform():
            return f"truncate({part.transform.width}, {source})"
    return f"{part.transform}({source})"
