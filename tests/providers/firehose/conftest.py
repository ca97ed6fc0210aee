"""Fixtures: delivery streams of the running lab, and a provider whose time and steps a test drives.

What the provider writes to S3 goes to a dictionary in the place of LocalStack's client.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localstack.aws.api import ServiceException
from localstack.aws.spec import load_service

from lab.providers.firehose import s3_destination
from lab.providers.firehose.models import DeliveryStream, Registry
from lab.providers.firehose.provider import FirehoseProvider, create_skeleton
from lab.providers.firehose.worker import Worker
from lab.providers.kinesis.lifecycle import Timing

ROLE = "arn:aws:iam::000000000000:role/firehose"
BUCKET = "arn:aws:s3:::bucket"
START = 1_700_000_000.0  # 2023-11-14T22:13:20Z

_names = itertools.count(1)


class Clock:
    """A time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Bucket:
    """S3 as far as the provider uses it; ``broken`` makes it fail."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.calls: list[dict[str, Any]] = []
        self.broken = False

    def put_object(self, **given: Any) -> None:
        if self.broken:
            raise ClientError({"Error": {"Code": "NoSuchBucket", "Message": "gone"}}, "PutObject")
        self.calls.append(given)
        self.objects[given["Key"]] = given["Body"]

    def under(self, prefix: str) -> list[bytes]:
        return [body for key, body in self.objects.items() if key.startswith(prefix)]


class Api:
    """The operations without a server, and the steps of workers without threads."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self.registry = Registry(home, Timing(clock, clock, lambda: 0.0))
        self.registry.load_all()
        self.provider = FirehoseProvider(self.registry, starts_workers=False)
        self._table = create_skeleton(self.provider).dispatch_table
        self._service = load_service("firehose")

    def __call__(self, operation: str, **request: Any) -> Any:
        context = SimpleNamespace(
            account_id="000000000000",
            region="us-east-1",
            operation=self._service.operation_model(operation),
            request=SimpleNamespace(headers={}, environ={}),
            request_id="request",
        )
        return self._table[operation](context, request)

    def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        """The (Code, Message) that an operation fails with."""
        with pytest.raises(ServiceException) as caught:
            self(operation, **request)
        return caught.value.code, caught.value.message

    def create(self, name: str = "s", **s3: Any) -> str:
        destination = {"RoleARN": ROLE, "BucketARN": BUCKET, **s3}
        self(
            "CreateDeliveryStream",
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration=destination,
        )
        return name

    def put(self, *records: bytes, name: str = "s") -> Any:
        given = [{"Data": data} for data in records]
        return self("PutRecordBatch", DeliveryStreamName=name, Records=given)

    def stream(self, name: str = "s") -> DeliveryStream:
        found = self.registry.find("000000000000", "us-east-1", name)
        assert found is not None
        return found

    def worker(self, name: str = "s") -> Worker:
        return self.provider.worker(self.stream(name))

    def work(self, name: str = "s") -> None:
        """Let the stream do all that it can do at this time."""
        while self.worker(name).step():
            pass


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    made = Bucket()
    monkeypatch.setattr(s3_destination.S3Destination, "_s3", lambda _: made)
    return made


@pytest.fixture
def api(tmp_path: Path, clock: Clock, bucket: Bucket) -> Api:
    return Api(tmp_path / "firehose", clock)


@pytest.fixture
def firehose(client: Callable[..., Any]) -> Any:
    return client("firehose")


@pytest.fixture
def bucket_name(client: Callable[..., Any]) -> str:
    name = f"firehose-{next(_names)}"
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def make_stream(firehose: Any, bucket_name: str) -> Iterator[Callable[..., str]]:
    """``make_stream(kind, **settings)`` is the name of a new stream into ``bucket_name``."""
    made = []

    def make(source: str | None = None, **settings: Any) -> str:
        name = f"test-{next(_names)}"
        destination = {
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{bucket_name}",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 0},
            **settings,
        }
        given: dict[str, Any] = {"DeliveryStreamType": "DirectPut"}
        if source:
            given = {
                "DeliveryStreamType": "KinesisStreamAsSource",
                "KinesisStreamSourceConfiguration": {"KinesisStreamARN": source, "RoleARN": ROLE},
            }
        firehose.create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination, **given
        )
        made.append(name)
        return name

    yield make
    for name in made:
        firehose.delete_delivery_stream(DeliveryStreamName=name)


@pytest.fixture
def refused() -> Callable[..., tuple[str, str]]:
    """``refused(call, **arguments)`` is the (Code, Message) that a client's call fails with."""

    def call_refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return call_refused
