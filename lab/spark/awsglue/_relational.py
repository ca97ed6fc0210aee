"""Nested records as tables that refer to each other. Source: AWS Glue Developer Guide,
"relationalize".
"""

from awsglue._edits import column_at, quoted
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

ID, INDEX, VALUE = "id", "index", "val"


def relationalize(frame: DataFrame, root: str) -> dict[str, DataFrame]:
    """The root, and a table for each array. Numbers of arrays are of one run of the query, so each
    table is kept as it was computed first.
    """
    found: dict[str, DataFrame] = {}
    pending = [(root, frame)]
    while pending:
        name, table = pending.pop(0)
        flat = table.select(*_columns(table.schema, ()))
        arrays = [each for each in flat.schema.fields if isinstance(each.dataType, t.ArrayType)]
        if arrays:
            numbered = [
                f.when(f.col(quoted(each.name)).isNotNull(), _number(place, len(arrays))).alias(
                    f"{each.name}\x1f"
                )
                for place, each in enumerate(arrays)
            ]
            flat = flat.select("*", *numbered).persist()
        for each in arrays:
            pending.append((f"{root}_{each.name}", _exploded(flat, each.name)))
        found[name] = _referring(flat, [each.name for each in arrays])
    return found


def _number(place: int, count: int) -> Column:
    """Another number for each array of each record."""
    return f.monotonically_increasing_id() * count + place + 1


def _columns(kind: t.StructType, path: tuple[str, ...]) -> list[Column]:
    columns = []
    for each in kind.fields:
        here = (*path, each.name)
        if isinstance(each.dataType, t.StructType):
            columns += _columns(each.dataType, here)
        else:
            columns.append(column_at(here).alias(".".join(here)))
    return columns


def _exploded(flat: DataFrame, name: str) -> DataFrame:
    values = f.posexplode(f.col(quoted(name))).alias(INDEX, f"{name}.{VALUE}")
    return flat.select(f.col(quoted(f"{name}\x1f")).alias(ID), values)


def _referring(flat: DataFrame, arrays: list[str]) -> DataFrame:
    columns = []
    for name in flat.columns:
        if name in arrays:
            columns.append(f.col(quoted(f"{name}\x1f")).alias(name))
        elif not name.endswith("\x1f"):
            columns.append(f.col(quoted(name)))
    return flat.select(*columns)
