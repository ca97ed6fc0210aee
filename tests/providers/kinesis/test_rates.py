"""How often the control plane may be called, and how many things may be under way at once."""

from typing import Any

import pytest

from lab.providers.kinesis.rates import PER_ACCOUNT
from tests.providers.kinesis.conftest import Api, Clock


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KINESIS_LIMITS", "on")


@pytest.mark.fidelity("kinesis.control_plane_rates")
@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("ListStreams", {}, "Rate exceeded for account 000000000000."),
        ("DescribeLimits", {}, "Rate exceeded for account 000000000000."),
        ("DescribeStream", {"StreamName": "s"}, "Rate exceeded for stream s under account "),
        ("DescribeStreamSummary", {"StreamName": "s"}, "Rate exceeded for stream s under account "),
        (
            "AddTagsToStream",
            {"StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/s", "Tags": {"a": "b"}},
            "Rate exceeded for stream s under account ",
        ),
    ],
)
def test_one_call_too_many_in_a_second(
    api: Api, clock: Clock, operation: str, request_: dict[str, Any], message: str
) -> None:
    api("CreateStream", StreamName="s", ShardCount=1)
    clock.advance(10)
    for _ in range(PER_ACCOUNT[operation]):
        api(operation, **request_)
    code, found = api.refused(operation, **request_)
    assert code == "LimitExceededException"
    assert found.startswith(message)
    clock.advance(1)
    api(operation, **request_)


@pytest.mark.fidelity("kinesis.control_plane_rates")
def test_an_iterator_five_times_a_second_and_shard(api: Api, clock: Clock) -> None:
    api("CreateStream", StreamName="s", ShardCount=2)
    clock.advance(10)
    request = {"StreamName": "s", "ShardIteratorType": "LATEST"}
    for _ in range(5):
        api("GetShardIterator", ShardId="shardId-000000000000", **request)
    assert api.refused("GetShardIterator", ShardId="shardId-000000000000", **request) == (
        "ProvisionedThroughputExceededException",
        "Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.",
    )
    api("GetShardIterator", ShardId="shardId-000000000001", **request)


@pytest.mark.fidelity("kinesis.control_plane_rates")
@pytest.mark.parametrize("setting", ["off", "records"])
def test_rates_of_the_control_plane_can_be_lifted(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("LAB_KINESIS_LIMITS", setting)
    for _ in range(20):
        api("ListStreams")


@pytest.mark.fidelity("kinesis.quotas")
def test_five_streams_at_most_are_coming_or_going(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KINESIS_LIMITS", "off")
    for number in range(5):
        api("CreateStream", StreamName=f"s{number}", ShardCount=1)
    assert api.refused("CreateStream", StreamName="s", ShardCount=1) == (
        "LimitExceededException",
        "This request would have exceed the limit on the number  of streams that can "
        "simultaneously be in CREATING or DELETING for the account 000000000000. Limit: 5.",
    )
    clock.advance(10)
    api("CreateStream", StreamName="s", ShardCount=1)


@pytest.mark.fidelity("kinesis.quotas")
def test_ten_shard_counts_a_day(api: Api, clock: Clock) -> None:
    api("CreateStream", StreamName="s", ShardCount=2)
    request = {"StreamName": "s", "ScalingType": "UNIFORM_SCALING"}
    for number in range(10):
        clock.advance(10)
        api("UpdateShardCount", TargetShardCount=3 - number % 2, **request)
    clock.advance(10)
    assert api.refused("UpdateShardCount", TargetShardCount=4, **request) == (
        "LimitExceededException",
        "UpdateShardCount can be called at most 10 times per rolling 24-hour period for stream s "
        "under account 000000000000.",
    )
