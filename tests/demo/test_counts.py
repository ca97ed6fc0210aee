from dataclasses import replace

import pytest

from lab.demo.counts import Counts, disagreement, missing_ids
from lab.errors import LabError

GOOD = Counts(
    departures=842, damaged=1, sent=843, indexed=842, archived=842, reported=842, malformed=1
)


def test_counts_agree() -> None:
    assert GOOD.agree


@pytest.mark.parametrize("hop", ["sent", "indexed", "archived", "reported", "malformed"])
@pytest.mark.parametrize("change", [-1, 1])
def test_one_count_off_is_a_disagreement(hop: str, change: int) -> None:
    assert not replace(GOOD, **{hop: getattr(GOOD, hop) + change}).agree


def test_missing_ids_are_named_in_order_and_no_more_than_ten() -> None:
    expected = [f"id-{n:03}" for n in range(30)]
    assert missing_ids(expected, expected[:5]) == expected[5:15]
    assert missing_ids(expected, expected) == []


class FakePlaces:
    """An index with these ids; nobody may read the other places, whose counts are right."""

    def __init__(self, ids: list[str]) -> None:
        self.indexed_ids = lambda: iter(ids)
        self.archived_ids = self.reported_ids = None


def test_the_error_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANG", "en")
    ids = ["2013-01-01-UA-1714-LGA-IAH"]
    counts = replace(GOOD, departures=3, indexed=1, archived=3, reported=3)
    error = disagreement(counts, FakePlaces(ids), days=1, events=3)
    assert isinstance(error, LabError)
    assert error.code == "demo-counts-differ"
    assert error.message.endswith(
        "Missing: indexed: 2013-01-01-UA-1545-EWR-IAH, 2013-01-01-AA-1141-JFK-MIA."
    )
