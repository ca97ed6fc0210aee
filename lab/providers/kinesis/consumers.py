"""Registered consumers of a stream, each with a throughput of its own (enhanced fan-out).

Source: API reference, RegisterStreamConsumer, DescribeStreamConsumer, ListStreamConsumers and
DeregisterStreamConsumer. What a consumer reads through is in ``subscription``.
"""

import re
import threading
from typing import TYPE_CHECKING, Any

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lab.providers.kinesis.lifecycle import Lifecycle, Status, Timing

if TYPE_CHECKING:
    from lab.providers.kinesis.models import Registry, Stream
    from lab.providers.kinesis.subscription import Subscription

MAX_PER_STREAM = 20
MAX_PER_ADVANTAGE_STREAM = 50
MAX_CREATING = 5
_ARN = re.compile(r"(?P<stream>arn:.*:stream/[^/]+)/consumer/(?P<name>[^:]+):(?P<created>\d+)")


class Consumer(Lifecycle):
    """A consumer's name and state; the second of its creation tells it from others of its name."""

    def __init__(self, stream_arn: str, name: str, created: int, timing: Timing) -> None:
        super().__init__(timing)
        self.stream_arn = stream_arn
        self.name = name
        self.created = created
        self.tags: dict[str, str] = {}
        self.policy: str | None = None
        self.lock = threading.RLock()
        self.subscriptions: dict[str, Subscription] = {}
        """The last subscription to each shard, by the shard's id; it may have ended."""

    @property
    def arn(self) -> str:
        return f"{self.stream_arn}/consumer/{self.name}:{self.created}"

    @property
    def account(self) -> str:
        return self.stream_arn.split(":")[4]

    @property
    def stream_name(self) -> str:
        return self.stream_arn.rsplit("/", 1)[1]

    def close(self) -> None:
        """End what it reads, when it or its stream is deleted."""
        for subscription in list(self.subscriptions.values()):
            subscription.wake()

    def require_active(self) -> None:
        if self.status is not Status.ACTIVE:
            raise ResourceInUseException(
                f"Consumer {self.name} with creation timestamp {self.created} under stream "
                f"{self.stream_name} and account {self.account} is not in ACTIVE status."
            )


def of(stream: "Stream") -> list[Consumer]:
    """The stream's consumers by name; those whose deletion is over disappear here."""
    with stream.lock:
        for name, consumer in list(stream.consumers.items()):
            if consumer.is_gone:
                del stream.consumers[name]
        return sorted(stream.consumers.values(), key=lambda consumer: consumer.name)


def register(stream: "Stream", name: str, tags: dict[str, str], most: int) -> Consumer:
    """A new consumer, CREATING at first; a stream has at most ``most``."""
    present = of(stream)
    where = f"under stream {stream.name} and account {stream.identity.account}"
    if any(each.name == name for each in present):
        raise ResourceInUseException(f"Consumer {name} {where} already exists.")
    if len(present) >= most:
        raise LimitExceededException(
            f"Stream {stream.name} under account {stream.identity.account} already has the "
            f"maximum number of registered consumers: {most}."
        )
    creating = sum(each.status is Status.CREATING for each in present)
    if creating >= MAX_CREATING:
        raise LimitExceededException(
            f"No more than {MAX_CREATING} consumers can be in CREATING status at the same time "
            f"{where}."
        )
    consumer = Consumer(stream.arn, name, int(stream.timing.clock()), stream.timing)
    consumer.tags = tags
    consumer.begin(Status.CREATING)
    stream.consumers[name] = consumer
    return consumer


def deregister(stream: "Stream", consumer: Consumer) -> None:
    consumer.require_active()
    consumer.begin(Status.DELETING)
    consumer.close()
    of(stream)


def find(registry: "Registry", request: dict[str, Any]) -> tuple["Stream", Consumer]:
    """The consumer that a request names by ARN, or by its stream's ARN and its name, or by both."""
    arn, stream_arn, name = map(request.get, ("ConsumerARN", "StreamARN", "ConsumerName"))
    if not arn and not (stream_arn and name):
        raise InvalidArgumentException(
            "Either ConsumerARN or both StreamARN and ConsumerName should be provided."
        )
    parts = _ARN.fullmatch(arn) if arn else None
    if arn and parts is None:
        raise InvalidArgumentException(f"Invalid ConsumerARN: {arn}.")
    if parts is not None:
        if name not in (None, parts["name"]) or stream_arn not in (None, parts["stream"]):
            raise InvalidArgumentException(
                "ConsumerARN conflicts with the given StreamARN or ConsumerName."
            )
        stream_arn, name = parts["stream"], parts["name"]
    stream = registry.find_arn(str(stream_arn))
    if stream is None:
        _, _, _, _, account, resource = str(stream_arn).split(":", 5)
        missing = resource.removeprefix("stream/")
        raise ResourceNotFoundException(f"Stream {missing} under account {account} not found.")
    for consumer in of(stream):
        if consumer.name == name and arn in (None, consumer.arn):
            return stream, consumer
    raise not_found(arn or name, stream.identity.account)


def not_found(consumer: Any, account: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Consumer {consumer}, account {account} not found.")
