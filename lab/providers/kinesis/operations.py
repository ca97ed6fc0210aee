"""What the groups of operations have in common: how a request names its stream or its consumer.

The groups are ``stream_operations``, ``shard_operations``, ``record_operations``,
``consumer_operations`` and ``setting_operations``; ``provider`` puts them together.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    KinesisApi,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lab.providers.kinesis import consumers, metadata
from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.models import Registry, Status, Stream

Request = dict[str, Any]
Answer = dict[str, Any]


class Operations(KinesisApi):
    """Finds what a request means among the streams of ``registry``."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def find(self, context: RequestContext, request: Request) -> Stream:
        """The stream of a request, by name or ARN."""
        name, arn = request.get("StreamName"), request.get("StreamARN")
        if arn:
            stream = self.registry.find_arn(arn)
            account, name = arn.split(":")[4], arn.split("/")[1]
        elif name:
            account = context.account_id
            stream = self.registry.find(account, context.region, name)
        else:
            raise InvalidArgumentException("Either StreamName or StreamARN should be provided.")
        if stream is None or not _is_meant(stream, request.get("StreamCreationTimestamp")):
            raise stream_not_found(name, account)
        return stream

    def find_usable(self, context: RequestContext, request: Request) -> Stream:
        """Records go only into and out of a stream that is ACTIVE or UPDATING."""
        stream = self.find(context, request)
        if stream.status in (Status.CREATING, Status.DELETING):
            raise stream_not_found(stream.name, stream.identity.account)
        return stream

    def find_resource(self, request: Request) -> tuple[Stream, Consumer | None]:
        """What ``ResourceARN`` names: a stream, or a consumer of the stream given first."""
        arn = request["ResourceARN"]
        if "/consumer/" in arn:
            return consumers.find(self.registry, {"ConsumerARN": arn})
        stream = self.registry.find_arn(arn)
        if stream is None:
            raise stream_not_found(arn.split("/")[1], arn.split(":")[4])
        return stream, None


def _is_meant(stream: Stream, created: datetime | None) -> bool:
    """Whether it is the stream of its name that was created then; SDKs write whole seconds."""
    return created is None or int(created.timestamp()) == int(stream.identity.created)


@contextmanager
def changing(stream: Stream) -> Iterator[None]:
    """Hold the stream's lock for a change, and write the change to disk if it succeeds."""
    with stream.lock:
        yield
        metadata.save(stream)


def require_active(stream: Stream) -> None:
    if stream.status is not Status.ACTIVE:
        raise ResourceInUseException(
            f"Stream {stream.name} under account {stream.identity.account} not ACTIVE, "
            f"instead in state {stream.status}"
        )


def stream_not_found(name: str | None, account: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Stream {name} under account {account} not found.")
