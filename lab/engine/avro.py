"""Avro files: copied into Parquet for DuckDB to read, and written from Parquet.

The columns that the statement mentions are taken by name; the schema that the table gives
(``avro.schema.literal``) supplies defaults. An Avro file is read whole, so all its bytes count.
Unions of several types are refused. Source: Amazon Athena User Guide, "Avro SerDe"; Apache Avro,
"Specification".
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.engine import avro_blocks
from lab.engine.catalog import StoredFile, Table
from lab.engine.errors import QueryError, unsupported
from lab.engine.footers import gone
from lab.engine.staging import Staging
from lab.engine.type_text import parse_type
from lab.engine.types import Type, field_names
from lab.engine.values import Scan

AVRO_SERDE = "org.apache.hadoop.hive.serde2.avro.AvroSerDe"
BATCH = 8192
Check = Callable[[], None]


def plain(file: StoredFile, scan: Scan, staging: Staging) -> StoredFile:
    """A Parquet copy of the columns that the scan mentions. HIVE_CANNOT_OPEN_SPLIT when the file is
    no Avro file.
    """
    path = staging.path(".parquet")
    try:
        with _plain_blocks(file, staging).open("rb") as content:
            _copy(content, scan, path, staging.check)
    except FileNotFoundError as error:
        raise gone(file) from error
    except (ValueError, EOFError, IndexError, KeyError) as error:
        split = f"Error opening Hive split {file.uri} (offset=0, length={file.size})"
        raise QueryError("HIVE_CANNOT_OPEN_SPLIT", f"{split}: {error}") from error
    return replace(file, path=path)


def _plain_blocks(file: StoredFile, staging: Staging) -> Path:
    with file.path.open("rb") as content:
        if avro_blocks.codec_of(content) not in avro_blocks.CODECS:
            return file.path
    path = staging.path(".avro")
    avro_blocks.recode(file.path, path, "null", staging.check)
    return path


def _copy(content: Any, scan: Scan, path: Path, check: Check) -> None:
    import fastavro
    import pyarrow as pa
    import pyarrow.parquet

    writer_schema = fastavro.reader(content).writer_schema
    content.seek(0)
    given = scan.table.serde_parameters.get(
        "avro.schema.literal", scan.table.parameters.get("avro.schema.literal")
    )
    wanted = fastavro.parse_schema(json.loads(given)) if given else writer_schema
    whole = fastavro.schema.expand_schema(wanted)["fields"]
    fields = [field for field in whole if field["name"].lower() in scan.mentioned]
    if not fields:
        count = sum(block.num_records for block in fastavro.block_reader(content))
        pyarrow.parquet.write_table(pa.table({"$none": pa.nulls(count, pa.int8())}), path)
        return
    schema = pa.schema([(field["name"], _arrow(field["type"])) for field in fields])
    records = fastavro.reader(content, reader_schema=_pruned(wanted, scan))
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _batches(records):
            check()
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _pruned(schema: Any, scan: Scan) -> Any:
    """The schema with the fields that are mentioned, so that the others are not built; the whole
    one when a type that they need is defined in another.
    """
    import fastavro

    kept = [field for field in schema["fields"] if field["name"].lower() in scan.mentioned]
    bare = {key: value for key, value in schema.items() if not key.startswith("__")}
    try:
        return fastavro.parse_schema({**bare, "fields": kept})
    except fastavro.schema.UnknownType:
        return schema


def _batches(records: Any) -> Iterator[list[Any]]:
    rows: list[Any] = []
    for record in records:
        rows.append(record)
        if len(rows) == BATCH:
            yield rows
            rows = []
    if rows:
        yield rows


def _arrow(schema: Any) -> Any:  # noqa: PLR0911  one return per kind
    """The Arrow type of an Avro schema in which names are replaced by what they stand for."""
    import pyarrow as pa

    if isinstance(schema, list):
        kinds = [kind for kind in schema if kind != "null"]
        if len(kinds) != 1:
            raise unsupported("an Avro union of several types")
        return _arrow(kinds[0])
    if isinstance(schema, str):
        known = {
            "null": pa.null(), "boolean": pa.bool_(), "int": pa.int32(), "long": pa.int64(),
            "float": pa.float32(), "double": pa.float64(), "bytes": pa.binary(),
            "string": pa.string(),
        }  # fmt: skip
        if schema not in known:
            raise unsupported(f"the Avro record {schema} within itself")
        return known[schema]
    match schema.get("logicalType"):
        case "decimal":
            return pa.decimal128(schema["precision"], schema.get("scale", 0))
        case "date":
            return pa.date32()
        case "timestamp-millis" | "timestamp-micros":
            return pa.timestamp("us", "UTC")
        case "local-timestamp-millis" | "local-timestamp-micros":
            return pa.timestamp("us")
        case "uuid":
            return pa.string()
        case "time-millis" | "time-micros":
            raise unsupported("an Avro time")
    return _arrow_complex(schema)


def _arrow_complex(schema: Any) -> Any:
    import pyarrow as pa

    match schema["type"]:
        case "record":
            return pa.struct([(field["name"], _arrow(field["type"])) for field in schema["fields"]])
        case "enum":
            return pa.string()
        case "fixed":
            return pa.binary()
        case "array":
            return pa.list_(_arrow(schema["items"]))
        case "map":
            return pa.map_(pa.string(), _arrow(schema["values"]))
    return _arrow(schema["type"])


def write(source: Path, target: Path, table: Table, codec: str, check: Check) -> None:
    """An Avro file of a Parquet file's rows, in the columns of the table."""
    import fastavro

    columns = tuple((column.name.lower(), parse_type(column.type)) for column in table.columns)
    schema = _record("record0", columns, [0])
    framed = codec in avro_blocks.CODECS
    made = source.with_suffix(".avro") if framed else target
    with made.open("wb") as file:
        fastavro.writer(file, schema, _records(source, check), codec="null" if framed else codec)
    if framed:
        avro_blocks.recode(made, target, codec, check)
        made.unlink()


def _records(source: Path, check: Check) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet

    for batch in pyarrow.parquet.ParquetFile(source).iter_batches(BATCH):
        check()
        yield from batch.to_pylist(maps_as_pydicts="strict")


def _record(name: str, fields: tuple[tuple[str, Type], ...], count: list[int]) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [
            {"name": field, "type": ["null", _avro(kind, count)], "default": None}
            for field, kind in fields
        ],
    }


def _avro(kind: Type, count: list[int]) -> Any:  # noqa: PLR0911  one return per kind
    """The Avro schema of a type; ``count`` numbers the records, whose names must differ."""
    match kind.name:
        case "tinyint" | "smallint" | "integer":
            return "int"
        case "bigint":
            return "long"
        case "real":
            return "float"
        case "boolean" | "double":
            return kind.name
        case "varchar" | "char":
            return "string"
        case "varbinary":
            return "bytes"
        case "date":
            return {"type": "int", "logicalType": "date"}
        case "timestamp":
            return {"type": "long", "logicalType": "timestamp-millis"}
        case "decimal":
            precision, scale = kind.args
            return {
                "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale,
            }  # fmt: skip
        case "array":
            return {"type": "array", "items": ["null", _avro(kind.element, count)]}
        case "map" if kind.args[0].is_text:
            return {"type": "map", "values": ["null", _avro(kind.element, count)]}
        case "row":
            count[0] += 1
            kinds = [of for _, of in kind.args]
            names = field_names(kind)
            return _record(f"record{count[0]}", tuple(zip(names, kinds, strict=True)), count)
    raise unsupported(f"an Avro column of type {kind}")
