"""What happens to records on the way: Lambda, partition keys, delimiters, records in records."""

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest

from lab.providers.firehose import lambda_processor
from lab.providers.firehose.aggregation import MAGIC, user_records
from lab.providers.lambda_.stream_invoker import Outcome
from tests.providers.firehose.conftest import Api, Bucket, Clock

SMALL = {"SizeInMBs": 1, "IntervalInSeconds": 60}
LARGE = {"SizeInMBs": 64, "IntervalInSeconds": 60}
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
ERRORS = "bad/!{firehose:error-output-type}/"

Function = Callable[[dict[str, Any]], Any]


def processor(kind: str, **parameters: str) -> dict[str, Any]:
    given = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"Type": kind, "Parameters": given}


def processing(*processors: dict[str, Any]) -> dict[str, Any]:
    return {"Enabled": True, "Processors": list(processors)}


LAMBDA = processor("Lambda", LambdaArn=FUNCTION, NumberOfRetries="1", BufferIntervalInSeconds="10")


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Callable[[Function], list[dict[str, Any]]]:
    """``function(f)`` puts f in the place of the Lambda function; returns the events it gets."""

    def install(answer: Function) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []

        def invoke(_: Any, payload: bytes) -> Outcome:
            events.append(json.loads(payload))
            given = answer(events[-1])
            return Outcome(given is None, given, "request", "1")

        monkeypatch.setattr(lambda_processor.FunctionInvoker, "invoke", invoke)
        monkeypatch.setattr(lambda_processor, "RETRY_SECONDS", 0)
        return events

    return install


def run(api: Api, clock: Clock) -> None:
    """Long enough for the function's batch, then for the destination's buffer."""
    api.work()
    clock.advance(10)
    api.work()
    clock.advance(60)
    api.work()


def documents(bucket: Bucket, prefix: str) -> list[dict[str, Any]]:
    return [json.loads(line) for body in bucket.under(prefix) for line in body.splitlines()]


@pytest.mark.fidelity("firehose.lambda")
def test_the_function_transforms_drops_and_fails(
    api: Api, bucket: Bucket, clock: Clock, function: Any
) -> None:
    def answer(event: dict[str, Any]) -> Any:
        results = {b"keep": "Ok", b"drop": "Dropped", b"fail": "ProcessingFailed"}
        records = []
        for record in event["records"]:
            data = b64decode(record["data"])
            upper = b64encode(data.upper()).decode()
            records.append({"recordId": record["recordId"], "result": results[data], "data": upper})
        return {"records": records}

    events = function(answer)
    api.create(Prefix="ok/", BufferingHints=SMALL, ProcessingConfiguration=processing(LAMBDA))
    api.put(b"keep", b"drop", b"fail")
    run(api, clock)
    assert bucket.under("ok/2023") == [b"KEEP"]
    [event] = events
    assert event["deliveryStreamArn"] == "arn:aws:firehose:us-east-1:000000000000:deliverystream/s"
    assert event["records"][0]["approximateArrivalTimestamp"] == 1_700_000_000_000
    [failed] = documents(bucket, "ok/processing-failed/2023/11/14/22/")
    assert failed == {
        "attemptsMade": 1,
        "arrivalTimestamp": 1_700_000_000_000,
        "errorCode": "Lambda.ProcessingFailedStatus",
        "errorMessage": "ProcessingFailed status set for record.",
        "attemptEndingTimestamp": 1_700_000_010_000,
        "rawData": b64encode(b"fail").decode(),
        "lambdaArn": FUNCTION,
    }


@pytest.mark.parametrize(
    ("answer", "attempts", "code"),
    [
        (lambda _: None, 2, "Lambda.FunctionError"),
        (lambda _: {"records": "none"}, 1, "Lambda.JsonProcessingException"),
        (lambda _: {"records": []}, 1, "Lambda.MissingRecordId"),
        (
            lambda _: {"records": [{"recordId": "1", "result": "Dropped"}] * 2},
            1,
            "Lambda.DuplicatedRecordId",
        ),
    ],
)
@pytest.mark.fidelity("firehose.lambda_failures")
def test_a_failed_invocation_fails_its_records(
    api: Api,
    bucket: Bucket,
    clock: Clock,
    function: Any,
    answer: Function,
    attempts: int,
    code: str,
) -> None:
    events = function(answer)
    api.create(BufferingHints=SMALL, ProcessingConfiguration=processing(LAMBDA))
    api.put(b"a")
    run(api, clock)
    [failed] = documents(bucket, "processing-failed/")
    assert (failed["errorCode"], failed["attemptsMade"], len(events)) == (code, attempts, attempts)


