"""CreateTable with OpenTableFormatInput: Glue itself writes the first metadata file of an Iceberg
table, without a snapshot, and the table's record points to it. All later commits are the clients'.

Source: AWS Glue API reference, "CreateTable", OpenTableFormatInput; Iceberg Table Spec, "Table
Metadata".
"""

import json
import time
import uuid
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to

from lab.providers.glue import iceberg_types
from lab.providers.glue.errors import already_exists, invalid
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record

FIRST_PARTITION_FIELD = 1000
PROPERTIES = {"write.parquet.compression-codec": "zstd"}


@dataclass(slots=True)
class Draft:
    """What is asked for: fields, and the fields of the partition spec and of the sort order, all as
    the metadata file has them.
    """

    location: str
    fields: list[Record]
    identifiers: list[int] = field(default_factory=list)
    spec: list[Record] = field(default_factory=list)
    order: list[Record] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)


def created(catalog: DataCatalog, request: Record) -> Record:
    """Write the metadata of a new table; returns its TableInput, as any other table's."""
    asked = request["OpenTableFormatInput"].get("IcebergInput") or {}
    given = request.get("TableInput") or {"Name": request.get("Name")}
    version = asked.get("Version") or "2"
    if version not in ("1", "2"):
        raise invalid(f"Unsupported Iceberg table version: {version}")
    whole = asked.get("CreateIcebergTableInput")
    draft = _from_schema(whole) if whole else _from_columns(given)
    if not given.get("Name") or not draft.location.startswith("s3://"):
        raise invalid("A name and a location in S3 must be provided for an Iceberg table.")
    key = (catalog.home(request["DatabaseName"]), given["Name"].lower())
    if catalog.storage.has("table", key):
        raise already_exists("Table already exists.")
    columns = [_column(one) for one in draft.fields]
    place = f"{draft.location}/metadata/00000-{uuid.uuid4()}.metadata.json"
    _write(catalog, place, json.dumps(_metadata(draft, int(version))).encode())
    parameters = {**(given.get("Parameters") or {}), "table_type": "ICEBERG"}
    storage = {"Columns": columns, "Location": draft.location}
    return {
        **given,
        "StorageDescriptor": {**storage, **(given.get("StorageDescriptor") or {})},
        "TableType": given.get("TableType") or "EXTERNAL_TABLE",
        "Parameters": {**parameters, "metadata_location": place},
    }


def _from_columns(given: Record) -> Draft:
    """From a TableInput, whose columns are Hive's."""
    if given.get("PartitionKeys"):
        raise invalid("Partition keys are not supported when creating an Iceberg table.")
    storage = given.get("StorageDescriptor") or {}
    columns = storage.get("Columns") or []
    ids = count(1)
    fields = [iceberg_types.field(next(ids), column["Name"], "") for column in columns]
    for one, column in zip(fields, columns, strict=True):
        one["type"] = iceberg_types.from_hive(column.get("Type", "string").strip().lower(), ids)
        if column.get("Comment"):
            one["doc"] = column["Comment"]
    return Draft((storage.get("Location") or "").rstrip("/"), fields)


def _from_schema(asked: Record) -> Draft:
    """From a CreateIcebergTableInput, whose schema is Iceberg's."""
    schema = asked["Schema"]
    names = {"Id": "id", "Name": "name", "Required": "required", "Type": "type", "Doc": "doc"}
    fields = [{names[key]: one[key] for key in names if key in one} for one in schema["Fields"]]
    spec = (asked.get("PartitionSpec") or {}).get("Fields") or []
    order = (asked.get("WriteOrder") or {}).get("Fields") or []
    return Draft(
        asked["Location"].rstrip("/"),
        fields,
        schema.get("IdentifierFieldIds") or [],
        [
            {
                "source-id": one["SourceId"],
                "field-id": one.get("FieldId") or number,
                "transform": one["Transform"],
                "name": one["Name"],
            }
            for number, one in enumerate(spec, start=FIRST_PARTITION_FIELD)
        ],
        [
            {
                "source-id": one["SourceId"],
                "transform": one["Transform"],
                "direction": one["Direction"],
                "null-order": one["NullOrder"],
            }
            for one in order
        ],
        asked.get("Properties") or {},
    )


def _column(one: Record) -> Record:
    """A column of the table's record, for a field."""
    column = {"Name": one["name"], "Type": iceberg_types.to_hive(one["type"])}
    return {**column, "Comment": one["doc"]} if one.get("doc") else column


def _write(catalog: DataCatalog, place: str, content: bytes) -> None:
    bucket, _, key = place.removeprefix("s3://").partition("/")
    s3 = connect_to(aws_access_key_id=catalog.account, region_name=catalog.region).s3
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    except ClientError as error:
        raise invalid(f"Unable to write table metadata: {error}") from error


def _metadata(draft: Draft, version: int) -> Record:
    schema: Record = {"type": "struct", "schema-id": 0, "fields": draft.fields}
    if draft.identifiers:
        schema["identifier-field-ids"] = draft.identifiers
    order = 1 if draft.order else 0
    partition_ids = [one["field-id"] for one in draft.spec]
    content: dict[str, Any] = {
        "format-version": version,
        "table-uuid": str(uuid.uuid4()),
        "location": draft.location,
        "last-updated-ms": int(time.time() * 1000),
        "last-column-id": max(iceberg_types.ids_in(draft.fields), default=0),
        "schemas": [schema],
        "current-schema-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": draft.spec}],
        "default-spec-id": 0,
        "last-partition-id": max(partition_ids, default=FIRST_PARTITION_FIELD - 1),
        "sort-orders": [{"order-id": order, "fields": draft.order}],
        "default-sort-order-id": order,
        "properties": {**PROPERTIES, **draft.properties},
        "current-snapshot-id": -1,
        "refs": {},
        "snapshots": [],
        "snapshot-log": [],
        "metadata-log": [],
    }
    if version == 1:
        return {**content, "schema": schema, "partition-spec": draft.spec}
    return {**content, "last-sequence-number": 0}
