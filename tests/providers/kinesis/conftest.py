"""Fixtures: streams of the running lab, and a provider of its own whose time the test drives."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localstack.aws.api import ServiceException
from localstack.aws.spec import load_service

from lab.providers.kinesis.models import Registry, Timing
from lab.providers.kinesis.provider import KinesisProvider, create_skeleton

_names = itertools.count(1)


@pytest.fixture
def kinesis(client: Callable[..., Any]) -> Any:
    return client("kinesis")


@pytest.fixture
def make_stream(kinesis: Any) -> Iterator[Callable[..., str]]:
    """``make_stream(shards)`` is the name of a new stream of the lab, deleted after the test."""
    made = []

    def make(shards: int = 1, **options: Any) -> str:
        name = f"test-{next(_names)}"
        kinesis.create_stream(StreamName=name, ShardCount=shards, **options)
        made.append(name)
        return name

    yield make
    for name in made:
        kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


@pytest.fixture
def refused() -> Callable[..., tuple[str, str]]:
    """``refused(call, **arguments)`` is the (Code, Message) that a client's call fails with."""

    def call_refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return call_refused


class Clock:
    """A time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Api:
    """The operations of a provider without a server: ``api("CreateStream", StreamName=...)``."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.headers: dict[str, str] = {}
        self._table = create_skeleton(KinesisProvider(registry)).dispatch_table
        self._service = load_service("kinesis")

    def __call__(self, operation: str, **request: Any) -> Any:
        context = SimpleNamespace(
            account_id="000000000000",
            region="us-east-1",
            operation=self._service.operation_model(operation),
            request=SimpleNamespace(headers=self.headers, environ={}),
            request_id="request",
        )
        return self._table[operation](context, request)

    def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        """The (Code, Message) that an operation fails with."""
        with pytest.raises(ServiceException) as caught:
            self(operation, **request)
        return caught.value.code, caught.value.message


@pytest.fixture
def api(tmp_path: Path, clock: Clock) -> Api:
    """A provider whose states last ten seconds of the clock."""
    return Api(Registry(tmp_path / "kinesis", Timing(clock, clock, lambda: 10.0)))
