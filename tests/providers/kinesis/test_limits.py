"""Token buckets of a shard, with a clock that the test moves."""

import pytest

from lab.providers.kinesis.limits import MIB, ShardLimits
from tests.providers.kinesis.conftest import Clock


@pytest.fixture
def limits(clock: Clock) -> ShardLimits:
    return ShardLimits(clock)


@pytest.mark.fidelity("kinesis.shard_rates")
def test_a_thousand_records_pass_and_the_next_does_not(limits: ShardLimits) -> None:
    assert all(limits.admit_writes([10] * 500))
    assert all(limits.admit_writes([10] * 500))
    assert limits.admit_writes([10]) == [False]


def test_records_come_back_at_a_thousand_per_second(limits: ShardLimits, clock: Clock) -> None:
    limits.admit_writes([10] * 1000)
    clock.advance(0.25)
    assert limits.admit_writes([10] * 300).count(True) == 250


def test_a_pause_saves_up_no_more_than_one_second(limits: ShardLimits, clock: Clock) -> None:
    clock.advance(60)
    assert limits.admit_writes([10] * 1500).count(True) == 1000


def test_a_mebibyte_passes_and_a_smaller_record_still_fits(limits: ShardLimits) -> None:
    half = MIB // 2
    assert limits.admit_writes([half, half - 10, half, 10]) == [True, True, False, True]


@pytest.mark.fidelity("kinesis.large_record_rate")
def test_a_record_larger_than_a_second_is_paid_for_afterwards(
    limits: ShardLimits, clock: Clock
) -> None:
    assert limits.admit_writes([3 * MIB]) == [True]
    clock.advance(1.9)
    assert limits.admit_writes([1]) == [False]
    clock.advance(0.2)
    assert limits.admit_writes([1]) == [True]


@pytest.mark.fidelity("kinesis.shard_rates")
def test_five_reads_a_second(limits: ShardLimits, clock: Clock) -> None:
    assert [limits.admit_read() for _ in range(6)] == [True] * 5 + [False]
    clock.advance(0.2)
    assert limits.admit_read()
    assert not limits.admit_read()


def test_two_mebibytes_read_close_the_shard_until_they_are_earned(
    limits: ShardLimits, clock: Clock
) -> None:
    limits.admit_read()
    limits.charge_read(2 * MIB)
    assert not limits.admit_read()
    clock.advance(0.01)
    assert limits.admit_read()


@pytest.mark.fidelity("kinesis.shard_rates")
def test_ten_mebibytes_close_the_shard_for_five_seconds(limits: ShardLimits, clock: Clock) -> None:
    limits.admit_read()
    limits.charge_read(10 * MIB)
    clock.advance(4.99)
    assert not limits.admit_read()
    clock.advance(0.02)
    assert limits.admit_read()
