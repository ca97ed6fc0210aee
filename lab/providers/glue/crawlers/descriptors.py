"""What a crawler writes of a table or a partition: columns, SerDe, location, parameters.

Source: AWS Glue User Guide, "Parameters set on Data Catalog tables by crawler".
"""

import re
from collections.abc import Iterable
from typing import Any

from lab.providers.glue.crawlers.folders import Object
from lab.providers.glue.crawlers.grouping import FoundTable, Leaf
from lab.providers.glue.crawlers.kinds import hive
from lab.providers.glue.crawlers.schemas import Schema

Record = dict[str, Any]

TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
HIVE = "org.apache.hadoop.hive.ql.io"
FORMATS = {
    "parquet": (
        f"{HIVE}.parquet.MapredParquetInputFormat",
        f"{HIVE}.parquet.MapredParquetOutputFormat",
        f"{HIVE}.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (
        f"{HIVE}.orc.OrcInputFormat",
        f"{HIVE}.orc.OrcOutputFormat",
        f"{HIVE}.orc.OrcSerde",
    ),
    "avro": (
        f"{HIVE}.avro.AvroContainerInputFormat",
        f"{HIVE}.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
}
JSON_SERDE = "org.openx.data.jsonserde.JsonSerDe"
CSV_SERDES = {
    "LazySimpleSerDe": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "OpenCSVSerDe": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
}
GROK_SERDE = "com.amazonaws.glue.serde.GrokSerDe"

_NO_NAME = re.compile(r"[^a-z0-9_]")


def table_name(prefix: str, name: str) -> str:
    """In lower case, with ``_`` for what is no letter, digit or ``_``."""
    return prefix.lower() + _NO_NAME.sub("_", name.lower())


def table_input(found: FoundTable, name: str, crawler: str, index: bool) -> Record:
    parameters = {**_parameters(found.schema, found.objects), "UPDATED_BY_CRAWLER": crawler}
    if index and found.partition_keys:
        parameters["partition_filtering.enabled"] = "true"
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.partition_keys],
        "StorageDescriptor": _storage(found.schema, found.location, parameters),
        "Parameters": parameters,
    }


def partition_input(leaf: Leaf) -> Record:
    parameters = _parameters(leaf.schema, leaf.objects)
    return {
        "Values": list(leaf.values),
        "StorageDescriptor": _storage(leaf.schema, leaf.location, parameters),
        "Parameters": parameters,
    }


def columns(schema: Schema) -> list[Record]:
    return [{"Name": name.lower(), "Type": hive(kind)} for name, kind in schema.columns]


def _storage(schema: Schema, location: str, parameters: dict[str, str]) -> Record:
    input_format, output_format, _ = FORMATS.get(
        schema.classification, (TEXT_INPUT, TEXT_OUTPUT, "")
    )
    is_known = bool(schema.columns)
    return {
        "Columns": columns(schema),
        "Location": location,
        **({"InputFormat": input_format, "OutputFormat": output_format} if is_known else {}),
        "Compressed": schema.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": _serde(schema) if is_known else {},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters,
        "StoredAsSubDirectories": False,
    }


def _serde(schema: Schema) -> Record:
    form = dict(schema.form)
    if schema.classification == "csv" and "delimiter" in form:
        if form["serde"] == "OpenCSVSerDe":
            given = {"separatorChar": form["delimiter"], "quoteChar": form["quote"]}
        else:
            given = {"field.delim": form["delimiter"]}
        return _library(CSV_SERDES[form["serde"]], given)
    if "pattern" in form:
        custom = {"input.grokCustomPatterns": form["custom"]} if "custom" in form else {}
        return _library(GROK_SERDE, {"input.format": form["pattern"], **custom})
    if schema.classification == "json":
        return _library(JSON_SERDE, {"paths": ",".join(sorted(name for name, _ in schema.columns))})
    library = FORMATS[schema.classification][2]
    literal = {"avro.schema.literal": schema.literal} if schema.literal else {}
    return _library(library, {"serialization.format": "1", **literal})


def _library(name: str, parameters: dict[str, str]) -> Record:
    return {"SerializationLibrary": name, "Parameters": parameters}


def _parameters(schema: Schema, objects: Iterable[Object]) -> dict[str, str]:
    return {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "classification": schema.classification,
        "compressionType": schema.compression,
        "typeOfData": "file",
        **_counts(list(objects)),
        **_of_format(schema),
    }


def _counts(objects: list[Object]) -> dict[str, str]:
    """Objects that were not looked at are taken to be as the others are."""
    size = sum(each.size for each in objects)
    seen = [(each.size, each.reading) for each in objects if each.reading is not None]
    seen_size = sum(size for size, _ in seen)
    records = sum(reading.records for _, reading in seen)
    data = sum(reading.records * reading.record_bytes for _, reading in seen)
    whole = records if len(seen) == len(objects) else records * size // max(1, seen_size)
    return {
        "averageRecordSize": str(round(data / records) if records else 0),
        "objectCount": str(len(objects)),
        "recordCount": str(whole),
        "sizeKey": str(size),
    }


def _of_format(schema: Schema) -> dict[str, str]:
    form = dict(schema.form)
    if schema.classification == "csv" and "delimiter" in form:
        is_quoted = str(form["serde"] == "OpenCSVSerDe").lower()
        header = {"skip.header.line.count": str(schema.header)} if schema.header else {}
        return {
            "areColumnsQuoted": is_quoted,
            "columnsOrdered": "true",
            "delimiter": form["delimiter"],
            **header,
        }
    if "pattern" in form:
        custom = {"grokCustomPatterns": form["custom"]} if "custom" in form else {}
        return {"grokPattern": form["pattern"], **custom}
    return {"avro.schema.literal": schema.literal} if schema.literal else {}
