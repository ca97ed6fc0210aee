"""How many shards and streams an account may have.

Source: "Quotas and limits" in the Kinesis Data Streams guide.
"""

from localstack.aws.api.kinesis import InvalidArgumentException, LimitExceededException

from lab.providers.kinesis import on_demand
from lab.providers.kinesis.models import Mode, Registry, Status, Stream
from lab.providers.kinesis.validation import FRONT_END
from lab.providers.validation import violation

SHARD_LIMIT = {"us-east-1": 20_000, "us-west-2": 20_000, "eu-west-1": 20_000}
OTHER_SHARD_LIMIT = 1000
ON_DEMAND_LIMIT = 50
TRANSITIONAL_LIMIT = 5


def shard_limit(region: str) -> int:
    return SHARD_LIMIT.get(region, OTHER_SHARD_LIMIT)


def open_shard_count(registry: Registry, account: str, region: str) -> int:
    return sum(len(stream.open_shards()) for stream in registry.list(account, region))


def provisioned_shard_count(registry: Registry, account: str, region: str) -> int:
    """The open shards that the shard limit is about: those of on-demand streams are AWS's."""
    on_demand_shards = sum(
        len(stream.open_shards()) for stream in on_demand_streams(registry, account, region)
    )
    return open_shard_count(registry, account, region) - on_demand_shards


def initial_shards(mode: Mode, given: int | None) -> int:
    """With how many shards a stream begins: on demand with four."""
    if mode is Mode.ON_DEMAND:
        if given is not None:
            raise InvalidArgumentException(
                "ShardCount must not be specified for a stream in On-Demand mode."
            )
        return on_demand.MIN_SHARDS
    if given is None:
        FRONT_END.refuse([violation("shardCount", "Member must not be null", "null")])
    return given


def on_demand_streams(registry: Registry, account: str, region: str) -> list[Stream]:
    streams = registry.list(account, region)
    return [stream for stream in streams if stream.settings.mode is Mode.ON_DEMAND]


def check_stream(registry: Registry, account: str, region: str, mode: Mode) -> None:
    """Refuse one stream more than may exist on demand, or come and go at the same time."""
    transitional = [
        stream
        for stream in registry.list(account, region)
        if stream.status in (Status.CREATING, Status.DELETING)
    ]
    if len(transitional) >= TRANSITIONAL_LIMIT:
        raise LimitExceededException(
            "This request would have exceed the limit on the number  of streams that can "
            f"simultaneously be in CREATING or DELETING for the account {account}. "
            f"Limit: {TRANSITIONAL_LIMIT}."
        )
    if mode is Mode.ON_DEMAND:
        check_on_demand(registry, account, region)


def check_on_demand(registry: Registry, account: str, region: str) -> None:
    """Refuse one on-demand stream more than the account may have."""
    count = len(on_demand_streams(registry, account, region))
    if count >= ON_DEMAND_LIMIT:
        raise LimitExceededException(
            f"This request would exceed the on-demand stream limit for the account {account} in "
            f"{region}. Current on-demand stream count for the account: {count}. "
            f"Limit: {ON_DEMAND_LIMIT}."
        )


def check(registry: Registry, account: str, region: str, more: int) -> None:
    """Refuse what would bring the account above its shard limit."""
    count, limit = provisioned_shard_count(registry, account, region), shard_limit(region)
    if count + more > limit:
        raise LimitExceededException(
            f"This request would exceed the shard limit for the account {account} in {region}. "
            f"Current shard count for the account: {count}. Limit: {limit}. Number of additional "
            f"shards that would have resulted from this request: {more}. Refer to the AWS Service "
            "Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "
            "for current limits and how to request higher limits."
        )
