"""Reads ALTER.

Source: Amazon Athena User Guide, "ALTER TABLE ADD COLUMNS" and its siblings, "ALTER DATABASE SET
DBPROPERTIES", "ALTER VIEW DIALECT".
"""

from lab.engine import statements as s
from lab.engine.create_table import columns, properties
from lab.engine.errors import unsupported
from lab.engine.iceberg import grammar as iceberg
from lab.engine.reader import EVERY_PART, Reader
from lab.engine.show_grammar import ended


def alter(reader: Reader) -> s.Statement:
    if reader.accept("DATABASE") or reader.accept("SCHEMA"):
        return _database(reader)
    if reader.accept("VIEW"):
        raise unsupported("ALTER VIEW")
    reader.expect("TABLE")
    name = reader.name()
    reader.refuse_quotes(EVERY_PART)
    return _table(reader, name)


def _database(reader: Reader) -> s.Statement:
    name = reader.identifier()
    reader.expect("SET", "DBPROPERTIES")
    return ended(reader, s.SetDatabaseProperties(name, properties(reader)))


def _table(reader: Reader, name: s.Name) -> s.Statement:  # noqa: PLR0911  one return per kind
    if (only := iceberg.alter(reader, name)) is not None:
        return only
    if reader.accept("SET", "TBLPROPERTIES"):
        return ended(reader, s.SetProperties(name, properties(reader)))
    if reader.peek("ADD", "PARTITION") or reader.peek("ADD", "IF"):
        return _add_partitions(reader, name)
    if reader.accept("DROP"):
        return _drop_partitions(reader, name)
    partition = reader.partition() if reader.peek("PARTITION") else None
    if partition is not None and reader.accept("RENAME", "TO"):
        return ended(reader, s.RenamePartition(name, partition, reader.partition()))
    if reader.accept("SET", "LOCATION"):
        return ended(reader, s.SetLocation(name, partition, reader.string()))
    replaced = reader.accept("REPLACE")
    if not replaced:
        reader.expect("ADD")
    reader.expect("COLUMNS", "(")
    found = columns(reader)
    if replaced:
        return ended(reader, s.ReplaceColumns(name, partition, found))
    return ended(reader, s.AddColumns(name, found, partition))


def _add_partitions(reader: Reader, name: s.Name) -> s.Statement:
    reader.expect("ADD")
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    partitions = []
    while reader.peek("PARTITION"):
        spec = reader.partition()
        partitions.append((spec, reader.string() if reader.accept("LOCATION") else None))
    if not partitions:
        raise reader.error()
    return ended(reader, s.AddPartitions(name, if_not_exists, tuple(partitions)))


def _drop_partitions(reader: Reader, name: s.Name) -> s.Statement:
    if_exists = reader.accept("IF", "EXISTS")
    found = [reader.conditions()]
    while reader.accept(","):
        found.append(reader.conditions())
    return ended(reader, s.DropPartitions(name, if_exists, tuple(found)))
