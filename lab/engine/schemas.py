"""Partitions that declare other types than their table: which of them Athena refuses.

Source: Amazon Athena User Guide, "Sync partition schema to avoid HIVE_PARTITION_SCHEMA_MISMATCH".
"""

from lab.engine import types
from lab.engine.catalog import Partition, Table
from lab.engine.errors import QueryError
from lab.engine.hive_paths import partition_name
from lab.engine.type_text import parse_type
from lab.engine.types import Type


def check(table: Table, part: Partition) -> None:
    """HIVE_PARTITION_SCHEMA_MISMATCH when a column's type in the partition does not become that of
    the table.
    """
    if not part.columns or part.columns == table.columns:
        return
    theirs = {column.name.lower(): column for column in part.columns}
    for column in table.columns:
        other = theirs.get(column.name.lower())
        if other is None or other.type == column.type:
            continue
        if not _coerces(parse_type(other.type), parse_type(column.type)):
            raise QueryError(
                "HIVE_PARTITION_SCHEMA_MISMATCH",
                "There is a mismatch between the table and partition schemas. The types are"
                f" incompatible and cannot be coerced. The column '{column.name}' in table"
                f" '{table.database}.{table.name}' is declared as type '{column.type}', but"
                f" partition '{partition_name(table, part.values)}' declared column"
                f" '{other.name}' as type '{other.type}'.",
            )


def _coerces(source: Type, target: Type) -> bool:
    if types.can_coerce(source, target):
        return True
    if source.is_integer or target.is_integer:
        return source.name == "varchar" or target.name == "varchar"
    return source.name == target.name == "varchar" or {source.name, target.name} == {
        "real", "double",
    }  # fmt: skip
