"""Partition transforms: read from Athena's words, computed in DuckDB to group rows, and computed
again by pyiceberg for what the manifests say.

Source: Amazon Athena User Guide, "Create Iceberg tables", Partitioning.
"""

import re
from decimal import Decimal
from typing import Any

from pyiceberg import types as ice
from pyiceberg.exceptions import ValidationError
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    YearTransform,
)

from lab.engine.errors import QueryError
from lab.engine.types import quote

MASK = 0xFFFFFFFF
WHOLE = (
    ice.IntegerType,
    ice.LongType,
    ice.DateType,
    ice.TimeType,
    ice.TimestampType,
    ice.TimestamptzType,
)
CALL = re.compile(r"(\w+)\s*\(\s*(?:(\d+)\s*,\s*)?[\"`]?(\w+)[\"`]?\s*(?:,\s*(\d+)\s*)?\)")
MOMENTS: dict[str, type[Transform[Any, Any]]] = {
    "year": YearTransform,
    "years": YearTransform,
    "month": MonthTransform,
    "months": MonthTransform,
    "day": DayTransform,
    "days": DayTransform,
    "date": DayTransform,
    "hour": HourTransform,
    "hours": HourTransform,
    "date_hour": HourTransform,
}
SIZED: dict[str, Any] = {"bucket": BucketTransform, "truncate": TruncateTransform}
SUFFIXES = {
    YearTransform: "year",
    MonthTransform: "month",
    DayTransform: "day",
    HourTransform: "hour",
}


def spec(words: list[str], schema: Schema) -> PartitionSpec:
    """The partition spec of ``category``, ``bucket(16, id)``, ``day(ts)``. An error for a column
    or a transform that does not fit.
    """
    fields = []
    for place, word in enumerate(words):
        transform, column = _transform(word)
        source = _source(schema, column)
        if not transform.can_transform(source.field_type):
            raise _invalid(f"Invalid source type {source.field_type} for transform: {transform}")
        name = source.name
        if not isinstance(transform, IdentityTransform):
            name += "_" + (SUFFIXES.get(type(transform)) or _sized_suffix(transform))
        number = PARTITION_FIELD_ID_START + place
        fields.append(
            PartitionField(
                source_id=source.field_id, field_id=number, transform=transform, name=name
            )
        )
    result = PartitionSpec(*fields)
    try:
        result.check_compatible(schema)
    except ValidationError as error:
        raise _invalid(str(error)) from error
    return result


def _transform(word: str) -> tuple[Transform[Any, Any], str]:
    found = CALL.fullmatch(word.strip())
    if found is None:
        return IdentityTransform(), word.strip().strip('"`').lower()
    name, first, column, last = found[1].lower(), found[2], found[3].lower(), found[4]
    size = first or last
    if name in MOMENTS and size is None:
        return MOMENTS[name](), column
    if name in SIZED and size is not None and int(size) > 0:
        return SIZED[name](int(size)), column
    raise _invalid(f"Unsupported partition field: {word}")


def _sized_suffix(transform: Any) -> str:
    return "bucket" if isinstance(transform, BucketTransform) else "trunc"


def _source(schema: Schema, column: str) -> ice.NestedField:
    for field in schema.fields:
        if field.name.lower() == column:
            return field
    raise QueryError("COLUMN_NOT_FOUND", f"Column not found: {column}")


def _invalid(message: str) -> QueryError:
    return QueryError("INVALID_TABLE_PROPERTY", message)


def group_sql(field: PartitionField, schema: Schema) -> str:  # noqa: PLR0911  one return per kind
    """SQL that is the same for all rows of a partition and differs between partitions."""
    source = schema.find_field(field.source_id)
    column = quote(source.name.lower())
    transform = field.transform
    if isinstance(transform, TruncateTransform):
        if isinstance(source.field_type, ice.StringType):
            return f"left({column}, {transform.width})"
        if isinstance(source.field_type, ice.BinaryType):
            return f"unhex(left(hex({column}), {2 * transform.width}))"
        width = str(transform.width)
        if isinstance(source.field_type, ice.DecimalType):
            # The width counts units of the last digit.
            width = str(Decimal(transform.width).scaleb(-source.field_type.scale))
        return f"{column} - ((({column} % {width}) + {width}) % {width})"
    if isinstance(transform, BucketTransform):
        if isinstance(source.field_type, WHOLE):
            return (
                f"(({hash_sql(source_sql(field, schema))} & 2147483647) % {transform.num_buckets})"
            )
        text = f"CAST({source_sql(field, schema)} AS VARCHAR)"
        if isinstance(source.field_type, ice.BinaryType):
            text = f"hex({column})"
        return f"lab_iceberg_bucket({text}, '{source.field_type}', {transform.num_buckets})"
    if type(transform) in SUFFIXES:
        return f"date_trunc('{SUFFIXES[type(transform)]}', {column})"
    return column


def source_sql(field: PartitionField, schema: Schema) -> str:
    """SQL of the source's value as pyiceberg holds it: days and microseconds since 1970."""
    source = schema.find_field(field.source_id)
    column = quote(source.name.lower())
    match source.field_type:
        case ice.DateType():
            return f"CAST({column} - DATE '1970-01-01' AS INTEGER)"
        case ice.TimestampType() | ice.TimestamptzType():
            return f"epoch_us({column})"
        case ice.TimeType():
            return f"CAST(epoch({column}) * 1000000 AS BIGINT)"
    return column


def value_of(field: PartitionField, schema: Schema, source: Any) -> Any:
    """The partition's value in the manifests, from one of its rows."""
    kind = schema.find_field(field.source_id).field_type
    return field.transform.transform(kind)(source)


def hash_sql(number: str) -> str:
    """SQL of the 32-bit Murmur3 hash of a whole number's eight bytes: rows are many, and Python is
    slow. Other types are left to ``bucket_of``.
    """
    low, high = (
        f"CAST((CAST({number} AS BIGINT){shift}) & {MASK} AS UBIGINT)" for shift in ("", " >> 32")
    )
    mixed = _mixed(_mixed("0::UBIGINT", low), high)
    found = f"xor({mixed}, 8::UBIGINT)"
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        found = f"((xor({found}, {found} >> {shift}) * {factor}::UBIGINT) & {MASK})"
    return f"xor({found}, {found} >> 16)"


def _mixed(found: str, block: str) -> str:
    block = _rotated(f"(({block} * {0xCC9E2D51}::UBIGINT) & {MASK})", 15)
    block = f"(({block} * {0x1B873593}::UBIGINT) & {MASK})"
    return f"((({_rotated(f'xor({found}, {block})', 13)} * 5) + {0xE6546B64}::UBIGINT) & {MASK})"


def _rotated(value: str, bits: int) -> str:
    return f"(((({value} << {bits}) & {MASK})) | ({value} >> {32 - bits}))"


def bucket_of(text: str, kind: str, count: int) -> int | None:
    """The bucket of a value, given as text: pyiceberg's own hash."""
    value, of = _hashed(text, kind)
    found: int | None = BucketTransform(count).transform(of)(value)
    return found


def _hashed(text: str, kind: str) -> tuple[Any, ice.IcebergType]:
    if kind == "string":
        return text, ice.StringType()
    if kind == "binary":
        return bytes.fromhex(text), ice.BinaryType()
    if kind.startswith("decimal"):
        precision, scale = (int(part) for part in re.findall(r"\d+", kind))
        return Decimal(text), ice.DecimalType(precision, scale)
    return int(text), ice.LongType()
