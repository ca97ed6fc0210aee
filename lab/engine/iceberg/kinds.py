"""Iceberg's types and Athena's: columns out of a schema, a schema out of columns.

Source: Amazon Athena User Guide, "Supported data types for Iceberg tables in Athena".
"""

import re
from itertools import count

from pyiceberg import types as ice
from pyiceberg.schema import Schema, assign_fresh_schema_ids

from lab.engine.catalog import Column
from lab.engine.errors import QueryError
from lab.engine.type_text import parse_type
from lab.engine.types import Type, field_names

# Iceberg's type: how queries call it, how the metastore writes it.
PLAIN: dict[type, tuple[str, str]] = {
    ice.BooleanType: ("boolean", "boolean"),
    ice.IntegerType: ("int", "int"),
    ice.LongType: ("bigint", "bigint"),
    ice.FloatType: ("float", "float"),
    ice.DoubleType: ("double", "double"),
    ice.DateType: ("date", "date"),
    ice.TimeType: ("time(6)", "string"),
    ice.TimestampType: ("timestamp(6)", "timestamp"),
    ice.TimestamptzType: ("timestamp(6) with time zone", "timestamp"),
    ice.StringType: ("string", "string"),
    ice.UUIDType: ("uuid", "string"),
    ice.BinaryType: ("binary", "binary"),
    ice.FixedType: ("binary", "binary"),
}
FROM_TRINO: dict[str, ice.IcebergType] = {
    "boolean": ice.BooleanType(),
    "tinyint": ice.IntegerType(),
    "smallint": ice.IntegerType(),
    "integer": ice.IntegerType(),
    "bigint": ice.LongType(),
    "real": ice.FloatType(),
    "double": ice.DoubleType(),
    "date": ice.DateType(),
    "time": ice.TimeType(),
    "timestamp": ice.TimestampType(),
    "timestamp with time zone": ice.TimestamptzType(),
    "varchar": ice.StringType(),
    "char": ice.StringType(),
    "uuid": ice.UUIDType(),
    "varbinary": ice.BinaryType(),
}
MICROSECONDS = 6
BARE_TIMESTAMP = re.compile(r"\btimestamp\b(?!\s*\()")
SMALL = ("tinyint", "smallint", "char")


def text(kind: ice.IcebergType, *, hive: bool = False) -> str:
    """The type's name: in queries, or as the metastore writes it."""
    match kind:
        case ice.DecimalType():
            return f"decimal({kind.precision},{kind.scale})"
        case ice.ListType():
            return f"array<{text(kind.element_type, hive=hive)}>"
        case ice.MapType():
            return f"map<{text(kind.key_type, hive=hive)},{text(kind.value_type, hive=hive)}>"
        case ice.StructType():
            parts = (f"{f.name.lower()}:{text(f.field_type, hive=hive)}" for f in kind.fields)
            return f"struct<{','.join(parts)}>"
    if type(kind) not in PLAIN:
        raise QueryError("NOT_SUPPORTED", f"the Iceberg type {kind} is not supported by this lab")
    return PLAIN[type(kind)][hive]


def described(kind: ice.IcebergType) -> str:
    """The type's name as DESCRIBE has it, with blanks after commas and colons."""
    if isinstance(kind, ice.TimeType | ice.UUIDType):
        raise QueryError("UNSUPPORTED_COLUMNS", "Table has unsupported column types")
    match kind:
        case ice.TimestamptzType():
            return "timestamp"
        case ice.ListType():
            return f"array<{described(kind.element_type)}>"
        case ice.MapType():
            return f"map<{described(kind.key_type)}, {described(kind.value_type)}>"
        case ice.StructType():
            parts = (f"{f.name.lower()}: {described(f.field_type)}" for f in kind.fields)
            return f"struct<{', '.join(parts)}>"
    return text(kind, hive=True).replace(",", ", ")


def columns(schema: Schema) -> tuple[Column, ...]:
    """The columns as queries see them."""
    return tuple(
        Column(field.name.lower(), text(field.field_type), field.doc) for field in schema.fields
    )


def glue_columns(schemas: list[Schema], current: Schema) -> tuple[Column, ...]:
    """The columns as the metastore is told them: the current ones, then those of earlier schemas
    that are gone.
    """
    found: dict[str, Column] = {}
    for schema in (current, *schemas):
        for field in schema.fields:
            parameters = (
                ("iceberg.field.current", str(schema is current).lower()),
                ("iceberg.field.id", str(field.field_id)),
                ("iceberg.field.optional", str(field.optional).lower()),
            )
            column = Column(
                field.name.lower(), text(field.field_type, hive=True), field.doc, parameters
            )
            found.setdefault(column.name, column)
    return tuple(found.values())


def from_trino(kind: Type, *, strict: bool = False) -> ice.IcebergType:
    """Iceberg's type for a column. With ``strict``, types that Iceberg does not have are refused
    and not widened.
    """
    return _converted(kind, strict, count(1))


def _converted(kind: Type, strict: bool, ids: "count[int]") -> ice.IcebergType:
    match kind.name:
        case "decimal":
            return ice.DecimalType(*kind.args)
        case "array":
            number = next(ids)
            element = _converted(kind.args[0], strict, ids)
            return ice.ListType(number, element, element_required=False)
        case "map":
            key, value = next(ids), next(ids)
            kinds = [_converted(part, strict, ids) for part in kind.args]
            return ice.MapType(key, kinds[0], value, kinds[1], value_required=False)
        case "row":
            fields = [
                ice.NestedField(next(ids), inner, _converted(of, strict, ids), required=False)
                for inner, (_, of) in zip(field_names(kind), kind.args, strict=True)
            ]
            return ice.StructType(*fields)
    if strict and kind.name.startswith("timestamp") and kind.args[0] != MICROSECONDS:
        message = f"Timestamp precision ({kind.args[0]}) not supported for Iceberg. Use"
        raise QueryError("NOT_SUPPORTED", f'{message} "timestamp(6)" instead.')
    if kind.name not in FROM_TRINO or (strict and kind.name in SMALL):
        raise QueryError("NOT_SUPPORTED", f"Type not supported for Iceberg: {kind}")
    return FROM_TRINO[kind.name]


def schema(given: list[tuple[str, Type, str | None]], *, strict: bool = False) -> Schema:
    """A schema of columns, each (name, type, comment), with ids from 1."""
    fields = [
        ice.NestedField(place, name, from_trino(kind, strict=strict), required=False, doc=comment)
        for place, (name, kind, comment) in enumerate(given, 1)
    ]
    return assign_fresh_schema_ids(Schema(*fields))


def declared(given: tuple[Column, ...]) -> Schema:
    """The schema of a CREATE TABLE, whose timestamps are Iceberg's."""
    return schema([(c.name, declared_type(c.type), c.comment) for c in given], strict=True)


def declared_type(text: str) -> Type:
    """The type of a column in DDL."""
    return parse_type(BARE_TIMESTAMP.sub("timestamp(6)", text))
