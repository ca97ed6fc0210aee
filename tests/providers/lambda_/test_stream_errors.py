"""Functions that fail, are throttled or are not there: retries, splitting, partial batches."""

import itertools
import json

import pytest

from tests.providers.lambda_.functions import archive
from tests.providers.lambda_.streams import (
    HALF,
    SOURCE,
    Pipeline,
    eventually,
    poison,
    texts,
)

pytestmark = pytest.mark.lab

FAILED = "PROBLEM: Function call failed"


@pytest.mark.fidelity("event_source_mapping.retries", "event_source_mapping.last_processing_result")
def test_a_failed_batch_is_repeated_before_the_next(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    failures = iter([{"raise": "once"}, {"raise": "twice"}])
    pipeline.recorder.reply = lambda _: next(failures, {})
    pipeline.put("a", "b", "c", "d")
    uuid = pipeline.map(BatchSize=2)
    pipeline.received(8)
    assert pipeline.recorder.batches == [["a", "b"], ["a", "b"], ["a", "b"], ["c", "d"]]
    pipeline.wait_for_result(uuid, "OK")


@pytest.mark.fidelity("event_source_mapping.retries", "event_source_mapping.last_processing_result")
def test_another_shard_does_not_wait_for_a_failing_one(pipeline: Pipeline) -> None:
    pipeline.create_stream(2)
    pipeline.recorder.reply = poison("bad")
    pipeline.put("bad", hash_key=0)
    uuid = pipeline.map()
    pipeline.wait_for_result(uuid, FAILED)
    pipeline.put("good", hash_key=HALF)
    pipeline.received_all({"good"})
    pipeline.recorder.reply = lambda _: {}


@pytest.mark.fidelity("event_source_mapping.bisect")
def test_a_failing_batch_is_split_down_to_the_bad_record(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = poison("bad")
    pipeline.put("a", "b", "bad", "c")
    pipeline.map(BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    pipeline.recorder.wait(lambda: ["c"] in pipeline.recorder.batches)
    assert pipeline.recorder.batches == [
        ["a", "b", "bad", "c"],
        ["a", "b"],
        ["bad", "c"],
        ["bad"],
        ["c"],
    ]


@pytest.mark.fidelity("event_source_mapping.bisect", "event_source_mapping.on_failure_queue")
def test_of_a_thousand_records_exactly_the_bad_one_is_given_up(pipeline: Pipeline) -> None:
    sqs = pipeline.client("sqs")
    url = sqs.create_queue(QueueName=f"dead-{pipeline.function}")["QueueUrl"]
    pipeline.create_stream(2)
    sent = [str(number) for number in range(1000)]
    where = [pipeline.put(*sent[part : part + 500], hash_key=part and HALF) for part in (0, 500)]
    pipeline.recorder.reply = poison("617")
    destination = f"arn:aws:sqs:us-east-1:000000000000:dead-{pipeline.function}"
    pipeline.map(
        BatchSize=1000,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    batch = json.loads(message["Body"])["KinesisBatchInfo"]
    assert batch["startSequenceNumber"] == where[1][117]["SequenceNumber"]
    assert batch["endSequenceNumber"] == batch["startSequenceNumber"]
    assert batch["batchSize"] == 1

    def succeeded() -> list[str]:
        batches = pipeline.recorder.batches
        return [text for batch in batches if "617" not in batch for text in batch]

    pipeline.recorder.wait(lambda: len(succeeded()) >= 999)
    assert sorted(succeeded(), key=int) == [text for text in sent if text != "617"]
    more = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
    assert "Messages" not in more


@pytest.mark.fidelity("event_source_mapping.item_failures")
def test_a_reported_item_is_where_the_batch_goes_on(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    put = pipeline.put("a", "b", "c", "d")
    failed = {"batchItemFailures": [{"itemIdentifier": put[2]["SequenceNumber"]}]}
    replies = iter([{"return": failed}])
    pipeline.recorder.reply = lambda _: next(replies, {})
    pipeline.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    pipeline.received(6)
    assert pipeline.recorder.batches == [["a", "b", "c", "d"], ["c", "d"]]


@pytest.mark.fidelity("event_source_mapping.item_failures")
def test_item_failures_are_only_read_where_the_mapping_asks_for_them(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    put = pipeline.put("a", "b")
    failed = {"batchItemFailures": [{"itemIdentifier": put[0]["SequenceNumber"]}]}
    pipeline.recorder.reply = lambda _: {"return": failed}
    uuid = pipeline.map()
    pipeline.received(2)
    pipeline.wait_for_result(uuid, "OK")
    pipeline.put("c")
    pipeline.received(3)
    assert pipeline.recorder.batches == [["a", "b"], ["c"]]


@pytest.mark.fidelity("event_source_mapping.throttling")
def test_a_throttled_function_costs_no_retry(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.lambda_.put_function_concurrency(
        FunctionName=pipeline.function, ReservedConcurrentExecutions=0
    )
    pipeline.put("a")
    uuid = pipeline.map(MaximumRetryAttempts=0)
    pipeline.wait_for_result(uuid, FAILED)
    assert pipeline.recorder.events == []
    pipeline.lambda_.delete_function_concurrency(FunctionName=pipeline.function)
    assert pipeline.received(1) == ["a"]
    pipeline.wait_for_result(uuid, "OK")


@pytest.mark.fidelity("event_source_mapping.function_deleted")
def test_a_mapping_waits_for_its_function_to_be_there_again(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(MaximumRetryAttempts=0)
    pipeline.lambda_.delete_function(FunctionName=pipeline.function)
    pipeline.put("a")
    pipeline.wait_for_result(uuid, FAILED)
    pipeline.lambda_.create_function(
        FunctionName=pipeline.function,
        Role="arn:aws:iam::000000000000:role/function",
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": archive(SOURCE.replace("URL", pipeline.recorder.url))},
    )
    assert pipeline.received(1) == ["a"]


@pytest.mark.fidelity("event_source_mapping.stream_deleted")
def test_a_stream_made_anew_is_read_from_its_beginning(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(StartingPosition="LATEST")
    pipeline.put("old")
    pipeline.received(1)
    pipeline.kinesis.delete_stream(StreamName=pipeline.stream)
    pipeline.wait_for_result(uuid, "PROBLEM: Stream not found")
    pipeline.create_stream()
    pipeline.put("new")
    assert pipeline.received(2) == ["old", "new"]


def test_a_batch_of_a_deleted_stream_is_not_tried_for_ever(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = poison("bad")
    pipeline.put("bad")
    uuid = pipeline.map()
    pipeline.received(2)
    pipeline.kinesis.delete_stream(StreamName=pipeline.stream)
    pipeline.create_stream()
    pipeline.put("good", hash_key=0)
    pipeline.received_all({"good"})
    assert pipeline.mapping(uuid)["State"] == "Enabled"


@pytest.mark.fidelity("event_source_mapping.item_failures")
def test_progress_through_a_batch_is_not_a_retry_of_it(pipeline: Pipeline) -> None:
    """Every record fails once, each time at the front: one retry for each is enough."""
    pipeline.create_stream()
    put = pipeline.put(*"abcd")
    numbers = dict(zip("abcd", (entry["SequenceNumber"] for entry in put), strict=True))
    tries = {text: itertools.count() for text in "abcd"}

    def reply(event: dict[str, object]) -> dict[str, object]:
        for text in texts(event):
            if next(tries[text]) == 0:
                return {"return": {"batchItemFailures": [{"itemIdentifier": numbers[text]}]}}
        return {}

    pipeline.recorder.reply = reply
    pipeline.map(MaximumRetryAttempts=1, FunctionResponseTypes=["ReportBatchItemFailures"])
    eventually(lambda: pipeline.recorder.batches[-1:] == [["d"]])
    batches = ["".join(batch) for batch in pipeline.recorder.batches]
    assert batches == ["abcd", "abcd", "bcd", "cd", "d"]