@pytest.mark.fidelity("firehose.lambda")
def test_large_batches_are_divided_at_6_mb(
    api: Api, bucket: Bucket, clock: Clock, function: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_FIREHOSE_LIMITS", "off")

    def answer(event: dict[str, Any]) -> Any:
        assert len(json.dumps(event)) <= 6 << 20
        return {"records": [{**record, "result": "Ok"} for record in event["records"]]}

    events = function(answer)
    larger = processor(
        "Lambda", LambdaArn=FUNCTION, BufferSizeInMBs="5", BufferIntervalInSeconds="10"
    )
    api.create(BufferingHints=LARGE, ProcessingConfiguration=processing(larger))
    for _ in range(6):
        api.put(b"x" * 1_000_000)
    run(api, clock)
    assert len(events) >= 2
    assert sum(map(len, bucket.objects.values())) == 6_000_000


@pytest.mark.fidelity("firehose.partition_keys_from_lambda")
def test_the_function_gives_partition_keys(
    api: Api, bucket: Bucket, clock: Clock, function: Any
) -> None:
    def answer(event: dict[str, Any]) -> Any:
        return {
            "records": [
                {
                    **record,
                    "result": "Ok",
                    "metadata": {"partitionKeys": {"k": b64decode(record["data"]).decode()}},
                }
                for record in event["records"]
            ]
        }

    function(answer)
    api.create(
        Prefix="k=!{partitionKeyFromLambda:k}/",
        ErrorOutputPrefix=ERRORS,
        BufferingHints=LARGE,
        DynamicPartitioningConfiguration={"Enabled": True},
        ProcessingConfiguration=processing(LAMBDA),
    )
    api.put(b"a", b"b", b"a")
    run(api, clock)
    assert (bucket.under("k=a/s-1-"), bucket.under("k=b/s-1-")) == ([b"aa"], [b"b"])


@pytest.mark.fidelity("firehose.dynamic_partitioning", "firehose.deaggregation")
def test_records_are_partitioned_by_a_query(api: Api, bucket: Bucket, clock: Clock) -> None:
    api.create(
        Prefix="c=!{partitionKeyFromQuery:c}/y=!{partitionKeyFromQuery:y}/",
        ErrorOutputPrefix=ERRORS,
        BufferingHints=LARGE,
        DynamicPartitioningConfiguration={"Enabled": True},
        ProcessingConfiguration=processing(
            processor("RecordDeAggregation", SubRecordType="JSON"),
            processor(
                "MetadataExtraction",
                MetadataExtractionQuery='{c:.customer,y:(.at|strftime("%Y"))}',
                JsonParsingEngine="JQ-1.6",
            ),
            processor("AppendDelimiterToRecord"),
        ),
    )
    first, second = b'{"customer":"a","at":0}', b'{"customer":"b","at":0}'
    api.put(first + second, first, b'{"customer":"a"}')
    run(api, clock)
    assert bucket.under("c=a/y=1970/") == [first + b"\n" + first + b"\n"]
    assert bucket.under("c=b/y=1970/") == [second + b"\n"]
    [failed] = documents(bucket, "bad/processing-failed/")
    assert failed["errorCode"] == "DynamicPartitioning.MetadataExtractionFailed"


@pytest.mark.fidelity("firehose.active_partitions")
def test_more_than_500_partitions_fail(api: Api, bucket: Bucket, clock: Clock) -> None:
    api.create(
        Prefix="!{partitionKeyFromQuery:k}/",
        ErrorOutputPrefix=ERRORS,
        BufferingHints=LARGE,
        DynamicPartitioningConfiguration={"Enabled": True},
        ProcessingConfiguration=processing(
            processor(
                "MetadataExtraction", MetadataExtractionQuery="{k:.k}", JsonParsingEngine="JQ-1.6"
            )
        ),
    )
    api.put(*(b'{"k":"%d"}' % number for number in range(500)))
    api.put(b'{"k":"one more"}')
    run(api, clock)
    [failed] = documents(bucket, "bad/processing-failed/")
    assert failed["errorCode"] == "DynamicPartitioning.ActivePartitionLimitExceeded"
    assert len(bucket.objects) == 501


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"BufferingHints": SMALL},
            "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.",
        ),
        (
            {"ProcessingConfiguration": processing()},
            "Lambda processor should be present when Dynamic Partitioning uses "
            "partitionKeyFromLambda.",
        ),
        (
            {"DynamicPartitioningConfiguration": {"Enabled": False}},
            "Prefix cannot contain partition keys unless dynamic partitioning is enabled.",
        ),
    ],
)
@pytest.mark.fidelity("firehose.own_words")
def test_wrong_partitioning_is_refused(api: Api, changed: dict[str, Any], message: str) -> None:
    destination = {
        "RoleARN": "arn:aws:iam::000000000000:role/r",
        "BucketARN": "arn:aws:s3:::bucket",
        "Prefix": "!{partitionKeyFromLambda:k}/",
        "ErrorOutputPrefix": ERRORS,
        "BufferingHints": LARGE,
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "ProcessingConfiguration": processing(LAMBDA),
        **changed,
    }
    assert api.refused(
        "CreateDeliveryStream",
        DeliveryStreamName="s",
        ExtendedS3DestinationConfiguration=destination,
    ) == ("InvalidArgumentException", message)


@pytest.mark.fidelity("firehose.decompression")
def test_messages_of_cloudwatch_logs_are_extracted(api: Api, bucket: Bucket, clock: Clock) -> None:
    api.create(
        BufferingHints=SMALL,
        ProcessingConfiguration=processing(
            processor("Decompression", CompressionFormat="GZIP"),
            processor("CloudWatchLogProcessing", DataMessageExtraction="true"),
        ),
    )
    event = {"messageType": "DATA_MESSAGE", "logEvents": [{"message": "a"}, {"message": "b"}]}
    control = {"messageType": "CONTROL_MESSAGE", "logEvents": []}
    api.put(*(gzip.compress(json.dumps(each).encode()) for each in (event, control)), b"plain")
    run(api, clock)
    assert bucket.under("2023/") == [b"a\nb\n"]
    [failed] = documents(bucket, "processing-failed/")
    assert failed["errorCode"] == "Decompression.Failed"


@pytest.mark.fidelity("firehose.kpl")
def test_records_of_the_producer_library_are_taken_apart() -> None:
    import hashlib

    message = b"\x0a\x01k" + b"".join(
        b"\x1a" + bytes([len(data) + 4]) + b"\x08\x00\x1a" + bytes([len(data)]) + data
        for data in (b"one", b"three")
    )
    aggregated = MAGIC + message + hashlib.md5(message).digest()
    assert user_records(aggregated) == [b"one", b"three"]
    assert user_records(aggregated[:-1]) == [aggregated[:-1]]
    assert user_records(b"plain") == [b"plain"]
