"""Streams as checks make, fill and read them."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from lab.checks import streams

pytestmark = pytest.mark.lab

NAME = "filled-by-checks"


@pytest.fixture
def kinesis(client: Any) -> Iterator[Any]:
    found = client("kinesis")
    streams.make(found, NAME, 1)
    yield found
    streams.drop(found, NAME)


def test_a_stream_that_is_there_is_left_as_it_is(kinesis: Any) -> None:
    streams.make(kinesis, NAME, 4)
    assert len(streams.open_shards(kinesis, NAME)) == 1


def test_what_a_shard_refuses_is_put_again_and_is_there_once_in_its_order(kinesis: Any) -> None:
    records = [("key", str(number).encode()) for number in range(1_500)]
    found = streams.during(kinesis, NAME, lambda: streams.put(kinesis, NAME, records))
    assert [(one.key, one.data) for one in found] == records
    assert sorted(one.at for one in found) == [one.at for one in found]


def test_an_offer_counts_what_is_refused(kinesis: Any) -> None:
    assert streams.offer(kinesis, NAME, records=100, size=50, seconds=1) == 0
    refused = streams.offer(kinesis, NAME, records=5_000, size=50, seconds=1)
    sizes = Counter(len(one.key) + len(one.data) for one in streams.read(kinesis, NAME))
    assert refused > 0
    assert sizes == {50: 100 + 5_000 - refused}


def test_a_stream_that_was_dropped_is_gone(kinesis: Any) -> None:
    streams.drop(kinesis, NAME)
    assert NAME not in kinesis.list_streams()["StreamNames"]
