"""The Data Catalog, by AWS's API."""

from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError
from pyspark.sql import types as t

FORMATS = {
    "parquet": "parquet",
    "orc": "orc",
    "avro": "avro",
    "json": "json",
    "csv": "csv",
    "opencsv": "csv",
    "lazysimple": "csv",
}
"""A word of a SerDe's class, and its format."""
SERDES = {
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    "avro": (
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
    "json": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.openx.data.jsonserde.JsonSerDe",
    ),
    "csv": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
}


class Catalog:
    """Tables and partitions."""

    @cached_property
    def _glue(self) -> Any:
        return boto3.client("glue")

    def table(self, database: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        return found

    def partitions(
        self, table: dict[str, Any], expression: str | None = None
    ) -> list[dict[str, Any]]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=table["DatabaseName"],
            TableName=table["Name"],
            **({"Expression": expression} if expression else {}),
        )
        return [each for page in pages for each in page["Partitions"]]

    def keep(  # noqa: PLR0913, PLR0917 - a table in all its parts
        self,
        place: tuple[str, str],
        schema: t.StructType,
        keys: list[str],
        location: str,
        form: str,
        behavior: str,
    ) -> dict[str, Any]:
        """The table of a sink, made when it is not there; its columns are added to when it is and
        ``behavior`` is UPDATE_IN_DATABASE.
        """
        database, name = place
        columns = [
            {"Name": each.name, "Type": each.dataType.simpleString()}
            for each in schema.fields
            if each.name not in keys
        ]
        try:
            old = self.table(database, name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            self._create(place, columns, [(key, schema[key]) for key in keys], location, form)
            return self.table(database, name)
        if behavior == "UPDATE_IN_DATABASE":
            self._add_columns(old, columns)
        return self.table(database, name)

    def _create(
        self,
        place: tuple[str, str],
        columns: list[dict[str, str]],
        keys: list[tuple[str, t.StructField]],
        location: str,
        form: str,
    ) -> None:
        self._glue.create_table(
            DatabaseName=place[0],
            TableInput={
                "Name": place[1],
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": form, "useGlueParquetWriter": "true"}
                if form == "parquet"
                else {"classification": form},
                "PartitionKeys": [
                    {"Name": name, "Type": each.dataType.simpleString()} for name, each in keys
                ],
                "StorageDescriptor": storage(columns, location, form),
            },
        )

    def _add_columns(self, old: dict[str, Any], columns: list[dict[str, str]]) -> None:
        known = {each["Name"] for each in old["StorageDescriptor"]["Columns"]}
        fresh = [each for each in columns if each["Name"].lower() not in known]
        if not fresh:
            return
        given = {
            key: old[key]
            for key in ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")
            if key in old
        }
        described = old["StorageDescriptor"]
        given["StorageDescriptor"] = {**described, "Columns": [*described["Columns"], *fresh]}
        self._glue.update_table(DatabaseName=old["DatabaseName"], TableInput=given)

    def add_partitions(
        self, table: dict[str, Any], found: list[tuple[tuple[str, ...], str]]
    ) -> None:
        """Values and place of each; those that are there stay."""
        described = table["StorageDescriptor"]
        inputs = [
            {"Values": list(values), "StorageDescriptor": {**described, "Location": place}}
            for values, place in found
        ]
        for start in range(0, len(inputs), 100):
            answer = self._glue.batch_create_partition(
                DatabaseName=table["DatabaseName"],
                TableName=table["Name"],
                PartitionInputList=inputs[start : start + 100],
            )
            for failed in answer.get("Errors", []):
                if failed["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException":
                    raise RuntimeError(failed["ErrorDetail"]["ErrorMessage"])


def storage(columns: list[dict[str, str]], location: str, form: str) -> dict[str, Any]:
    read, write, serde = SERDES[form]
    parameters = {"field.delim": ","} if form == "csv" else {"serialization.format": "1"}
    return {
        "Columns": columns,
        "Location": location,
        "InputFormat": read,
        "OutputFormat": write,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
    }


def format_of(table: dict[str, Any]) -> str:
    """The format of a table: by its SerDe, else by its classification. ValueError for another."""
    serde = table["StorageDescriptor"].get("SerdeInfo", {}).get("SerializationLibrary", "").lower()
    for word, form in FORMATS.items():
        if word in serde.rpartition(".")[2]:
            return form
    form = table.get("Parameters", {}).get("classification", "")
    if form not in SERDES:
        raise ValueError(f"The table {table['Name']} has no format that can be read")
    return str(form)
