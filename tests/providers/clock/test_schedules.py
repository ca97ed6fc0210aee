"""Schedule expressions: when they are due."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lab.providers.clock.schedules import parse

START = datetime(2026, 1, 30, 12, tzinfo=UTC).timestamp()  # a Friday

DUE = [
    ("rate(5 minutes)", ["2026-01-30 12:05", "2026-01-30 12:10"]),
    ("rate(1 day)", ["2026-01-31 12:00", "2026-02-01 12:00"]),
    ("cron(0 8 ? * MON-FRI *)", ["2026-02-02 08:00", "2026-02-03 08:00"]),
    ("cron(0/20 12 * * ? *)", ["2026-01-30 12:20", "2026-01-30 12:40", "2026-01-31 12:00"]),
    ("cron(15 10 L * ? *)", ["2026-01-31 10:15", "2026-02-28 10:15"]),
    ("cron(0 0 LW * ? *)", ["2026-02-27 00:00", "2026-03-31 00:00"]),
    ("cron(0 0 1W * ? *)", ["2026-02-02 00:00", "2026-03-02 00:00", "2026-04-01 00:00"]),
    ("cron(0 9 ? * 2#1 *)", ["2026-02-02 09:00", "2026-03-02 09:00"]),
    ("cron(0 9 ? * FRIL *)", ["2026-02-27 09:00", "2026-03-27 09:00"]),
    ("cron(0 0 ? JAN,dec SAT-SUN 2026-2027)", ["2026-01-31 00:00", "2026-12-05 00:00"]),
    ("at(2026-02-01T08:00:00)", ["2026-02-01 08:00", None]),
    ("at(2026-01-01T08:00:00)", [None]),
    ("cron(0 0 30 2 ? *)", [None]),
]


@pytest.mark.parametrize(("expression", "expected"), DUE)
@pytest.mark.fidelity("scheduler.expressions")
def test_when_it_is_due(expression: str, expected: list[str | None]) -> None:
    schedule = parse(expression, START)
    moment: float | None = START
    for each in expected:
        assert moment is not None
        moment = schedule.following(moment)
        shown = moment and datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
        assert shown == each


@pytest.mark.parametrize(
    "expression",
    [
        *("rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(5 weeks)", "every day"),
        *("cron(0 8 * * *)", "cron(0 8 * * * *)", "cron(0 8 ? * ? *)", "cron(60 8 * * ? *)"),
        *("cron(0 8 ? * MON#6 *)", "cron(0 8 32W * ? *)", "cron(0 8 ? FOO 1 *)"),
        *("at(2026-02-30T08:00:00)", "at(2026-02-01)"),
    ],
)
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(expression, START)


@pytest.mark.fidelity("scheduler.time_zones")
def test_a_time_that_the_clocks_leave_out_or_repeat() -> None:
    paris = ZoneInfo("Europe/Paris")
    before_spring = datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp()
    spring = parse("cron(30 2 * * ? *)", 0, paris).following(before_spring)
    assert spring is not None
    assert datetime.fromtimestamp(spring, paris).isoformat() == "2026-03-30T02:30:00+02:00"
    before_autumn = datetime(2026, 10, 24, 12, tzinfo=UTC).timestamp()
    nightly = parse("cron(30 2 * * ? *)", 0, paris)
    autumn = nightly.following(before_autumn)
    assert autumn is not None
    assert datetime.fromtimestamp(autumn, paris).isoformat() == "2026-10-25T02:30:00+02:00"
    after = nightly.following(autumn)
    assert after is not None
    assert datetime.fromtimestamp(after, paris).date().isoformat() == "2026-10-26"
