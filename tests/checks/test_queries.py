"""Athena as checks ask it, and the files of a lake that are there only while a check looks."""

import pytest

from lab.checks import Bench, Failed, lake, queries, resources
from lab.config import Config

pytestmark = pytest.mark.lab
WORDS = {"code": "refused", "fr": "elle réussit", "en": "it succeeds"}


@pytest.fixture
def at_lab(lab: Config, bench: Bench) -> Bench:
    return Bench(lab, bench.work, "seed")


def test_a_query_has_its_rows_without_the_header_and_its_place(at_lab: Bench) -> None:
    query = queries.need(at_lab, "SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t(n, word)")
    assert query.columns == ("n", "word")
    assert query.rows == (("1", "a"), ("2", None))
    assert query.place == f"s3://{queries.RESULTS}/{query.id}.csv"
    assert query.look == f"aws athena get-query-execution --query-execution-id {query.id}"


def test_more_rows_than_a_page_holds_are_all_there(at_lab: Bench) -> None:
    query = queries.need(at_lab, "SELECT n FROM UNNEST(sequence(1, 2500)) t(n)")
    assert len(query.rows) == 2500


def test_a_statement_of_the_learner_s_that_fails_is_their_s_with_athena_s_reason(
    at_lab: Bench,
) -> None:
    with pytest.raises(Failed) as failed:
        queries.ask(at_lab, "SELECT * FROM nothing.of_this_name", **WORDS)
    assert failed.value.code == "refused"
    assert "SCHEMA_NOT_FOUND" in failed.value.there()
    with pytest.raises(Failed) as failed:
        queries.ask(at_lab, "SELEKT 1", **WORDS)
    assert "mismatched input" in failed.value.there()


def test_a_statement_of_ours_that_fails_is_an_error(at_lab: Bench) -> None:
    with pytest.raises(RuntimeError, match="DIVISION_BY_ZERO"):
        queries.need(at_lab, "SELECT 1 / (n - 1) FROM (VALUES 1) t(n)")


def test_a_statement_is_read_with_the_account_in_its_place(at_lab: Bench) -> None:
    (at_lab.work / "one.sql").write_text("LOCATION 's3://lake-${account}/'")
    assert queries.statement(at_lab, "one.sql") == "LOCATION 's3://lake-000000000000/'"
    with pytest.raises(Failed) as failed:
        queries.statement(at_lab, "two.sql")
    assert failed.value.code == "program-missing"


def test_a_bucket_is_made_empty_and_an_added_object_goes(at_lab: Bench) -> None:
    name = lake.bucket(at_lab, "of-queries")
    lake.put(at_lab, name, "left/behind.csv", "1\n")
    assert lake.bucket(at_lab, "of-queries") == name
    with lake.added(at_lab, name, "a.csv", "12\n") as size:
        assert lake.sizes(at_lab, name) == {"a.csv": 3}
    assert (size, lake.sizes(at_lab, name)) == (3, {})
    with pytest.raises(Failed):
        lake.need(at_lab, "no-such-bucket-000000000000", code="not-prepared")


def test_days_are_csv_as_the_lake_has_them(at_lab: Bench) -> None:
    days = lake.days(at_lab.flights("days", 2_000))
    assert sum(map(len, days.values())) == 2_000
    day, rows = next(iter(days.items()))
    assert {row["flight_date"] for row in rows} == {day}
    header, first, *_ = lake.text(rows).splitlines()
    assert header == ",".join(lake.COLUMNS)
    assert first.startswith(f"{day},{rows[0]['carrier']},")


def test_a_work_group_is_deleted_with_what_is_in_it_and_need_not_be_there(at_lab: Bench) -> None:
    named = {"athena_work_groups": ["of_checks"]}
    at_lab.client("athena").create_work_group(Name="of_checks")
    assert resources.delete(at_lab, named) == ["of_checks"]
    assert resources.delete(at_lab, named) == []
