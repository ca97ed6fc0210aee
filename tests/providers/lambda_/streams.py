"""Streams for tests of event source mappings: a function that hands every event to a server of the
test, whose answer says what the function shall do.
"""

import base64
import contextlib
import json
import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.providers.lambda_ import functions
from tests.providers.lambda_.functions import Functions

ACCOUNT = "000000000000"
ARN = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/"
SHARDS = [f"shardId-{number:012d}" for number in range(4)]
HALF = 1 << 127
WITHIN_SECONDS = 60.0

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

Event = dict[str, Any]
Reply = Callable[[Event], dict[str, Any]]


class Server(ThreadingHTTPServer):
    """Answers as many functions at once as a test has."""

    daemon_threads = True
    request_queue_size = 128


class Recorder:
    """Collects the events that functions received, and decides what they answer."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reply: Reply = lambda _: {}
        self._arrived = threading.Condition()
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

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def record(self, event: Event) -> dict[str, Any]:
        with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()
            return self.reply(event)

    def wait(self, look: Callable[[], Any]) -> Any:
        """Look at each event until there is something to see; it may be there already."""
        with self._arrived:
            seen = self._arrived.wait_for(look, WITHIN_SECONDS)
            assert seen, f"not to be seen after {len(self.events)} events"
            return seen

    @property
    def batches(self) -> list[list[str]]:
        with self._arrived:
            return [texts(event) for event in self.events]

    @property
    def records(self) -> list[str]:
        return [text for batch in self.batches for text in batch]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def texts(event: Event) -> list[str]:
    return [
        base64.b64decode(each["kinesis"]["data"]).decode() if "kinesis" in each else each["body"]
        for each in event["Records"]
    ]


def poison(bad: str) -> Reply:
    """The function fails for every batch with this record."""
    return lambda event: {"raise": "bad"} if bad in texts(event) else {}


eventually = partial(functions.eventually, within=WITHIN_SECONDS)


class Pipeline:
    """A stream, a function that records, and the mappings between them."""

    def __init__(
        self, client: Callable[..., Any], functions: Functions, recorder: Recorder
    ) -> None:
        self.client = client
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

    def split(self, shard_id: str, hash_key: int = HALF) -> None:
        self.kinesis.split_shard(
            StreamName=self.stream, ShardToSplit=shard_id, NewStartingHashKey=str(hash_key)
        )

    def map(self, **options: Any) -> str:
        return str(self.create_mapping(**options)["UUID"])

    def create_mapping(self, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.lambda_.create_event_source_mapping(
            **{
                "FunctionName": self.function,
                "EventSourceArn": ARN + self.stream,
                "StartingPosition": "TRIM_HORIZON",
                **options,
            }
        )
        self.mappings.append(answer["UUID"])
        return answer

    def refused(self, **options: Any) -> tuple[str, str]:
        """(Code, Message) with which a mapping is refused."""
        with pytest.raises(ClientError) as caught:
            self.map(**options)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    def mapping(self, uuid: str) -> dict[str, Any]:
        return dict(self.lambda_.get_event_source_mapping(UUID=uuid))

    def wait_for(self, uuid: str, state: str) -> None:
        eventually(lambda: self.mapping(uuid)["State"] == state)

    def wait_for_result(self, uuid: str, result: str) -> None:
        eventually(lambda: self.mapping(uuid)["LastProcessingResult"] == result)

    def delete_mapping(self, uuid: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.lambda_.delete_event_source_mapping(UUID=uuid)
        self.mappings.remove(uuid)
        return answer

    def metric(self, name: str) -> list[dict[str, Any]]:
        """What CloudWatch has of one of the function's metrics, in one datapoint or two."""
        answer = self.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=name,
            Dimensions=[{"Name": "FunctionName", "Value": self.function}],
            StartTime=time.time() - 3600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["SampleCount", "Maximum"],
        )
        return list(answer["Datapoints"])

    def received(self, count: int) -> list[str]:
        """All records that the function has got, once there are that many."""
        self.recorder.wait(lambda: len(self.recorder.records) >= count)
        return self.recorder.records

    def received_all(self, wanted: set[str]) -> list[str]:
        """All records that the function has got, once each of these is there."""
        self.recorder.wait(lambda: wanted <= set(self.recorder.records))
        return self.recorder.records

    def close(self) -> None:
        for uuid in self.mappings:
            self.lambda_.delete_event_source_mapping(UUID=uuid)
        with contextlib.suppress(self.kinesis.exceptions.ResourceNotFoundException):
            self.kinesis.delete_stream(StreamName=self.stream, EnforceConsumerDeletion=True)
        with contextlib.suppress(self.lambda_.exceptions.ResourceNotFoundException):
            self.lambda_.delete_function(FunctionName=self.function)
