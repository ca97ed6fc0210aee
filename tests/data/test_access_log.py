"""A log of the bookshop at once, as exercises use it."""

import re
from datetime import datetime, timedelta

from lab.data import access_log
from lab.data.access_log import START


def status_of(line: str) -> int:
    found = re.search(r'" (\d{3}) (?:\d+|-) "', line)
    assert found
    return int(found[1])


def time_of(line: str) -> datetime:
    stamp = line[line.index("[") + 1 : line.index("]")]
    return datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z")


def test_the_same_arguments_give_the_same_lines() -> None:
    lines = list(access_log.lines(3_000, seed=7, days=2))
    assert len(lines) == 3_000
    assert lines == list(access_log.lines(3_000, seed=7, days=2))
    assert lines[:100] != list(access_log.lines(100, seed=8, days=2))


def test_lines_are_in_order_and_spread_over_the_days() -> None:
    times = [time_of(line) for line in access_log.lines(5_000, days=2)]
    assert times == sorted(times)
    assert times[0] >= START
    assert timedelta(days=1) < times[-1] - START < timedelta(days=3)
    night, afternoon = (sum(time.hour in hours for time in times) for hours in ((2, 3), (14, 15)))
    assert night < afternoon


def test_the_usual_and_the_dirt_are_there() -> None:
    lines = list(access_log.lines(10_000))
    statuses = [status_of(line) for line in lines]
    assert {200, 303, 304, 400, 404, 405, 414, 500, 501, 505} <= set(statuses)
    assert 0.8 < statuses.count(200) / len(lines) < 0.95
    assert any(r'"\x16\x03\x01' in line for line in lines)
    assert any('"-" "-"' in line for line in lines)


def test_errors_make_errors() -> None:
    usual, worse = (
        sum(status_of(line) >= 500 for line in access_log.lines(5_000, errors=errors))
        for errors in (False, True)
    )
    assert worse > 3 * usual
