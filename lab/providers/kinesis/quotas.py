"""How many shards an account may have. Source: "Quotas and limits" in the Kinesis Data Streams
guide.
"""

from localstack.aws.api.kinesis import InvalidArgumentException, LimitExceededException

from lab.providers.kinesis import validation
from lab.providers.kinesis.models import Mode, Registry

SHARD_LIMIT = {"us-east-1": 500, "us-west-2": 500, "eu-west-1": 500}
OTHER_SHARD_LIMIT = 200
ON_DEMAND_LIMIT = 50
ON_DEMAND_SHARDS = 4


def shard_limit(region: str) -> int:
    return SHARD_LIMIT.get(region, OTHER_SHARD_LIMIT)


def open_shard_count(registry: Registry, account: str, region: str) -> int:
    return sum(len(stream.open_shards()) for stream in registry.list(account, region))


def initial_shards(mode: Mode, given: int | None) -> int:
    """With how many shards a stream begins: on demand with four, which are not scaled here."""
    if mode is Mode.ON_DEMAND:
        if given is not None:
            raise InvalidArgumentException(
                "ShardCount must not be specified for a stream in On-Demand mode."
            )
        return ON_DEMAND_SHARDS
    if given is None:
        validation.refuse([validation.violation("shardCount", "Member must not be null", "null")])
    return given


def check(registry: Registry, account: str, region: str, more: int) -> None:
    """Refuse what would bring the account above its shard limit."""
    count, limit = open_shard_count(registry, account, region), shard_limit(region)
    if count + more > limit:
        raise LimitExceededException(
            f"This request would exceed the shard limit for the account {account} in {region}. "
            f"Current shard count for the account: {count}. Limit: {limit}. Number of additional "
            f"shards that would have resulted from this request: {more}. Refer to the AWS Service "
            "Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "
            "for current limits and how to request higher limits."
        )
