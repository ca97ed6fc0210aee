"""Distributed Map: sources, batches, tolerance, results, children, changes on the way."""

import gzip
import io
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.providers.stepfunctions.support import Machines, single

pytestmark = pytest.mark.lab

GET = "arn:aws:states:::s3:getObject"
LIST = "arn:aws:states:::s3:listObjectsV2"
PUT = "arn:aws:states:::s3:putObject"
SAME = {"StartAt": "Same", "States": {"Same": {"Type": "Pass", "End": True}}}
PICKY = {
    "StartAt": "Pick",
    "States": {
        "Pick": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.bad", "BooleanEquals": True, "Next": "Bad"}],
            "Default": "Good",
        },
        "Bad": {"Type": "Fail", "Error": "Spoilt", "Cause": "é"},
        "Good": {"Type": "Succeed"},
    },
}


@pytest.fixture(scope="module")
def s3(client: Callable[..., Any]) -> Any:
    return client("s3")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = uuid4().hex
    s3.create_bucket(Bucket=name)
    return name


def each(program: dict[str, Any] = SAME, kind: str = "STANDARD", **more: Any) -> dict[str, Any]:
    """A distributed Map state."""
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}}
    return {"Type": "Map", "ItemProcessor": {**config, **program}, **more}


def reader(place: dict[str, Any], resource: str = GET, **config: Any) -> dict[str, Any]:
    found = {"Resource": resource, "Parameters": place}
    return {"ItemReader": {**found, **({"ReaderConfig": config} if config else {})}}


def put(s3: Any, bucket: str, body: bytes | str) -> dict[str, Any]:
    key = uuid4().hex
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return {"Bucket": bucket, "Key": key}


def parquet(rows: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


@pytest.mark.fidelity("stepfunctions.item_readers")
@pytest.mark.parametrize(
    ("body", "config", "expected"),
    [
        ("a,b\n1,x\n2\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
         [{"a": "1", "b": "x"}, {"a": "2", "b": ""}]),
        ("1|x\n", {"InputType": "CSV", "CSVDelimiter": "PIPE", "CSVHeaderLocation": "GIVEN",
                   "CSVHeaders": ["a", "b"]}, [{"a": "1", "b": "x"}]),
        ('[1, {"a": null}, 3]', {"InputType": "JSON", "MaxItems": 2}, [1, {"a": None}]),
        ('{"x": {"y": [7]}}', {"InputType": "JSON", "ItemsPointer": "/x/y"}, [7]),
        ('{"a": 1}\n\n{"a": 2}\n', {"InputType": "JSONL"}, [{"a": 1}, {"a": 2}]),
        (parquet([{"a": 1, "b": "x"}]), {"InputType": "PARQUET"}, [{"a": 1, "b": "x"}]),
    ],
)  # fmt: skip
def test_files(
    machines: Machines, s3: Any, bucket: str, body: Any, config: dict[str, Any], expected: Any
) -> None:
    state = each(**reader(put(s3, bucket, body), **config))
    assert machines.output(single(state)) == expected


@pytest.mark.fidelity("stepfunctions.item_readers")
def test_listings_and_manifests(machines: Machines, s3: Any, bucket: str) -> None:
    folder = uuid4().hex
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"{folder}/{number}.jsonl", Body=f'{{"n": {number}}}\n')
    place = {"Bucket": bucket, "Prefix": f"{folder}/"}
    listed = machines.output(single(each(**reader(place, LIST))))
    assert [item["Key"] for item in listed] == [f"{folder}/{n}.jsonl" for n in range(3)]
    assert {type(value).__name__ for value in listed[0].values()} == {"str", "int"}
    flat = {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}
    assert machines.output(single(each(**reader(place, LIST, **flat)))) == [
        {"n": 0}, {"n": 1}, {"n": 2}
    ]  # fmt: skip
    data = put(s3, bucket, gzip.compress(b'"b","a.txt","12"\n'))
    inventory = {
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "destinationBucket": f"arn:aws:s3:::{bucket}",
        "files": [{"key": data["Key"]}],
    }
    state = each(**reader(put(s3, bucket, json.dumps(inventory)), InputType="MANIFEST"))
    assert machines.output(single(state)) == [{"Bucket": "b", "Key": "a.txt", "Size": "12"}]
    unloaded = put(s3, bucket, f"s3://{bucket}/{folder}/0.jsonl\ns3://{bucket}/{folder}/1.jsonl\n")
    state = each(**reader(unloaded, InputType="JSONL", ManifestType="ATHENA_DATA"))
    assert machines.output(single(state)) == [{"n": 0}, {"n": 1}]


