"""The Kinesis API: all its operations, behind the validation of their input and their rates.

What the operations do is in the modules ``*_operations``; what they do it to, in ``models``.
"""

from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.kinesis import KinesisApi
from localstack.aws.skeleton import Skeleton, create_dispatch_table
from localstack.aws.spec import load_service
from localstack.services.plugins import Service

from lab.providers import cloudwatch
from lab.providers.kinesis import backpressure, metadata, retention, wire
from lab.providers.kinesis.consumer_operations import ConsumerOperations
from lab.providers.kinesis.operations import Answer, Request
from lab.providers.kinesis.rates import Rates
from lab.providers.kinesis.record_operations import RecordOperations
from lab.providers.kinesis.setting_operations import SettingOperations
from lab.providers.kinesis.shard_operations import ShardOperations
from lab.providers.kinesis.stream_operations import StreamOperations
from lab.providers.kinesis.validation import FRONT_END


class KinesisProvider(
    StreamOperations, ShardOperations, RecordOperations, ConsumerOperations, SettingOperations
):
    """All operations of Kinesis Data Streams."""


def create_service() -> Service:
    wire.install()
    backpressure.install()
    cloudwatch.install()
    retention.start(metadata.registry())
    return Service("kinesis", skeleton=create_skeleton(KinesisProvider(metadata.registry())))


def create_skeleton(provider: KinesisProvider) -> Skeleton:
    """The provider's operations; what AWS has added since refuses by name."""
    rates = Rates(provider.registry.timing.ticks)
    table = {}
    for name, call in create_dispatch_table(provider).items():
        is_ours = call.fn.__func__ is not getattr(KinesisApi, call.fn.__name__)
        table[name] = _checked(name, call, rates) if is_ours else _refusal(name)
    return Skeleton(load_service("kinesis"), table)


def _refusal(operation: str) -> Any:
    def refuse(_context: RequestContext, _request: Request) -> None:
        raise NotImplementedError(f"The lab does not implement {operation} of Kinesis.")

    return refuse


def _checked(operation: str, call: Any, rates: Rates) -> Any:
    def checked(context: RequestContext, request: Request) -> Any:
        request = request or {}
        # PutRecords checks its records itself, for speed.
        if context.operation.input_shape is not None and operation != "PutRecords":
            FRONT_END.validate(context.operation.input_shape, request)
        rates.check(context, operation, request)
        output: Answer | Any = call(context, request)
        if isinstance(output, dict) and wire.is_cbor(context):
            return wire.respond_cbor(context, output)
        return output

    return checked
