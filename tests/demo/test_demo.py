"""The whole pipeline, end to end, with one day of flights."""

import io
import json

import pytest
from rich.console import Console

from lab.config import Config
from lab.demo.run import Options, Outcome, run, search_of

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(scope="module")
def outcome(full_lab: Config, output: io.StringIO) -> Outcome:
    """The second of two runs: the first one's remains must not be in the way."""
    run(full_lab, Options(days=1, events=50, rate=1_000), Console(file=io.StringIO()))
    return run(full_lab, Options(days=1, rate=2_000), Console(file=output))


def test_the_counts_agree(outcome: Outcome) -> None:
    counts = outcome.counts
    assert (counts.departures, counts.damaged, counts.sent) == (842, 1, 843)
    assert (counts.indexed, counts.archived, counts.reported) == (842, 842, 842)
    assert counts.malformed == 1


def test_the_stream_has_a_shard_per_thousand_events_a_second(outcome: Outcome) -> None:
    assert outcome.outputs.shards == 2


def test_the_report_is_the_same_from_parquet_and_json(outcome: Outcome) -> None:
    assert outcome.parquet.rows == outcome.json.rows
    united = next(row for row in outcome.parquet.rows if row.airline == "United Air Lines Inc.")
    assert (united.day, united.flights) == ("2013-01-01", 165)
    assert {row.day for row in outcome.parquet.rows} == {"2013-01-01"}


def test_parquet_is_read_in_part_and_json_whole(full_lab: Config, outcome: Outcome) -> None:
    archive = full_lab.s3_dir / outcome.outputs.bucket / "archive"
    assert outcome.json.scanned == sum(file.stat().st_size for file in archive.rglob("*.gz"))
    assert 0 < outcome.parquet.scanned < outcome.json.scanned / 2


def test_errors_keep_the_reason(full_lab: Config, outcome: Outcome) -> None:
    errors = full_lab.s3_dir / outcome.outputs.bucket / "errors"
    (file,) = errors.rglob("*.json")
    assert json.loads(file.read_text())["reason"] == "arrival_delay is a str: 'late'"


def test_documents_are_enriched(outcome: Outcome) -> None:
    with search_of(outcome.outputs.opensearch_url) as search:
        document = search.get(index="flights", id="2013-01-01-UA-1545-EWR-IAH")["_source"]
    assert document["airline"] == "United Air Lines Inc."
    assert document["temperature_f"] == 39.02


def test_what_is_no_terminal_gets_plain_lines(outcome: Outcome, output: io.StringIO) -> None:
    text = output.getvalue()
    assert "\x1b" not in text
    assert "CreateFlightsTable: " in text
    assert "All counts agree." in text
