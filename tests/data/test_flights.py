import json
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from lab.data import flights


@pytest.fixture(scope="module")
def week() -> list[flights.Record]:
    return list(flights.records(days=7))


def test_the_year_has_every_departure_once_and_in_order() -> None:
    ids, moments = set(), []
    for event in flights.departures():
        ids.add(event["event_id"])
        moments.append(datetime.fromisoformat(event["scheduled_departure"]).astimezone(UTC))
    assert len(ids) == len(moments) == flights.TOTAL == 336_776
    assert all(one <= next_one for one, next_one in pairwise(moments))


def test_the_first_departure_is_as_the_source_has_it() -> None:
    assert next(flights.departures(days=1)) == {
        "event_id": "2013-01-01-UA-1545-EWR-IAH",
        "scheduled_departure": "2013-01-01T05:15:00-05:00",
        "departure_delay": 2,
        "arrival_delay": 11,
        "carrier": "UA",
        "flight": 1545,
        "tailnum": "N14228",
        "origin": "EWR",
        "dest": "IAH",
        "distance": 1400,
        "air_time": 227,
    }


def test_a_cancelled_flight_has_no_delays() -> None:
    event = next(e for e in flights.departures(days=1) if e["departure_delay"] is None)
    assert (event["arrival_delay"], event["air_time"]) == (None, None)


def test_summer_time_is_in_the_offset() -> None:
    events = {
        e["event_id"][:10]: e["scheduled_departure"][-6:] for e in flights.departures(days=70)
    }
    assert (events["2013-03-09"], events["2013-03-10"]) == ("-05:00", "-04:00")


@pytest.mark.parametrize(("days", "departures"), [(1, 842), (2, 842 + 943), (7, 6_099)])
def test_days_selects_the_first_days(days: int, departures: int) -> None:
    events = list(flights.departures(days))
    assert len(events) == departures
    assert len({event["event_id"][:10] for event in events}) == days


def test_max_events_cuts() -> None:
    assert list(flights.departures(7, 900)) == list(flights.departures(2))[:900]


def test_records_are_small_json(week: list[flights.Record]) -> None:
    sizes = [len(record.data) for record in week]
    assert 200 < sum(sizes) / len(sizes) < 300
    assert max(sizes) < 350


def test_damage_is_planted_beside_its_whole_departure(week: list[flights.Record]) -> None:
    damaged = [n for n, record in enumerate(week) if record.damaged]
    assert len(damaged) == 6
    for n in damaged:
        assert week[n + 1].event_id == week[n].event_id
        assert not week[n + 1].damaged


def test_every_kind_of_damage_is_in_the_first_week(week: list[flights.Record]) -> None:
    assert {flights.damage_of(r.event_id) for r in week if r.damaged} == {0, 1, 2, 3, 4}


def test_damage_does_not_depend_on_the_days_asked_for(week: list[flights.Record]) -> None:
    day = list(flights.records(days=1))
    assert day == week[: len(day)]
    assert sum(record.damaged for record in day) == 1


def test_the_year_holds_a_few_damaged_records_per_ten_thousand() -> None:
    damaged = sum(flights.damage_of(key) is not None for key in flights.event_ids())
    assert damaged == 200


def test_the_command_writes_one_record_per_line(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    flights.main(["--days", "1", "--events", "3"])
    lines = capsysbinary.readouterr().out.splitlines()
    assert [json.loads(line)["flight"] for line in lines] == [1545, 1714, 1141]
