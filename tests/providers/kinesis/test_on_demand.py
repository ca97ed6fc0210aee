"""On-demand streams: they grow with their traffic; modes; warm throughput and its commitment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lab.providers.kinesis.metadata import load_all
from lab.providers.kinesis.models import Registry, Timing
from tests.providers.kinesis.conftest import Api, Clock

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
ON_DEMAND = {"StreamMode": "ON_DEMAND"}
PROVISIONED = {"StreamMode": "PROVISIONED"}


@pytest.fixture
def stream(api: Api, clock: Clock) -> str:
    api("CreateStream", StreamName="s", StreamModeDetails=ON_DEMAND)
    clock.advance(60)  # so that the first record begins a minute
    return ARN


def summary(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api("DescribeStreamSummary", StreamARN=ARN)["StreamDescriptionSummary"]
    return found


def send(api: Api, clock: Clock, seconds: int, records: int) -> int:
    """Spread that many records a second over the shards; returns how many were refused."""
    batch = [{"Data": b"x", "PartitionKey": str(number)} for number in range(500)]
    failed = 0
    for _ in range(seconds):
        for start in range(0, records, 500):
            chosen = batch[: records - start]
            failed += api("PutRecords", StreamName="s", Records=chosen)["FailedRecordCount"]
        clock.advance(1)
    return failed


@pytest.mark.fidelity("kinesis.on_demand")
def test_capacity_is_twice_the_peak(api: Api, clock: Clock, stream: str) -> None:
    assert send(api, clock, 61, 1500) == 0
    assert summary(api)["OpenShardCount"] == 4
    clock.advance(60)
    assert send(api, clock, 61, 3000) == 0
    assert summary(api)["OpenShardCount"] == 6
    assert summary(api)["StreamStatus"] == "UPDATING"


@pytest.mark.fidelity("kinesis.on_demand")
def test_more_than_twice_the_peak_is_refused_at_first(api: Api, clock: Clock, stream: str) -> None:
    assert send(api, clock, 3, 8000) > 0


def test_a_peak_is_forgotten_after_thirty_days(api: Api, clock: Clock, stream: str) -> None:
    send(api, clock, 61, 3000)
    assert summary(api)["OpenShardCount"] == 6
    registry = Registry(api.registry.home, Timing(clock, clock, lambda: 10.0))
    load_all(registry)
    again = Api(registry)
    clock.advance(29 * 86_400)
    send(again, clock, 61, 1)
    assert summary(again)["OpenShardCount"] == 6
    clock.advance(86_400)
    send(again, clock, 61, 1)
    assert summary(again)["OpenShardCount"] == 4


@pytest.mark.fidelity("kinesis.stream_mode")
def test_a_stream_changes_its_mode_twice_a_day_and_keeps_its_shards(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KINESIS_LIMITS", "on")
    api("CreateStream", StreamName="s", ShardCount=6)
    clock.advance(10)
    for mode in (ON_DEMAND, PROVISIONED):
        api("UpdateStreamMode", StreamARN=ARN, StreamModeDetails=mode)
        assert summary(api)["StreamStatus"] == "UPDATING"
        assert summary(api)["StreamModeDetails"] == mode
        assert summary(api)["OpenShardCount"] == 6
        clock.advance(10)
    assert api.refused("UpdateStreamMode", StreamARN=ARN, StreamModeDetails=ON_DEMAND) == (
        "LimitExceededException",
        "UpdateStreamMode can be called at most 2 times per rolling 24-hour period for stream s "
        "under account 000000000000.",
    )
    clock.advance(86_400)
    api("UpdateStreamMode", StreamARN=ARN, StreamModeDetails=ON_DEMAND)


@pytest.mark.fidelity("kinesis.on_demand")
def test_fifty_on_demand_streams(api: Api, clock: Clock) -> None:
    for number in range(50):
        api("CreateStream", StreamName=f"s{number}", StreamModeDetails=ON_DEMAND)
        clock.advance(10)
    assert api.refused("CreateStream", StreamName="s", StreamModeDetails=ON_DEMAND) == (
        "LimitExceededException",
        "This request would exceed the on-demand stream limit for the account 000000000000 in "
        "us-east-1. Current on-demand stream count for the account: 50. Limit: 50.",
    )
    assert api("DescribeLimits")["OnDemandStreamCount"] == 50


@pytest.mark.fidelity("kinesis.warm_throughput")
def test_warm_throughput_needs_a_commitment(api: Api, clock: Clock, stream: str) -> None:
    warm = {"StreamARN": stream, "WarmThroughputMiBps": 10}
    assert "WarmThroughput" not in summary(api)
    assert api.refused("UpdateStreamWarmThroughput", **warm) == (
        "ValidationException",
        "WarmThroughputMiBps requires MinimumThroughputBillingCommitment to be enabled for the "
        "account.",
    )
    commitment = {"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}}
    api("UpdateAccountSettings", **commitment)
    answer = api("UpdateStreamWarmThroughput", **warm)
    assert answer["WarmThroughput"] == {"TargetMiBps": 10, "CurrentMiBps": 10}
    assert summary(api)["OpenShardCount"] == 10
    clock.advance(10)
    assert summary(api)["WarmThroughput"] == {"TargetMiBps": 10, "CurrentMiBps": 10}
    api("UpdateStreamWarmThroughput", StreamARN=stream, WarmThroughputMiBps=0)
    assert summary(api)["OpenShardCount"] == 4
    api("CreateStream", StreamName="p", ShardCount=1)
    clock.advance(10)
    assert api.refused("UpdateStreamWarmThroughput", StreamName="p", WarmThroughputMiBps=2) == (
        "ValidationException",
        "WarmThroughputMiBps is only supported in On-Demand mode.",
    )


@pytest.mark.fidelity("kinesis.warm_throughput")
def test_a_commitment_lasts_a_day_at_least(api: Api, clock: Clock) -> None:
    def settings(operation: str = "DescribeAccountSettings", **status: str) -> dict[str, Any]:
        request = {"MinimumThroughputBillingCommitment": status} if status else {}
        answer: dict[str, Any] = api(operation, **request)
        return dict(answer["MinimumThroughputBillingCommitment"])

    assert settings() == {"Status": "DISABLED"}
    start = datetime.fromtimestamp(clock.now, UTC)
    earliest = datetime.fromtimestamp(clock.now + 86_400, UTC)
    running = {"StartedAt": start, "EarliestAllowedEndAt": earliest}
    assert settings("UpdateAccountSettings", Status="ENABLED") == {"Status": "ENABLED", **running}
    clock.advance(3600)
    ending = {"Status": "ENABLED_UNTIL_EARLIEST_ALLOWED_END", **running}
    assert settings("UpdateAccountSettings", Status="DISABLED") == ending
    assert settings("UpdateAccountSettings", Status="ENABLED")["Status"] == "ENABLED"
    settings("UpdateAccountSettings", Status="DISABLED")
    clock.advance(23 * 3600)
    assert settings() == {"Status": "DISABLED", "StartedAt": start, "EndedAt": earliest}
