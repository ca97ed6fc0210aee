"""``ItemReader``: what a distributed Map reads from S3.

A listing of objects, and the content of a file of CSV, JSON, JSON Lines or Parquet, of an S3
inventory or of the data manifest of Athena's UNLOAD; LocalStack has CSV, JSON and one page of a
listing. What is wrong with a source is a ``ValueError``, whose words are the run's cause.
Source: AWS Step Functions Developer Guide, "ItemReader (Map)".
"""

import csv
import datetime as dt
import gzip
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (  # noqa: E501  LocalStack's path
    StateCredentials,
)
from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for

Settings = dict[str, Any]
DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
INPUT_TYPES = ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST")
MAX_ITEMS = 100_000_000
S3_URI = re.compile(r"s3://([^/]+)/(.+)")


def read_items(env: Any, reader: Any, settings: Settings) -> list[Any]:
    """The items that an ``ItemReader`` names, at most ``MaxItems`` of them."""
    most = _most(env, reader)
    if reader.parargs:
        reader.parargs.eval(env=env)
        place = dict(env.stack.pop())
    else:
        place = {}
    source = _Source(env, reader.resource)
    try:
        found = source.list(place, settings) if source.lists else source.read(place, settings)
        return list(itertools.islice(found, most))
    except ClientError as error:
        raise ValueError(error.response["Error"]["Message"]) from error


def _most(env: Any, reader: Any) -> int:
    if reader.reader_config is None:
        return MAX_ITEMS
    reader.reader_config.eval(env=env)
    found: int = env.stack.pop()["MaxItemsValue"]
    return found


class _Source:
    """S3, as the execution's role sees it."""

    def __init__(self, env: Any, resource: Any) -> None:
        resource.eval(env=env)
        region = env.stack.pop().region
        role = StateCredentials(role_arn=env.aws_execution_details.role_arn)
        self.client = boto_client_for(service="s3", region=region, state_credentials=role)
        self.lists = resource.api_action.lower() == "listobjectsv2"

    def list(self, place: Settings, settings: Settings) -> Iterator[Any]:
        flatten = settings.get("Transformation") == "LOAD_AND_FLATTEN"
        for page in self.client.get_paginator("list_objects_v2").paginate(**place):
            for found in page.get("Contents", ()):
                if flatten:
                    here = {"Bucket": place["Bucket"], "Key": found["Key"]}
                    yield from self.read(here, settings)
                else:
                    yield _listed(found)

    def read(self, place: Settings, settings: Settings) -> Iterator[Any]:
        content = self.client.get_object(**place)["Body"].read()
        kind = settings.get("InputType", "JSON")
        if kind == "MANIFEST" or "ManifestType" in settings:
            return self._manifest(content, settings)
        return _decoded(kind, content, settings)

    def _manifest(self, content: bytes, settings: Settings) -> Iterator[Any]:
        if settings.get("ManifestType") == "ATHENA_DATA":
            kind = {**settings, "InputType": settings.get("InputType", "CSV")}
            for line in content.decode().split():
                if found := S3_URI.fullmatch(line.strip('"')):
                    place = {"Bucket": found[1], "Key": found[2]}
                    body = self.client.get_object(**place)["Body"].read()
                    yield from _decoded(kind["InputType"], _unzipped(body), kind)
            return
        inventory = _json(content)
        if inventory.get("fileFormat") != "CSV":
            raise ValueError("Only CSV-formatted S3 Inventory reports are supported.")
        headers = [name.strip() for name in inventory["fileSchema"].split(",")]
        bucket = inventory["destinationBucket"].rpartition(":")[2]
        for file in inventory["files"]:
            body = self.client.get_object(Bucket=bucket, Key=file["key"])["Body"].read()
            given = {"CSVHeaderLocation": "GIVEN", "CSVHeaders": headers}
            yield from _csv(_unzipped(body).decode(), given)


def _listed(found: Settings) -> Settings:
    """An object as the states language shows it."""
    modified: dt.datetime = found["LastModified"]
    return {
        "Etag": found["ETag"],
        "Key": found["Key"],
        "LastModified": int(modified.timestamp()),
        "Size": found["Size"],
        "StorageClass": found.get("StorageClass", "STANDARD"),
    }


def _decoded(kind: str, content: bytes, settings: Settings) -> Iterator[Any]:
    match kind:
        case "CSV":
            return _csv(_text(content), settings)
        case "JSON":
            return iter(_array(_json(content), settings.get("ItemsPointer")))
        case "JSONL":
            return (_json(line) for line in content.splitlines() if line.strip())
        case "PARQUET":
            return _parquet(content)
    raise ValueError(f"Unknown InputType {kind!r}.")


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("The file is not encoded in UTF-8.") from error


def _csv(text: str, settings: Settings) -> Iterator[Settings]:
    delimiter = DELIMITERS[settings.get("CSVDelimiter", "COMMA")]
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    given = settings.get("CSVHeaderLocation") == "GIVEN"
    headers = settings.get("CSVHeaders", []) if given else next(rows, [])
    if len(set(headers)) < len(headers):
        raise ValueError("CSV headers cannot contain duplicates.")
    for row in rows:
        if row:
            yield dict(itertools.zip_longest(headers, row[: len(headers)], fillvalue=""))


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise ValueError("The file is not valid JSON.") from error


def _array(document: Any, pointer: str | None) -> Iterable[Any]:
    for step in (pointer or "").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(document, dict) or name not in document:
            raise ValueError(f"The ItemsPointer {pointer} does not match the file.")
        document = document[name]
    if not isinstance(document, list):
        raise ValueError("Attempting to map over non-iterable node.")
    return document


def _parquet(content: bytes) -> Iterator[Any]:
    from pyarrow import parquet  # heavy, and seldom needed

    file = parquet.ParquetFile(io.BytesIO(content))
    for batch in file.iter_batches():
        yield from json.loads(json.dumps(batch.to_pylist(), default=str))


def _unzipped(content: bytes) -> bytes:
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