@pytest.mark.fidelity("stepfunctions.item_readers")
def test_a_source_that_cannot_be_read(machines: Machines, s3: Any, bucket: str) -> None:
    state = each(**reader(put(s3, bucket, '{"a": 1}'), InputType="JSON"))
    found = machines.run(single(state))
    assert (found["status"], found["error"], found["cause"]) == (
        "FAILED",
        "States.ItemReaderFailed",
        "Attempting to map over non-iterable node.",
    )
    kinds = [event["type"] for event in machines.events(found["executionArn"])]
    assert kinds[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


@pytest.mark.fidelity("stepfunctions.item_batches")
def test_batches_with_what_they_share(machines: Machines) -> None:
    selector = {"v.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "of.$": "$.day"}
    batcher = {"MaxItemsPerBatchPath": "$.most", "BatchInput": {"day.$": "$.day", "fixed": 1}}
    state = each(ItemsPath="$.items", ItemSelector=selector, ItemBatcher=batcher)
    found = machines.output(single(state), {"items": ["a", "b", "c"], "day": "lundi", "most": 2})
    assert [len(batch["Items"]) for batch in found] == [2, 1]
    assert found[1] == {
        "BatchInput": {"day": "lundi", "fixed": 1},
        "Items": [{"v": "c", "at": 2, "of": "lundi"}],
    }
    small = each(ItemsPath="$.items", ItemBatcher={"MaxInputBytesPerBatch": 110})
    found = machines.output(single(small), {"items": ["x" * 50] * 4})
    assert [len(batch["Items"]) for batch in found] == [1, 1, 1, 1]
    jsonata = each(
        Items="{% $states.input.items %}",
        ItemBatcher={
            "MaxItemsPerBatch": 3,
            "BatchInput": {"day": "{% $states.input.day %}"},
        },
    )
    definition = single(jsonata, QueryLanguage="JSONata")
    found = machines.output(definition, {"items": [1, 2, 3], "day": "mardi"})
    assert found == [{"BatchInput": {"day": "mardi"}, "Items": [1, 2, 3]}]


@pytest.mark.fidelity("stepfunctions.map_runs")
def test_failures_that_are_tolerated_and_written(machines: Machines, s3: Any, bucket: str) -> None:
    writer = {"Resource": PUT, "Parameters": {"Bucket": bucket, "Prefix": "out"}}
    items = [{"bad": False}, {"bad": True}, {"bad": False}]
    state = each(PICKY, ToleratedFailureCount=1, ResultWriter=writer, Label="Days")
    execution = machines.start(machines.make(single(state)), items)
    output = json.loads(machines.wait(execution)["output"])
    run = machines.states.list_map_runs(executionArn=execution)["mapRuns"][0]
    assert run["mapRunArn"] == output["MapRunArn"]
    assert run["stateMachineArn"].endswith("/Days")
    described = machines.states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert described["status"] == "SUCCEEDED"
    counts = described["itemCounts"]
    assert (counts["succeeded"], counts["failed"], counts["total"]) == (2, 1, 3)
    place = output["ResultWriterDetails"]
    manifest = json.loads(s3.get_object(**place)["Body"].read())
    assert place["Key"] == f"out/{run['mapRunArn'].rpartition(':')[2]}/manifest.json"
    files = manifest["ResultFiles"]
    assert [len(files[kind]) for kind in ("SUCCEEDED", "FAILED", "PENDING")] == [1, 1, 0]
    body = s3.get_object(Bucket=bucket, Key=files["FAILED"][0]["Key"])["Body"].read()
    assert len(body) == files["FAILED"][0]["Size"]
    [failed] = json.loads(body)
    assert (failed["Status"], failed["Error"], failed["Cause"]) == ("FAILED", "Spoilt", "é")
    children = machines.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert sorted(child["status"] for child in children) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert machines.events(failed["ExecutionArn"])[-1]["type"] == "ExecutionFailed"
    child = machines.states.describe_execution(executionArn=failed["ExecutionArn"])
    assert (child["mapRunArn"], child["input"]) == (run["mapRunArn"], '{"bad":true}')
    machine = machines.states.describe_state_machine_for_execution(
        executionArn=failed["ExecutionArn"]
    )
    assert (machine["label"], json.loads(machine["definition"])["StartAt"]) == ("Days", "Pick")


@pytest.mark.fidelity("stepfunctions.map_runs")
def test_failures_beyond_what_is_tolerated(machines: Machines) -> None:
    items = [{"bad": True}, {"bad": False}, {"bad": True}, {"bad": False}]
    found = machines.run(single(each(PICKY, ToleratedFailurePercentage=40)), items)
    assert (found["status"], found["error"], found["cause"]) == (
        "FAILED",
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded",
    )
    assert machines.output(single(each(PICKY, ToleratedFailurePercentage=50)), items) == [
        {"bad": False},
        {"bad": False},
    ]
    assert machines.run(single(each(PICKY)), items[:1])["status"] == "FAILED"


@pytest.mark.fidelity("stepfunctions.map_runs")
def test_results_are_transformed(machines: Machines, s3: Any, bucket: str) -> None:
    for writer, expected in (
        ({"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}, [1, 2, 3]),
        ({"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}, [[1, 2], [3]]),
    ):
        state = each(ResultWriter=writer, kind="EXPRESS")
        assert machines.output(single(state), [[1, 2], [3]]) == expected
    writer = {
        "Resource": PUT,
        "Parameters": {"Bucket": bucket, "Prefix": "lines"},
        "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"},
    }
    found = machines.output(single(each(ResultWriter=writer)), [[1, 2], [3]])
    manifest = json.loads(s3.get_object(**found["ResultWriterDetails"])["Body"].read())
    [file] = manifest["ResultFiles"]["SUCCEEDED"]
    assert file["Key"].endswith("/SUCCEEDED_0.jsonl")
    assert s3.get_object(Bucket=bucket, Key=file["Key"])["Body"].read() == b"1\n2\n3"


@pytest.mark.fidelity("stepfunctions.map_runs")
def test_a_run_that_is_changed_and_stopped(machines: Machines) -> None:
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
    execution = machines.start(machines.make(single(each(waits, MaxConcurrency=1))), [1, 2, 3])
    arn = machines.until_event(execution, "MapRunStarted")["mapRunStartedEventDetails"]["mapRunArn"]
    machines.states.update_map_run(mapRunArn=arn, maxConcurrency=2, toleratedFailureCount=1)
    described = machines.states.describe_map_run(mapRunArn=arn)
    while described["executionCounts"]["running"] != 2:
        described = machines.states.describe_map_run(mapRunArn=arn)
    assert (described["maxConcurrency"], described["toleratedFailureCount"]) == (2, 1)
    machines.states.stop_execution(executionArn=execution)
    assert machines.wait(execution)["status"] == "ABORTED"
    while described["status"] == "RUNNING":
        described = machines.states.describe_map_run(mapRunArn=arn)
    assert described["status"] == "ABORTED"
    assert described["executionCounts"]["aborted"] == 2
