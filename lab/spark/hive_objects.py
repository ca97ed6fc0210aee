"""Glue's databases, tables and partitions as the objects of Hive's protocol, and back."""

import datetime as dt
import os
import re
from typing import Any

from pymetastore.hive_metastore import ttypes


def _seconds(moment: dt.datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0


def matching(names: list[str], pattern: str) -> list[str]:
    """Hive's patterns: ``*`` for anything, ``|`` between several."""
    parts = (re.escape(part).replace(r"\*", ".*") for part in pattern.split("|"))
    compiled = re.compile("|".join(parts) or ".*", re.IGNORECASE)
    return [name for name in names if compiled.fullmatch(name)]


def folder(keys: list[str], values: list[str]) -> str:
    return "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))


def expression(text: str) -> str:
    """Hive's filter as Glue's, where text is between single quotes."""
    return re.sub(r'"([^"]*)"', lambda found: "'" + found[1].replace("'", "''") + "'", text)


def database(given: dict[str, Any]) -> Any:
    return ttypes.Database(
        name=given["Name"],
        description=given.get("Description", ""),
        # Hive's client wants one; a table there is refused, see Metastore.create_table.
        locationUri=given.get("LocationUri") or f"file:{os.environ.get('TMPDIR', '/tmp')}",  # noqa: S108
        parameters=given.get("Parameters", {}),
        ownerName="",
        ownerType=ttypes.PrincipalType.USER,
    )


def database_input(given: Any) -> dict[str, Any]:
    location = given.locationUri or ""
    return {
        "Name": given.name,
        "Description": given.description or "",
        "Parameters": given.parameters or {},
        **({"LocationUri": location} if location.startswith("s3") else {}),
    }


def table(given: dict[str, Any]) -> Any:
    return ttypes.Table(
        tableName=given["Name"],
        dbName=given["DatabaseName"],
        owner=given.get("Owner", ""),
        createTime=_seconds(given.get("CreateTime")),
        lastAccessTime=_seconds(given.get("LastAccessTime")),
        retention=given.get("Retention", 0),
        sd=storage(given.get("StorageDescriptor") or {}),
        partitionKeys=[_field(each) for each in given.get("PartitionKeys") or []],
        parameters=given.get("Parameters", {}),
        viewOriginalText=given.get("ViewOriginalText"),
        viewExpandedText=given.get("ViewExpandedText"),
        tableType=given.get("TableType") or "EXTERNAL_TABLE",
    )


def table_input(given: Any) -> dict[str, Any]:
    found = {
        "Name": given.tableName,
        "Owner": given.owner,
        "Retention": given.retention or 0,
        "TableType": given.tableType,
        "Parameters": given.parameters or {},
        "PartitionKeys": [_column(each) for each in given.partitionKeys or []],
        "StorageDescriptor": storage_input(given.sd),
        "ViewOriginalText": given.viewOriginalText,
        "ViewExpandedText": given.viewExpandedText,
    }
    return {key: value for key, value in found.items() if value is not None}


def partition(given: dict[str, Any]) -> Any:
    return ttypes.Partition(
        values=given["Values"],
        dbName=given["DatabaseName"],
        tableName=given["TableName"],
        createTime=_seconds(given.get("CreationTime")),
        lastAccessTime=0,
        sd=storage(given.get("StorageDescriptor") or {}),
        parameters=given.get("Parameters", {}),
    )


def partition_input(given: Any) -> dict[str, Any]:
    return {
        "Values": given.values,
        "StorageDescriptor": storage_input(given.sd),
        "Parameters": given.parameters or {},
    }


def storage(given: dict[str, Any]) -> Any:
    serde = given.get("SerdeInfo") or {}
    return ttypes.StorageDescriptor(
        cols=[_field(each) for each in given.get("Columns") or []],
        location=given.get("Location", ""),
        inputFormat=given.get("InputFormat"),
        outputFormat=given.get("OutputFormat"),
        compressed=given.get("Compressed", False),
        numBuckets=given.get("NumberOfBuckets", -1),
        serdeInfo=ttypes.SerDeInfo(
            name=serde.get("Name"),
            serializationLib=serde.get("SerializationLibrary"),
            parameters=serde.get("Parameters", {}),
        ),
        bucketCols=given.get("BucketColumns", []),
        sortCols=[],
        parameters=given.get("Parameters", {}),
        skewedInfo=ttypes.SkewedInfo([], [], {}),
        storedAsSubDirectories=False,
    )


def storage_input(given: Any) -> dict[str, Any]:
    serde = given.serdeInfo
    information = {
        "Name": serde.name,
        "SerializationLibrary": serde.serializationLib,
        "Parameters": serde.parameters,
    }
    found = {
        "Columns": [_column(each) for each in given.cols or []],
        "Location": given.location,
        "InputFormat": given.inputFormat,
        "OutputFormat": given.outputFormat,
        "Compressed": bool(given.compressed),
        "NumberOfBuckets": given.numBuckets,
        "BucketColumns": given.bucketCols,
        "SerdeInfo": {key: value for key, value in information.items() if value},
        "Parameters": given.parameters,
    }
    return {key: value for key, value in found.items() if value is not None}


def _field(given: dict[str, str]) -> Any:
    return ttypes.FieldSchema(given["Name"], given.get("Type", "string"), given.get("Comment"))


def _column(given: Any) -> dict[str, str]:
    found = {"Name": given.name, "Type": given.type}
    return {**found, "Comment": given.comment} if given.comment else found
