"""How a choice becomes one type. Source: AWS Glue Developer Guide, "resolveChoice"."""

from typing import Any

from awsglue._edits import Edit, name_of, type_of
from awsglue._inference import Path
from pyspark.sql import Column
from pyspark.sql import functions as f
from pyspark.sql import types as t


def cast(column: Column, kind: t.DataType, wanted: str, is_choice: bool) -> Column:
    """A field as another type; of a choice, whichever member is set. What cannot be is null."""
    if wanted in ("struct", "array", "map", "choice"):
        return column
    target = type_of(wanted)
    if is_choice and isinstance(kind, t.StructType):
        members = [_cast(column.getField(each.name), each.dataType, target) for each in kind.fields]
        return f.coalesce(*members)
    return _cast(column, kind, target)


def _cast(column: Column, kind: t.DataType, target: t.DataType | str) -> Column:
    if isinstance(kind, t.StructType | t.ArrayType | t.MapType) and target == t.StringType():
        return f.to_json(column)
    return column.cast(target)


def edit(path: Path, action: str, is_choice: bool) -> Edit:
    """What an action makes of the field. ValueError when it is none."""
    verb, _, argument = action.partition(":")
    name = path[-1]
    if verb == "cast" and argument:
        return lambda column, kind: [(name, cast(column, kind, argument, is_choice))]
    if verb == "project" and argument:
        return lambda column, kind: [(name, _projected(column, kind, argument, is_choice))]
    if verb == "make_struct":
        return lambda column, _: [(name, column)]
    if verb == "make_cols":
        return lambda column, kind: _columns(name, column, kind, is_choice)
    raise ValueError(f"{action} is no action of resolveChoice")


def _projected(column: Column, kind: t.DataType, wanted: str, is_choice: bool) -> Column:
    """The member of that type; null where another is set."""
    if not is_choice or not isinstance(kind, t.StructType):
        return column if name_of(kind) == wanted else column.cast(type_of(wanted))
    if wanted in kind.fieldNames():
        return column.getField(wanted)
    return f.lit(None).cast(type_of(wanted))


def _columns(
    name: str, column: Column, kind: t.DataType, is_choice: bool
) -> list[tuple[str, Column]]:
    if not is_choice or not isinstance(kind, t.StructType):
        return [(name, column)]
    return [(f"{name}_{each.name}", column.getField(each.name)) for each in kind.fields]


def of_catalog(
    context: Any, schema: t.StructType, database: str | None, table: str | None
) -> dict[Path, str]:
    """``match_catalog``: each column of the table as it is declared."""
    if not database or not table:
        raise ValueError("match_catalog needs a database and a table_name")
    described = context.catalog.table(database, table)
    declared = [
        *described["StorageDescriptor"].get("Columns", []),
        *described.get("PartitionKeys", []),
    ]
    return {
        (each["Name"],): f"cast:{each['Type']}"
        for each in declared
        if each["Name"] in schema.fieldNames()
    }
