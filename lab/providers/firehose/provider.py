"""The Firehose API: all its operations, behind the validation of their input.

What the operations do is in the modules ``*_operations``; what they do it to, in ``models``.
"""

import re
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.firehose import FirehoseApi
from localstack.aws.skeleton import Skeleton, create_dispatch_table
from localstack.aws.spec import load_service
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.plugins import Service

from lab.providers import cloudwatch
from lab.providers.firehose import wire
from lab.providers.firehose.models import registry
from lab.providers.firehose.operations import Answer, Request
from lab.providers.firehose.record_operations import RecordOperations
from lab.providers.firehose.stream_operations import StreamOperations
from lab.providers.firehose.validation import FRONT_END

# LocalStack asks that stopping takes no more than a couple of seconds.
STOP_SECONDS = 2.0


class FirehoseProvider(StreamOperations, RecordOperations):
    """All operations of Amazon Data Firehose."""


def create_service() -> Service:
    wire.install()
    cloudwatch.install()
    provider = FirehoseProvider(registry())
    provider.resume()
    SHUTDOWN_HANDLERS.register(lambda: provider.stop(STOP_SECONDS))
    return Service("firehose", skeleton=create_skeleton(provider))


def create_skeleton(provider: FirehoseProvider) -> Skeleton:
    """The provider's operations; what AWS has added since refuses by name."""
    table = {}
    for name, call in create_dispatch_table(provider).items():
        is_ours = call.fn.__func__ is not getattr(FirehoseApi, call.fn.__name__)
        table[name] = _checked(name, call) if is_ours else _refusal(name)
    return Skeleton(load_service("firehose"), table)


def _refusal(operation: str) -> Any:
    def refuse(_context: RequestContext, _request: Request) -> None:
        raise NotImplementedError(f"The lab does not implement {operation} of Firehose.")

    return refuse


def _checked(operation: str, call: Any) -> Any:
    # PutRecordBatch checks its records itself, for speed, and the operations their tags, whose
    # pattern is in Java's words.
    skip: tuple[str, ...] = ("Tags", "TagKeys", "ExclusiveStartTagKey")
    if operation == "PutRecordBatch":
        skip = (*skip, "Records")

    def checked(context: RequestContext, request: Request) -> Answer | Any:
        FRONT_END.validate(context.operation.input_shape, _as_https(request or {}), skip)
        return call(context, request or {})

    return checked


def _as_https(request: Request) -> Request:
    """The model permits https only; an endpoint on this machine may be without it."""
    seen = dict(request)
    for name in ("HttpEndpointDestinationConfiguration", "HttpEndpointDestinationUpdate"):
        endpoint = (request.get(name) or {}).get("EndpointConfiguration") or {}
        if re.match(r"http://(127\.0\.0\.1|localhost)[:/]", endpoint.get("Url") or ""):
            shown = {**endpoint, "Url": endpoint["Url"].replace("http:", "https:", 1)}
            seen[name] = {**request[name], "EndpointConfiguration": shown}
    return seen
