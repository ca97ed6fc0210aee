"""How a metric alarm is judged, as the tables of AWS's documentation have it: X breaches, 0 does
not, - is missing; the state is OK before.
"""

import pytest

from lab.providers.cloudwatch.alarm_evaluation import judge

PERIODS = {"0": 0.0, "X": 9.0}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def points(text: str) -> list[tuple[int, float] | None]:
    return [None if mark == "-" else (60 * n, PERIODS[mark]) for n, mark in enumerate(text)]


def alarm(needed: int, periods: int, treatment: str = "missing") -> dict[str, object]:
    return {
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": needed,
        "TreatMissingData": treatment,
    }


@pytest.mark.fidelity("cloudwatch.missing_data")
@pytest.mark.parametrize(
    ("needed", "data", "states"),
    [
        (3, "0-X-X", ("OK", "OK", "OK", "OK")),
        (3, "0----", ("OK", "OK", "OK", "OK")),
        (3, "-----", ("INSUFFICIENT_DATA", None, "ALARM", "OK")),
        (3, "0XX-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (3, "--X--", ("ALARM", None, "ALARM", "OK")),
        (2, "0-X-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "00X0X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0-X--", ("OK", "OK", "ALARM", "OK")),
        (2, "----0", ("OK", "OK", "ALARM", "OK")),
        (2, "---X-", ("ALARM", None, "ALARM", "OK")),
        (3, "----X", (None, None, "ALARM", "OK")),
    ],
)
def test_missing_data_is_treated_as_the_alarm_says(
    needed: int, data: str, states: tuple[str | None, ...]
) -> None:
    found = [judge(alarm(needed, 3, each), points(data), "OK") for each in TREATMENTS]
    assert tuple(each and each.state for each in found) == states


@pytest.mark.parametrize(
    ("needed", "data", "reason"),
    [
        (
            1,
            "0X",
            "Threshold Crossed: 1 out of the last 1 datapoints [9.0 (01/01/70 00:01:00)] was "
            "greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            1,
            "--",
            "Insufficient Data: 1 datapoint was unknown.",
        ),
        (
            2,
            "XX",
            "Threshold Crossed: 2 out of the last 2 datapoints [9.0 (01/01/70 00:01:00), 9.0 "
            "(01/01/70 00:00:00)] were greater than the threshold (5.0) (minimum 2 datapoints for "
            "OK -> ALARM transition).",
        ),
    ],
)
def test_the_reason_names_the_points(needed: int, data: str, reason: str) -> None:
    verdict = judge(alarm(needed, needed), points(data), "OK")
    assert verdict
    assert verdict.reason == reason
