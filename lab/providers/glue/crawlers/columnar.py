"""Files that carry their schema: Parquet, ORC and Avro.

Source: AWS Glue User Guide, "Built-in classifiers".
"""

import json
from pathlib import Path
from typing import Any

from lab.providers.glue.crawlers.kinds import Columns, Kind
from lab.providers.glue.crawlers.schemas import Reading, Schema

PARQUET, ORC, AVRO = b"PAR1", b"ORC", b"Obj\x01"

ARROW = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint",
    "uint8": "smallint", "uint16": "int", "uint32": "bigint", "uint64": "bigint",
    "halffloat": "float", "float": "float", "double": "double", "date32[day]": "date",
    "string": "string", "large_string": "string", "binary": "binary", "large_binary": "binary",
}  # fmt: skip
AVRO_KINDS = {
    "boolean": "boolean", "int": "int", "long": "bigint", "float": "float", "double": "double",
    "bytes": "binary", "string": "string", "enum": "string", "fixed": "binary", "null": "string",
}  # fmt: skip
LOGICAL = {
    "date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp",
    "local-timestamp-millis": "timestamp", "local-timestamp-micros": "timestamp",
}  # fmt: skip


def classify(path: Path, size: int, head: bytes) -> Reading | None:
    """None when the file is none of the three, or is damaged."""
    if head.startswith(PARQUET):
        return _parquet(path, size)
    if head.startswith(ORC):
        return _orc(path, size)
    return _avro(path, size) if head.startswith(AVRO) else None


def _parquet(path: Path, _size: int) -> Reading | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_metadata(path)
        columns = _of_arrow(found.schema.to_arrow_schema())
    except (pa.ArrowException, OSError):
        return None
    groups = [found.row_group(place).total_byte_size for place in range(found.num_row_groups)]
    rows = found.num_rows
    return Reading(Schema("parquet", columns), rows, sum(groups) / max(1, rows))


def _orc(path: Path, size: int) -> Reading | None:
    import pyarrow as pa
    from pyarrow import orc

    try:
        found = orc.ORCFile(path)
        columns = _of_arrow(found.schema)
    except (pa.ArrowException, OSError):
        return None
    return Reading(Schema("orc", columns), found.nrows, size / max(1, found.nrows))


def _of_arrow(schema: Any) -> Columns:
    return tuple((field.name, _arrow(field.type)) for field in schema)


def _arrow(kind: Any) -> Kind:  # noqa: PLR0911  one return per kind
    import pyarrow.types as known

    if known.is_timestamp(kind):
        return "timestamp"
    if known.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if known.is_list(kind) or known.is_large_list(kind) or known.is_fixed_size_list(kind):
        return ("array", _arrow(kind.value_type))
    if known.is_map(kind):
        return ("map", _arrow(kind.key_type), _arrow(kind.item_type))
    if known.is_struct(kind):
        return ("struct", tuple((field.name, _arrow(field.type)) for field in kind))
    if known.is_dictionary(kind):
        return _arrow(kind.value_type)
    return ARROW.get(str(kind), "string")


def _avro(path: Path, size: int) -> Reading | None:
    import fastavro

    try:
        with path.open("rb") as file:
            written = json.loads(fastavro.reader(file).metadata["avro.schema"])
            file.seek(0)
            rows = sum(block.num_records for block in fastavro.block_reader(file))
    except (OSError, ValueError, EOFError, IndexError, KeyError):
        return None
    named: dict[str, Kind] = {}
    columns = tuple(
        (field["name"], _avro_kind(field["type"], named)) for field in written["fields"]
    )
    literal = json.dumps(written, separators=(",", ":"))
    return Reading(Schema("avro", columns, literal=literal), rows, size / max(1, rows))


def _avro_kind(written: Any, named: dict[str, Kind]) -> Kind:
    if isinstance(written, list):
        kinds = [kind for kind in written if kind != "null"]
        return _avro_kind(kinds[0], named) if len(kinds) == 1 else "string"
    if isinstance(written, str):
        return AVRO_KINDS.get(written) or named.get(written, "string")
    logical = written.get("logicalType")
    if logical == "decimal":
        return f"decimal({written['precision']},{written.get('scale', 0)})"
    if logical in LOGICAL:
        return LOGICAL[logical]
    kind = _avro_complex(written, named)
    if "name" in written:
        named[written["name"]] = kind
    return kind


def _avro_complex(written: Any, named: dict[str, Kind]) -> Kind:
    match written["type"]:
        case "record":
            fields = ((each["name"], _avro_kind(each["type"], named)) for each in written["fields"])
            return ("struct", tuple(fields))
        case "array":
            return ("array", _avro_kind(written["items"], named))
        case "map":
            return ("map", "string", _avro_kind(written["values"], named))
    return _avro_kind(written["type"], named)
