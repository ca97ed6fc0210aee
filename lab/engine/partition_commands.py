"""Statements about the partitions of a Hive table: add, drop, rename, list, repair.

Source: Amazon Athena User Guide, "ALTER TABLE ADD PARTITION", "ALTER TABLE DROP PARTITION", "ALTER
TABLE RENAME PARTITION", "MSCK REPAIR TABLE", "SHOW PARTITIONS".
"""

import operator
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from lab.engine import statements as s
from lab.engine.catalog import Partition, StoredFile, Table
from lab.engine.hive_paths import HIVE_NULL, parse_partition_path, partition_name
from lab.engine.metastore import Metastore, no_partition, partition_values, semantic, task
from lab.engine.scan import data_files
from lab.engine.type_text import parse_type

COMPARISONS = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


def add(store: Metastore, statement: s.AddPartitions) -> list[str]:
    table = store.find(statement.name)
    known = {part.values for part in store.catalog.partitions(table)}
    new = []
    for spec, location in statement.partitions:
        values = partition_values(table, spec)
        if values in known:
            if statement.if_not_exists:
                continue
            raise task("AlreadyExistsException(message:Partition already exists.)")
        known.add(values)
        default = f"{table.location.rstrip('/')}/{partition_name(table, values)}"
        new.append(Partition(values, location or default))
    store.catalog.add_partitions(table, new)
    return []


def drop(store: Metastore, statement: s.DropPartitions) -> list[str]:
    table = store.find(statement.name)
    known = [part.values for part in store.catalog.partitions(table)]
    for conditions in statement.partitions:
        chosen = [values for values in known if _fulfils(table, values, conditions)]
        if not chosen and not statement.if_exists:
            raise no_partition(f"{key}{sign}{value}" for key, sign, value in conditions)
        for values in chosen:
            store.catalog.drop_partition(table, values)
            known.remove(values)
    return []


def _fulfils(table: Table, values: tuple[str, ...], conditions: tuple[s.Condition, ...]) -> bool:
    """Whether a partition meets all conditions, each compared as the type of its key."""
    types = {key.name.lower(): key.type for key in table.partition_keys}
    given = dict(zip(types, values, strict=True))
    for key, sign, value in conditions:
        if key not in given:
            raise semantic(10006, f"Partition spec {{{key}}} does not match the partition keys")
        if not _compare(types[key], given[key], sign, value):
            return False
    return True


def _compare(kind: str, left: str, sign: str, right: str) -> bool:
    if HIVE_NULL in (left, right):
        return sign == "=" and left == right
    sides: tuple[Any, Any] = (left, right)
    if parse_type(kind).is_numeric:
        try:
            sides = (Decimal(left), Decimal(right))
        except InvalidOperation:
            return sign == "=" and left == right
    return bool(COMPARISONS[sign](*sides))


def rename(store: Metastore, statement: s.RenamePartition) -> list[str]:
    """Other values for the same files."""
    table = store.find(statement.name)
    found = store.partition(table, statement.partition)
    values = partition_values(table, statement.becomes)
    if any(part.values == values for part in store.catalog.partitions(table)):
        shown = partition_name(table, values).replace("/", ", ")
        raise task(f"Rename partition destination partition [{shown}] already exists.")
    store.catalog.replace_partition(table, found.values, replace(found, values=values))
    return []


def show(store: Metastore, statement: s.ShowPartitions) -> list[str]:
    table = store.find(statement.name)
    if not table.partition_keys:
        raise task(f"Table {table.name} is not a partitioned table")
    return sorted(partition_name(table, part.values) for part in store.catalog.partitions(table))


def repair(store: Metastore, statement: s.Repair) -> list[str]:
    """Add the partitions that lie under the table's location as ``key=value`` folders, and name
    those that are in the catalogue and nowhere else.
    """
    database, name = store.place(statement.name)
    table = store.catalog.table(database, name)
    if table is None:
        return [f"Tables not in metastore:\t{name}"]
    if table.view is not None:
        raise task("Can not create a Path from an empty string")
    files = data_files(store.objects, table.location.rstrip("/"))
    if not files:
        return [f"Tables missing on filesystem:\t{name}"]
    if not table.partition_keys:
        return []
    found = _folders(table, files)
    known = {part.values: part for part in store.catalog.partitions(table)}
    bucket = table.location.split("/")[2]
    new = [
        Partition(values, f"s3://{bucket}/{folder}")
        for values, folder in sorted(found.items())
        if values not in known
    ]
    missing = [part for part in known.values() if _is_missing(store, part, found)]
    store.catalog.add_partitions(table, new)
    return list(_report(table, new, missing))


def _folders(table: Table, files: list[StoredFile]) -> dict[tuple[str, ...], str]:
    """The folder of each partition that the files are in."""
    found: dict[tuple[str, ...], str] = {}
    for file in files:
        values, folder = parse_partition_path(table, file.key)
        if values is not None:
            found.setdefault(values, folder)
    return found


def _is_missing(store: Metastore, part: Partition, found: dict[tuple[str, ...], str]) -> bool:
    return part.values not in found and not data_files(store.objects, part.location)


def _report(table: Table, new: list[Partition], missing: list[Partition]) -> Iterator[str]:
    added, gone = (
        [f"{table.name}:{partition_name(table, part.values)}" for part in listed]
        for listed in (new, missing)
    )
    if added:
        yield "Partitions not in metastore:\t" + "\t".join(added)
    if gone:
        yield "Partitions missing from filesystem:\t" + "\t".join(gone)
    for name in added:
        yield f"Repair: Added partition to metastore {name}"
