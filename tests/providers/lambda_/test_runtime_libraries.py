"""Libraries that a learner packages, as ``pip install -t`` lays them, run in a function."""

import importlib.metadata
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from lab.config import Config
from tests.providers.lambda_.functions import Functions, eventually

pytestmark = pytest.mark.lab

# What a function never needs, and what makes pyarrow too large for Lambda.
LEFT_OUT = ("tests", "include", "__pycache__")
LEFT_OUT_SUFFIXES = (".pyx", ".pxd", ".pxi", ".h", ".cc")
LEFT_OUT_STEMS = ("libarrow_flight", "libarrow_s3")

POWERTOOLS = """
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor, EventType, process_partial_response,
)

logger = Logger(service="orders")
metrics = Metrics(namespace="Course", service="orders")
processor = BatchProcessor(event_type=EventType.KinesisDataStreams)

def record_handler(record):
    order = record.kinesis.data_as_json()
    logger.info("seen", order=order["id"])
    if order["id"] < 0:
        raise ValueError("negative")
    metrics.add_metric(name="Orders", unit=MetricUnit.Count, value=1)

@logger.inject_lambda_context
@metrics.log_metrics
def handler(event, context):
    return process_partial_response(event, record_handler, processor, context)
"""
PYARROW = """
import pyarrow, pyarrow.parquet
def handler(event, context):
    table = pyarrow.table({'airline': event, 'delay': list(range(len(event)))})
    pyarrow.parquet.write_table(table, '/tmp/table.parquet')
    read = pyarrow.parquet.read_table('/tmp/table.parquet', filters=[('delay', '>', 0)])
    return read.to_pylist()
"""
OPENSEARCH = """
import os
from opensearchpy import OpenSearch
def handler(event, context):
    client = OpenSearch(os.environ['SEARCH'])
    client.index(index='from-a-function', id=1, body=event, refresh=True)
    found = client.search(index='from-a-function', body={'query': {'match': {'text': 'lambda'}}})
    return [hit['_source'] for hit in found['hits']['hits']]
"""


def archive(distribution: str, source: str = "", prefix: str = "") -> bytes:
    """An archive of a library installed here, with all that it requires, and ``app.py``."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        if source:
            file.writestr("app.py", source)
        for name in sorted(required(distribution)):
            for target, path in files_of(name):
                file.write(path, prefix + target)
    return content.getvalue()


def required(name: str) -> set[str]:
    """A distribution and what it needs, without extras."""
    found = {name}
    for text in importlib.metadata.requires(name) or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= required(requirement.name)
    return found


def files_of(name: str) -> Iterator[tuple[str, Path]]:
    for file in importlib.metadata.distribution(name).files or ():
        path = Path(str(file.locate()))
        is_unwanted = (
            set(file.parts) & set(LEFT_OUT)
            or file.suffix in LEFT_OUT_SUFFIXES
            or file.name.startswith(LEFT_OUT_STEMS)
        )
        if not is_unwanted and ".." not in file.parts and path.is_file():
            yield file.as_posix(), path


@pytest.mark.fidelity("lambda_runtime.libraries")
def test_powertools_in_the_package_answers_for_a_stream(
    functions: Functions, client: Callable[..., Any]
) -> None:
    stream = "powertools"
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 0.1})
    code = {"ZipFile": archive("aws-lambda-powertools", POWERTOOLS)}
    name = functions.create("", Code=code, MemorySize=512)
    functions.client.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=kinesis.describe_stream(StreamName=stream)["StreamDescription"]["StreamARN"],
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=0,
    )
    kinesis.put_records(
        StreamName=stream,
        Records=[
            {"Data": json.dumps({"id": number}).encode(), "PartitionKey": "same"}
            for number in (1, 2, -3, 4)
        ],
    )
    logged: list[dict[str, Any]] = []

    def all_are_seen() -> bool:
        logged[:] = [
            json.loads(text) for text in functions.messages(name, "REPORT") if text.startswith("{")
        ]
        return {1, 2, -3, 4} <= {entry.get("order") for entry in logged}

    eventually(all_are_seen)
    seen = next(entry for entry in logged if entry.get("order") == 1)
    assert (seen["service"], seen["level"], seen["function_name"]) == ("orders", "INFO", name)
    # The embedded metric format: the batch's successes, in the log line that Metrics prints.
    metric = next(entry for entry in logged if "_aws" in entry)
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Course"
    assert metric["service"] == "orders"


@pytest.mark.fidelity("lambda_runtime.libraries")
def test_pyarrow_in_a_layer_writes_and_reads_parquet(
    functions: Functions, client: Callable[..., Any]
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="large-layers")
    s3.put_object(Bucket="large-layers", Key="pyarrow.zip", Body=archive("pyarrow", "", "python/"))
    layer = functions.client.publish_layer_version(
        LayerName="pyarrow", Content={"S3Bucket": "large-layers", "S3Key": "pyarrow.zip"}
    )
    name = functions.create(PYARROW, Layers=[layer["LayerVersionArn"]], MemorySize=512, Timeout=30)
    outcome = functions.invoke(name, ["AA", "UA"])
    assert outcome.payload == [{"airline": "UA", "delay": 1}]


@pytest.mark.fidelity("lambda_runtime.libraries")
def test_opensearch_client_in_the_package_indexes_and_searches(
    functions: Functions, full_lab: Config
) -> None:
    code = {"ZipFile": archive("opensearch-py", OPENSEARCH)}
    variables = {"Variables": {"SEARCH": full_lab.opensearch_url}}
    name = functions.create("", Code=code, MemorySize=512, Timeout=30, Environment=variables)
    event = {"text": "written by Lambda"}
    assert functions.invoke(name, event).payload == [event]
