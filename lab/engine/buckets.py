"""Which bucket a row goes to: Hive's hash of the columns of ``bucketed_by``.

Source: Apache Hive, ObjectInspectorUtils.getBucketHashCode (version 1 of bucketing, which is what
Athena writes); Amazon Athena User Guide, "Use partitioning and bucketing".
"""

from functools import lru_cache

from lab.engine.catalog import Table
from lab.engine.errors import unsupported
from lab.engine.type_text import parse_type
from lab.engine.types import Type, quote

MASK = 0xFFFFFFFF
POSITIVE = 0x7FFFFFFF


def bucket(table: Table) -> str:
    """SQL for the number of the bucket, from 0."""
    kinds = {column.name.lower(): parse_type(column.type) for column in table.columns}
    total = "CAST(0 AS BIGINT)"
    for name in table.bucketed_by:
        total = f"(({total} * 31 + {_hash(quote(name), kinds[name])}) & {MASK})"
    return f"(({total} & {POSITIVE}) % {table.bucket_count})"


def _hash(value: str, kind: Type) -> str:
    match kind.name:
        case "boolean" | "tinyint" | "smallint" | "integer":
            found = f"CAST({value} AS BIGINT)"
        case "bigint":
            found = f"xor({value}, {value} >> 32)"
        case "date":
            found = f"date_diff('day', DATE '1970-01-01', {value})"
        case "varchar":
            found = f"lab_hive_hash({value})"
        case _:
            raise unsupported(f"bucketed_by a column of type {kind}")
    return f"coalesce({found} & {MASK}, 0)"


@lru_cache(maxsize=65536)
def hash_of(text: str) -> int:
    """Java's hash of the UTF-8 bytes, as 32 bits without a sign."""
    total = 0
    for byte in text.encode():
        total = total * 31 + (byte - 256 if byte > 127 else byte)
    return total & MASK
