"""Records of JSON to a Parquet or ORC file with the columns of a Glue table.

The schema is read at each delivery, so that a change of the table shows in the next object.

Source: Firehose guide, "Convert input data format in Amazon Data Firehose" and "Handling errors for
data format conversion"; API reference, DataFormatConversionConfiguration.
"""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from lab.providers.firehose import metrics
from lab.providers.firehose.failures import CONVERSION, Failure
from lab.providers.firehose.hive_types import ColumnType, column_type
from lab.providers.firehose.models import DeliveryStream
from lab.providers.firehose.source import Item
from lab.providers.glue.errors import GlueError
from lab.providers.glue.models import catalog_of

Row = dict[str, Any]
Result = tuple[bytes, list[Failure]]

MALFORMED = "DataFormatConversion.MalformedData"
INVALID_SCHEMA = "DataFormatConversion.InvalidSchema"


class ConversionError(Exception):
    """Why a record cannot be converted: AWS's code, and a message."""


def converter(stream: DeliveryStream, settings: dict[str, Any]) -> Callable[[list[Item]], Result]:
    """What turns a buffer into the content of an object, and the records that do not fit."""

    def convert(items: list[Item]) -> Result:
        schema = settings["SchemaConfiguration"]
        rows: list[Row] = []
        failures: list[Failure] = []
        try:
            columns = _columns(stream, schema)
        except ConversionError as error:
            return b"", [_failure(stream, item, error, schema) for item in items]
        read = _reader(settings["InputFormatConfiguration"]["Deserializer"], columns)
        for item in items:
            try:
                rows += read(item.data)
            except ConversionError as error:
                failures.append(_failure(stream, item, error, schema))
        metrics.converted(stream, len(items) - len(failures), len(failures))
        serializer = settings["OutputFormatConfiguration"]["Serializer"]
        return (_write(rows, columns, serializer) if rows else b""), failures

    return convert


def _failure(
    stream: DeliveryStream, item: Item, error: ConversionError, schema: dict[str, Any]
) -> Failure:
    code, message = error.args
    table = {
        "catalogId": schema.get("CatalogId") or stream.account,
        "databaseName": schema["DatabaseName"],
        "tableName": schema["TableName"],
        "region": schema.get("Region") or stream.region,
        "versionId": schema.get("VersionId") or "LATEST",
    }
    more = {
        "sequenceNumber": str(item.position) if item.lane else None,
        "subSequenceNumber": None,
        "dataCatalogTable": table,
    }
    return Failure(item, CONVERSION, code, message, 1, stream.timing.now_ms(), more)


def _columns(stream: DeliveryStream, schema: dict[str, Any]) -> dict[str, ColumnType]:
    account = schema.get("CatalogId") or stream.account
    catalog = catalog_of(account, schema.get("Region") or stream.region)
    try:
        table = catalog.table(schema["DatabaseName"], schema["TableName"]).description
        columns = table["StorageDescriptor"]["Columns"]
        return {column["Name"]: column_type(column["Type"]) for column in columns}
    except GlueError as error:
        raise ConversionError(INVALID_SCHEMA, f"The schema is invalid. {error.message}") from error
    except (KeyError, ValueError) as error:
        raise ConversionError(INVALID_SCHEMA, f"The schema is invalid. {error}") from error


def _reader(
    deserializer: dict[str, Any], columns: dict[str, ColumnType]
) -> Callable[[bytes], list[Row]]:
    options = deserializer.get("OpenXJsonSerDe") or {}
    is_case_insensitive = options.get("CaseInsensitive", True)
    has_dots = options.get("ConvertDotsInJsonKeysToUnderscores", False)
    mapped = {key: name for name, key in (options.get("ColumnToJsonKeyMappings") or {}).items()}

    def name_of(key: str) -> str:
        if key in mapped:
            return str(mapped[key])
        key = key.replace(".", "_") if has_dots else key
        return key.lower() if is_case_insensitive else key

    def read(data: bytes) -> list[Row]:
        return [
            _row({name_of(key): value for key, value in document.items()}, columns)
            for document in _documents(data)
        ]

    return read


def _documents(data: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects of a record: one, or several one after the other."""
    try:
        text = data.decode().strip()
        decoder, offset = json.JSONDecoder(), 0
        while offset < len(text):
            document, offset = decoder.raw_decode(text, offset)
            if not isinstance(document, dict):
                raise ConversionError(MALFORMED, "The record is not a JSON object.")
            yield document
            while offset < len(text) and text[offset].isspace():
                offset += 1
    except ValueError as error:
        raise ConversionError(MALFORMED, f"The record is not valid JSON: {error}.") from error


def _row(document: Row, columns: dict[str, ColumnType]) -> Row:
    row = {}
    for name, column in columns.items():
        if (value := document.get(name)) is not None:
            try:
                row[name] = column.convert(value)
            except (ValueError, TypeError, OverflowError) as error:
                message = f"The value of the column {name} does not match its type: {error}."
                raise ConversionError(MALFORMED, message) from error
    return row


def _write(rows: list[Row], columns: dict[str, ColumnType], serializer: dict[str, Any]) -> bytes:
    import pyarrow as pa

    arrays = [
        pa.array([row.get(name) for row in rows], column.arrow) for name, column in columns.items()
    ]
    table = pa.Table.from_arrays(arrays, names=list(columns))
    content = io.BytesIO()
    if "OrcSerDe" in serializer:
        _write_orc(table, content, serializer["OrcSerDe"] or {})
    else:
        _write_parquet(table, content, serializer.get("ParquetSerDe") or {})
    return content.getvalue()


def _write_parquet(table: Any, content: io.BytesIO, options: dict[str, Any]) -> None:
    import pyarrow.parquet as pq

    compression = options.get("Compression") or "SNAPPY"
    pq.write_table(
        table,
        content,
        compression="NONE" if compression == "UNCOMPRESSED" else compression,
        use_dictionary=options.get("EnableDictionaryCompression", True),
        data_page_size=options.get("PageSizeBytes"),
        data_page_version="2.0" if options.get("WriterVersion") == "V2" else "1.0",
        # As Hive's writer does, which Firehose uses.
        use_deprecated_int96_timestamps=True,
    )


def _write_orc(table: Any, content: io.BytesIO, options: dict[str, Any]) -> None:
    from pyarrow import orc

    compression = options.get("Compression") or "SNAPPY"
    filtered = set(options.get("BloomFilterColumns") or ())
    orc.write_table(
        table,
        content,
        file_version="0.11" if options.get("FormatVersion") == "V0_11" else "0.12",
        compression="UNCOMPRESSED" if compression == "NONE" else compression,
        stripe_size=options.get("StripeSizeBytes") or 64 << 20,
        row_index_stride=options.get("RowIndexStride") or 10_000,
        dictionary_key_size_threshold=options.get("DictionaryKeyThreshold") or 0.0,
        bloom_filter_columns=[
            place for name, place in _orc_columns(table.schema) if name in filtered
        ],
        bloom_filter_fpp=options.get("BloomFilterFalsePositiveProbability") or 0.05,
    )


def _orc_columns(schema: Any) -> Iterator[tuple[str, int]]:
    """The number of each column in ORC, which counts the fields of nested types too."""
    place = 1
    for field in schema:
        yield field.name, place
        place += _node_count(field.type)


def _node_count(data_type: Any) -> int:
    return 1 + sum(_node_count(child.type) for child in _children(data_type))


def _children(data_type: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_map(data_type):
        return [data_type.key_field, data_type.item_field]
    return [data_type.field(place) for place in range(data_type.num_fields)]
