"""Objects of S3 as records.

Source: AWS Glue Developer Guide, "Data format options for inputs and outputs in AWS Glue for
Spark".
"""

import fnmatch
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from awsglue._bookmarks import Object
from awsglue._edits import quoted
from awsglue._refusals import NotInTheLabError, check
from awsglue.dynamicframe import DynamicFrame
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

CSV_OPTIONS = {
    "separator": "sep",
    "quoteChar": "quote",
    "escaper": "escape",
    "multiLine": "multiLine",
    "multiline": "multiLine",
}
"""Glue's name of an option, and Spark's."""
CSV_OWN = ("withHeader", "skipFirst", "optimizePerformance")
JSON_OPTIONS = ("multiline", "multiLine", "optimizePerformance")
SINGLE = 1
ORIGIN = "\x1forigin"


@cache
def _s3() -> Any:
    return boto3.client("s3")


def objects(
    location: str,
    recurse: bool = True,
    exclusions: list[str] | None = None,
    partition: tuple[str, ...] = (),
) -> list[Object]:
    """What is under a place, without what is hidden or empty. A place that is an object is that."""
    parts = urlsplit(location)
    bucket, prefix = parts.netloc, parts.path.lstrip("/")
    found: list[Object] = []
    for page in _s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            key = each["Key"]
            rest = key[len(prefix) :]
            if prefix and not prefix.endswith("/") and rest and not rest.startswith("/"):
                continue  # another name that begins so
            if _is_hidden(rest) or (not recurse and "/" in rest.strip("/")) or not each["Size"]:
                continue
            path = f"s3://{bucket}/{key}"
            if any(fnmatch.fnmatch(path, pattern) for pattern in exclusions or ()):
                continue
            modified = each["LastModified"].timestamp()
            found.append(Object(path, modified, each["Size"], partition))
    return found


def _is_hidden(key: str) -> bool:
    return any(
        part.startswith(("_", ".")) and "=" not in part for part in key.split("/")
    ) or key.endswith(("/", "_$folder$"))


class Reader:
    """Reads objects of one format. ``partitions`` are names of columns whose values are each
    object's own.
    """

    def __init__(self, context: Any, form: str, options: dict[str, Any], name: str) -> None:
        self._context = context
        self._session: SparkSession = context.spark_session
        self._form = form.removeprefix("glue")
        self._options = options
        self._name = name

    def read(self, found: list[Object], columns: list[str] | None = None) -> DynamicFrame:
        """``columns`` names those of a CSV file, by their order."""
        match self._form:
            case "csv":
                return self._frame(self._csv(found, columns))
            case "json":
                return self._json(found)
            case "parquet" | "orc" | "avro":
                check(self._form, self._options, ("useGlueParquetWriter", "compression", "version"))
                reader = self._session.read.format(self._form)
                return self._frame(reader.load([each.path for each in found]))
        raise NotInTheLabError(f"The format {self._form}")

    def _frame(self, frame: DataFrame) -> DynamicFrame:
        return DynamicFrame(frame, self._context, self._name)

    def _csv(self, found: list[Object], columns: list[str] | None) -> DataFrame:
        """All text, as in AWS's reader."""
        given = check("the format csv", self._options, (*CSV_OPTIONS, *CSV_OWN))
        options = {CSV_OPTIONS[name]: value for name, value in given.items() if name in CSV_OPTIONS}
        if options.get("quote") in (-1, "-1"):
            options["quote"] = ""
        header = _is_true(given.get("withHeader", False))
        if _is_true(given.get("skipFirst", False)):
            header = True
        paths = [each.path for each in found]
        frame = self._session.read.options(**options).csv(paths, header=header, inferSchema=False)
        if columns is None and not _is_true(given.get("withHeader", False)):
            columns = [f"col{place}" for place in range(len(frame.columns))]
        if columns is not None:
            frame = _named(frame, columns)
        return frame.na.fill("")

    def _json(self, found: list[Object]) -> DynamicFrame:
        given = check("the format json", self._options, JSON_OPTIONS)
        whole = any(_is_true(given.get(name, False)) for name in JSON_OPTIONS[:2])
        texts = self._session.read.text([each.path for each in found], wholetext=whole)
        parsed = texts.rdd.mapPartitions(_parsed)
        failed = parsed.filter(lambda each: each is None).count()
        records = parsed.filter(lambda each: each is not None)
        return DynamicFrame.of_records(records, self._context, self._name, failed)


def _named(frame: DataFrame, columns: list[str]) -> DataFrame:
    """By order: what a row has too many is left out, what it has too few is null."""
    own = frame.columns
    chosen = [
        (f.col(quoted(own[place])) if place < len(own) else f.lit(None).cast("string")).alias(name)
        for place, name in enumerate(columns)
    ]
    return frame.select(*chosen)


def _parsed(rows: Iterator[Any]) -> Iterator[dict[str, Any] | None]:
    """The records of lines or of whole texts; None for what is no JSON object."""
    for row in rows:
        if not row[0].strip():
            continue
        try:
            value = json.loads(row[0])
        except ValueError:
            yield None
            continue
        for each in value if isinstance(value, list) else [value]:
            yield each if isinstance(each, dict) else None


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def purge(location: str, options: dict[str, Any]) -> None:
    """Delete what is older than ``retentionPeriod`` hours, 168 without."""
    import time

    given = check("purge_s3_path", options, ("retentionPeriod",))
    before = time.time() - 3600 * float(given.get("retentionPeriod", 168))
    for each in objects(location):
        if each.modified <= before:
            parts = urlsplit(each.path)
            _s3().delete_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
