"""Event source mappings for Kinesis: from a stream to a function, against the running lab.

The function hands every event to a server of the test, whose answer says what it shall do.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.providers.lambda_.functions import ROLE, Functions, eventually

pytestmark = pytest.mark.lab

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/"
SHARDS = [f"shardId-{number:012d}" for number in range(4)]
HALF = 1 << 127

SOURCE = """
import json, urllib.request
def handler(event, context):
    request = urllib.request.Request("URL", data=json.dumps(event).encode())
    with urllib.request.urlopen(request) as answer:
        command = json.loads(answer.read())
    if "raise" in command:
        raise RuntimeError(command["raise"])
    return command.get("return")
"""

Reply = Callable[[list[str]], dict[str, Any]]


class Recorder:
    """Collects the events that functions received, and decides what they answer."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.reply: Reply = lambda _: {}
        self._lock = threading.Lock()
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(recorder.record(event)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def record(self, event: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.events.append(event)
            return self.reply(texts(event))

    @property
    def batches(self) -> list[list[str]]:
        with self._lock:
            return [texts(event) for event in self.events]

    @property
    def records(self) -> list[str]:
        return [text for batch in self.batches for text in batch]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def texts(event: dict[str, Any]) -> list[str]:
    return [
        base64.b64decode(each["kinesis"]["data"]).decode() if "kinesis" in each else each["body"]
        for each in event["Records"]
    ]


class Pipeline:
    """A stream, a function that records, and the mappings between them."""

    def __init__(
        self, client: Callable[..., Any], functions: Functions, recorder: Recorder
    ) -> None:
        self.kinesis = client("kinesis")
        self.lambda_ = client("lambda")
        self.recorder = recorder
        self.function = functions.create(SOURCE.replace("URL", recorder.url))
        self.stream = f"stream-of-{self.function}"
        self.mappings: list[str] = []

    def create_stream(self, shards: int = 1) -> None:
        self.kinesis.create_stream(StreamName=self.stream, ShardCount=shards)

    def put(self, *data: str, hash_key: int | None = None) -> list[dict[str, str]]:
        explicit = {} if hash_key is None else {"ExplicitHashKey": str(hash_key)}
        records = [{"Data": text.encode(), "PartitionKey": text, **explicit} for text in data]
        answer = self.kinesis.put_records(StreamName=self.stream, Records=records)
        assert answer["FailedRecordCount"] == 0
        return list(answer["Records"])

    def put_keyed(self, records: list[tuple[str, str]]) -> None:
        entries = [{"Data": text.encode(), "PartitionKey": key} for key, text in records]
        answer = self.kinesis.put_records(StreamName=self.stream, Records=entries)
        assert answer["FailedRecordCount"] == 0

    def map(self, **options: Any) -> str:
        answer = self.lambda_.create_event_source_mapping(
            FunctionName=self.function,
            EventSourceArn=ARN + self.stream,
            **{"StartingPosition": "TRIM_HORIZON", **options},
        )
        self.mappings.append(answer["UUID"])
        return str(answer["UUID"])

    def mapping(self, uuid: str) -> dict[str, Any]:
        return dict(self.lambda_.get_event_source_mapping(UUID=uuid))

    def wait_for(self, uuid: str, state: str) -> None:
        eventually(lambda: self.mapping(uuid)["State"] == state)

    def received(self, count: int) -> list[str]:
        """All records that the function has got, once there are that many."""
        eventually(lambda: len(self.recorder.records) >= count)
        return self.recorder.records

    def close(self) -> None:
        for uuid in self.mappings:
            self.lambda_.delete_event_source_mapping(UUID=uuid)
        self.kinesis.delete_stream(StreamName=self.stream)
        self.lambda_.delete_function(FunctionName=self.function)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture
def pipeline(
    client: Callable[..., Any], functions: Functions, recorder: Recorder
) -> Iterator[Pipeline]:
    pipeline = Pipeline(client, functions, recorder)
    yield pipeline
    pipeline.close()


def test_a_record_arrives_as_on_aws(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    (put,) = pipeline.put('"é" {}')
    pipeline.map()
    pipeline.received(1)
    (event,) = pipeline.recorder.events
    (record,) = event["Records"]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    assert isinstance(arrival, float)
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": '"é" {}',
            "sequenceNumber": put["SequenceNumber"],
            "data": base64.b64encode('"é" {}'.encode()).decode(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARDS[0]}:{put['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": "us-east-1",
        "eventSourceARN": ARN + pipeline.stream,
    }
    uuid = pipeline.mappings[0]
    eventually(lambda: pipeline.mapping(uuid)["LastProcessingResult"] == "OK")


def test_every_record_once_and_in_order_per_shard(pipeline: Pipeline) -> None:
    pipeline.create_stream(4)
    sent = [str(number) for number in range(2000)]
    put = [
        entry for part in range(0, 2000, 500) for entry in pipeline.put(*sent[part : part + 500])
    ]
    where = [entry["ShardId"] for entry in put]
    pipeline.map(BatchSize=70)
    assert sorted(pipeline.received(2000), key=int) == sent
    for shard in SHARDS:
        got = [text for text in pipeline.recorder.records if where[int(text)] == shard]
        assert got == sorted(got, key=int)
    for batch in pipeline.recorder.batches:
        assert len(batch) <= 70
        assert len({where[int(text)] for text in batch}) == 1


def test_latest_begins_with_the_mapping(pipeline: Pipeline) -> None:
    pipeline.create_stream(2)
    pipeline.put("before")
    pipeline.map(StartingPosition="LATEST")
    pipeline.put("after")
    assert pipeline.received(1) == ["after"]


def test_at_timestamp_begins_with_the_record_of_that_time(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.put("before")
    moment = int(time.time()) + 1  # boto3 sends whole seconds
    eventually(lambda: time.time() > moment)
    pipeline.put("after")
    pipeline.map(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=moment)
    assert pipeline.received(1) == ["after"]


def test_a_window_gathers_what_arrives_within_it(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.map(BatchSize=100, MaximumBatchingWindowInSeconds=1)
    for text in "abc":
        pipeline.put(text)
    assert pipeline.received(3) == ["a", "b", "c"]
    assert len(pipeline.recorder.batches) == 1


def test_a_full_batch_does_not_wait_for_its_window(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.map(BatchSize=3, MaximumBatchingWindowInSeconds=300)
    pipeline.put("a", "b")
    pipeline.put("c", "d")
    assert pipeline.received(3) == ["a", "b", "c"]


def test_a_failed_batch_is_repeated_before_the_next(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    failures = iter([{"raise": "once"}, {"raise": "twice"}])
    pipeline.recorder.reply = lambda _: next(failures, {})
    pipeline.put("a", "b", "c", "d")
    pipeline.map(BatchSize=2)
    pipeline.received(8)
    assert pipeline.recorder.batches == [["a", "b"], ["a", "b"], ["a", "b"], ["c", "d"]]


def test_another_shard_does_not_wait_for_a_failing_one(pipeline: Pipeline) -> None:
    pipeline.create_stream(2)
    pipeline.recorder.reply = lambda got: {"raise": "bad"} if got == ["bad"] else {}
    pipeline.put("bad", hash_key=0)
    pipeline.map()
    pipeline.received(1)
    pipeline.put("good", hash_key=HALF)
    eventually(lambda: "good" in pipeline.recorder.records)
    uuid = pipeline.mappings[0]
    eventually(lambda: "PROBLEM" in pipeline.mapping(uuid)["LastProcessingResult"])
    pipeline.recorder.reply = lambda _: {}


def test_a_batch_is_given_up_after_its_retries(
    client: Callable[..., Any], pipeline: Pipeline
) -> None:
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName=f"dead-{pipeline.function}")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:dead-{pipeline.function}"
    pipeline.create_stream()
    pipeline.recorder.reply = lambda got: {"raise": "bad"} if "bad" in got else {}
    put = pipeline.put("bad", "good")
    pipeline.map(
        BatchSize=1,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    assert pipeline.received(3) == ["bad", "bad", "good"]
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    body = json.loads(messages[0]["Body"])
    assert body["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert body["requestContext"]["approximateInvokeCount"] == 2
    assert body["KinesisBatchInfo"]["shardId"] == SHARDS[0]
    assert body["KinesisBatchInfo"]["startSequenceNumber"] == put[0]["SequenceNumber"]
    assert body["KinesisBatchInfo"]["batchSize"] == 1


def test_several_batches_of_a_shard_at_once_keep_the_order_of_each_key(
    pipeline: Pipeline,
) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = lambda got: {"raise": "bad"} if "bad" in got else {}
    keys = [f"key-{number}" for number in range(20)]
    for turn in range(5):
        pipeline.put_keyed([(key, f"{key}:{turn}") for key in keys])
    pipeline.put("bad")
    uuid = pipeline.map(ParallelizationFactor=3, BatchSize=7)
    eventually(lambda: "PROBLEM" in pipeline.mapping(uuid)["LastProcessingResult"])
    pipeline.put_keyed([(key, f"{key}:5") for key in keys])
    # The other lanes go on while the one with the bad record is stuck.
    eventually(lambda: any(text.endswith(":5") for text in pipeline.recorder.records))
    pipeline.recorder.reply = lambda _: {}
    eventually(lambda: len(set(pipeline.recorder.records)) == 121)
    for key in keys:
        got = [text for text in pipeline.recorder.records if text.startswith(f"{key}:")]
        assert list(dict.fromkeys(got)) == [f"{key}:{turn}" for turn in range(6)]


def test_lanes_of_a_closed_shard_end_before_its_children_begin(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.put(*(f"parent-{number}" for number in range(10)))
    pipeline.kinesis.split_shard(
        StreamName=pipeline.stream, ShardToSplit=SHARDS[0], NewStartingHashKey=str(HALF)
    )
    pipeline.put("child", hash_key=0)
    pipeline.map(ParallelizationFactor=4)
    got = pipeline.received(11)
    assert (len(got), got[-1]) == (11, "child")


def test_a_failing_batch_is_split_down_to_the_bad_record(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.recorder.reply = lambda got: {"raise": "bad"} if "bad" in got else {}
    pipeline.put("a", "b", "bad", "c")
    pipeline.map(BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    eventually(lambda: ["c"] in pipeline.recorder.batches)
    assert pipeline.recorder.batches == [
        ["a", "b", "bad", "c"],
        ["a", "b"],
        ["bad", "c"],
        ["bad"],
        ["c"],
    ]


def test_a_reported_item_is_where_the_batch_goes_on(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    put = pipeline.put("a", "b", "c", "d")
    failed = {"batchItemFailures": [{"itemIdentifier": put[2]["SequenceNumber"]}]}
    replies = iter([{"return": failed}])
    pipeline.recorder.reply = lambda _: next(replies, {})
    pipeline.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    pipeline.received(6)
    assert pipeline.recorder.batches == [["a", "b", "c", "d"], ["c", "d"]]


@pytest.mark.parametrize(
    "pattern",
    [
        {"data": {"kind": ["wanted"]}},
        {"partitionKey": [{"prefix": '{"kind": "wanted"'}]},
    ],
)
def test_a_filter_lets_through_what_matches(pipeline: Pipeline, pattern: dict[str, Any]) -> None:
    pipeline.create_stream()
    wanted = [f'{{"kind": "wanted",  "number": {number}}}' for number in range(2)]
    pipeline.put(wanted[0], "no json", '{"kind": "other"}', wanted[1])
    pipeline.map(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    assert pipeline.received(2) == wanted


def test_children_are_read_after_their_parent(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.map(BatchSize=1)
    pipeline.put(*(f"parent-{number}" for number in range(5)))
    pipeline.kinesis.split_shard(
        StreamName=pipeline.stream, ShardToSplit=SHARDS[0], NewStartingHashKey=str(HALF)
    )
    pipeline.put("child-low", hash_key=0)
    pipeline.put("child-high", hash_key=HALF)
    got = pipeline.received(7)
    assert got[:5] == [f"parent-{number}" for number in range(5)]
    assert sorted(got[5:]) == ["child-high", "child-low"]


def test_a_disabled_mapping_goes_on_where_it_stopped(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map()
    pipeline.wait_for(uuid, "Enabled")
    pipeline.put("a")
    pipeline.received(1)
    pipeline.lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)
    pipeline.wait_for(uuid, "Disabled")
    pipeline.put("b")
    pipeline.lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    pipeline.wait_for(uuid, "Enabled")
    pipeline.put("c")
    assert pipeline.received(3) == ["a", "b", "c"]


def test_an_update_repeats_nothing_and_loses_nothing(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(BatchSize=10)
    sent = [str(number) for number in range(300)]
    for part in range(0, 300, 20):
        pipeline.put(*sent[part : part + 20])
        pipeline.lambda_.update_event_source_mapping(UUID=uuid, BatchSize=5 + part)
    assert pipeline.received(300) == sent
    assert pipeline.mapping(uuid)["BatchSize"] == 285


def test_another_parallelization_factor_loses_nothing(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(BatchSize=10)
    sent = [str(number) for number in range(300)]
    for part in range(0, 300, 50):
        pipeline.put(*sent[part : part + 50])
        factor = 3 if pipeline.mapping(uuid)["ParallelizationFactor"] == 1 else 1
        pipeline.lambda_.update_event_source_mapping(UUID=uuid, ParallelizationFactor=factor)
    eventually(lambda: len(set(pipeline.recorder.records)) == 300)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_deleted_mapping_is_gone(pipeline: Pipeline, enabled: bool) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(Enabled=enabled)
    pipeline.wait_for(uuid, "Enabled" if enabled else "Disabled")
    answer = pipeline.lambda_.delete_event_source_mapping(UUID=uuid)
    pipeline.mappings.remove(uuid)
    assert answer["State"] == "Deleting"
    with pytest.raises(ClientError) as caught:
        pipeline.mapping(uuid)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    find = pipeline.lambda_.list_event_source_mappings
    eventually(lambda: not find(FunctionName=pipeline.function)["EventSourceMappings"])
    pipeline.put("a")
    pipeline.map()
    assert pipeline.received(1) == ["a"]


def test_a_stream_made_anew_is_read_from_its_beginning(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.map()
    pipeline.put("old")
    pipeline.received(1)
    pipeline.kinesis.delete_stream(StreamName=pipeline.stream)
    pipeline.create_stream()
    pipeline.put("new")
    assert pipeline.received(2) == ["old", "new"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"TumblingWindowInSeconds": 10}, "TumblingWindowInSeconds"),
        ({"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"}, "KMSKeyArn"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    pipeline: Pipeline, options: dict[str, Any], what: str
) -> None:
    pipeline.create_stream()
    with pytest.raises(ClientError) as caught:
        pipeline.map(**options)
    assert caught.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": f"The lab does not support {what} for Kinesis event sources.",
    }


def test_queues_are_still_polled_by_localstack(
    client: Callable[..., Any], pipeline: Pipeline
) -> None:
    sqs = client("sqs")
    pipeline.create_stream()
    url = sqs.create_queue(QueueName=f"queue-{pipeline.function}")["QueueUrl"]
    answer = pipeline.lambda_.create_event_source_mapping(
        FunctionName=pipeline.function,
        EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:queue-{pipeline.function}",
    )
    pipeline.mappings.append(answer["UUID"])
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert pipeline.received(1) == ["hello"]
