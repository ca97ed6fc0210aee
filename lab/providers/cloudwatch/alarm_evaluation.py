"""Decides the state of a metric alarm from its metric's last periods.

More periods than those that are evaluated are read, so that missing ones can be made up for by
older ones; a missing period is treated as the alarm says only when there are not enough.

Source: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data",
"Alarm evaluation".
"""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from lab.providers.clock import clock
from lab.providers.cloudwatch.data import series_of
from lab.providers.cloudwatch.database import Window, database
from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.queries import results

COMPARISONS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": ("greater than or equal to", lambda v, t: v >= t),
    "GreaterThanThreshold": ("greater than", lambda v, t: v > t),
    "LessThanThreshold": ("less than", lambda v, t: v < t),
    "LessThanOrEqualToThreshold": ("less than or equal to", lambda v, t: v <= t),
}
TREATMENTS = {"breaching": "Breaching", "notBreaching": "NonBreaching"}

Point = tuple[int, float]


class Verdict(NamedTuple):
    """The state that an alarm should be in, why, and the points that say so."""

    state: str
    reason: str
    points: list[Point]


def judge(alarm: Record, points: list[Point | None], current: str) -> Verdict | None:
    """The verdict on periods, the oldest first and None where data is missing; None to stay."""
    wanted = alarm["EvaluationPeriods"]
    treatment = alarm.get("TreatMissingData") or "missing"
    existing = [point for point in points if point is not None]
    if not existing:
        return _without_data(treatment, wanted)
    used = existing[-wanted:]
    breaching = [point for point in used if _breaches(alarm, point)]
    missing = wanted - len(used)
    needed = alarm.get("DatapointsToAlarm") or wanted
    filled = len(breaching) + (missing if treatment == "breaching" else 0)
    if filled >= needed:
        return _verdict(alarm, "ALARM", used, missing, current)
    if missing and treatment in ("missing", "ignore") and len(breaching) == len(used):
        oldest = len(points) - points.index(used[0])
        if oldest >= needed and treatment == "missing":
            return _verdict(alarm, "ALARM", used, missing, current)
        return None
    return _verdict(alarm, "OK", used, missing, current)


def _breaches(alarm: Record, point: Point) -> bool:
    return COMPARISONS[alarm["ComparisonOperator"]][1](point[1], alarm["Threshold"])


def _without_data(treatment: str, wanted: int) -> Verdict | None:
    if treatment == "ignore":
        return None
    if treatment == "missing":
        reason = f"Insufficient Data: {_count(wanted, 'datapoint')} unknown."
        return Verdict("INSUFFICIENT_DATA", reason, [])
    reason = (
        f"Threshold Crossed: no datapoints were received for {wanted} period{'s'[: wanted > 1]} and"
        f" {_count(wanted, 'missing datapoint')} treated as [{TREATMENTS[treatment]}]."
    )
    return Verdict("ALARM" if treatment == "breaching" else "OK", reason, [])


def _verdict(alarm: Record, state: str, used: list[Point], missing: int, current: str) -> Verdict:
    words, _ = COMPARISONS[alarm["ComparisonOperator"]]
    chosen = [point for point in used if _breaches(alarm, point) == (state == "ALARM")]
    total = len(used) + missing
    shown = ", ".join(f"{value} ({_moment(at)})" for at, value in reversed(chosen))
    verb = "was" if len(chosen) == 1 else "were"
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    if state == "OK":
        needed = alarm["EvaluationPeriods"] - needed + 1
    reason = (
        f"Threshold Crossed: {len(chosen)} out of the last {total} datapoints [{shown}] {verb} "
        f"{'' if state == 'ALARM' else 'not '}{words} the threshold ({alarm['Threshold']})"
    )
    treatment = TREATMENTS.get(alarm.get("TreatMissingData") or "")
    if missing and treatment:
        reason += f" and {_count(missing, 'missing datapoint')} treated as [{treatment}]"
    noun = "datapoint" if needed == 1 else "datapoints"
    reason += f" (minimum {needed} {noun} for {current} -> {state} transition)."
    return Verdict(state, reason, used)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun} was" if number == 1 else f"{number} {noun}s were"


def _moment(at: int) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%d/%m/%y %H:%M:%S")


def period_of(alarm: Record) -> int:
    """The longest period among the alarm's metrics, in seconds."""
    queries = alarm.get("Metrics") or []
    periods = [each["MetricStat"]["Period"] for each in queries if each.get("MetricStat")]
    periods += [each["Period"] for each in queries if each.get("Period")]
    return alarm.get("Period") or max(periods, default=60)


def queries_of(alarm: Record) -> list[Record]:
    """What GetMetricData is asked for the alarm."""
    if queries := alarm.get("Metrics"):
        return list(queries)
    metric = {
        "Namespace": alarm["Namespace"],
        "MetricName": alarm["MetricName"],
        "Dimensions": alarm.get("Dimensions") or [],
    }
    stat = {
        "Metric": metric,
        "Period": alarm["Period"],
        "Stat": alarm.get("Statistic") or alarm["ExtendedStatistic"],
    }
    if alarm.get("Unit"):
        stat["Unit"] = alarm["Unit"]
    return [{"Id": "m1", "MetricStat": stat, "ReturnData": True}]


def evaluate(scope: Scope, alarm: Record, end: int) -> tuple[Verdict, Record] | None:
    """The verdict on the periods that end by ``end`` (seconds), and its data; None to stay."""
    period, wanted = period_of(alarm), alarm["EvaluationPeriods"]
    length = wanted + max(2, wanted // 3)
    first = end - length * period
    start, until = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (first, end))
    (found, *_) = results(scope, queries_of(alarm), start, until)
    values = dict(found.points)
    moments = [first + place * period for place in range(length)]
    points = [(at, values[at]) if at in values else None for at in moments]
    verdict = judge(alarm, points, alarm["StateValue"])
    if verdict is None or _too_few(scope, alarm, verdict.points, period):
        return None
    return verdict, _data(alarm, verdict, period)


def _too_few(scope: Scope, alarm: Record, points: list[Point], period: int) -> bool:
    """Whether a percentile is asked of so few samples that the alarm is to stay as it is."""
    statistic = alarm.get("ExtendedStatistic") or ""
    if alarm.get("EvaluateLowSampleCountPercentile") != "ignore" or not statistic.startswith("p"):
        return False
    share = float(statistic[1:]) / 100
    needed = 10 / (1 - share) if 0.5 <= share < 1 else 10 / max(share, 0.001)
    series = series_of(scope, alarm)
    for at, _ in points:
        window = Window(at, at + period, period, alarm.get("Unit"))
        sums = database().sums(series, window)
        if sum(bucket.samples for bucket in sums.values()) < needed:
            return True
    return False


def _data(alarm: Record, verdict: Verdict, period: int) -> Record:
    asked = clock().utc().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    points = list(reversed(verdict.points))
    found: Record = {"version": "1.0", "queryDate": asked}
    if points:
        found["startDate"] = _iso(points[-1][0])
    for field, key in (("Statistic", "statistic"), ("ExtendedStatistic", "statistic")):
        if alarm.get(field):
            found[key] = alarm[field]
    if alarm.get("Unit"):
        found["unit"] = alarm["Unit"]
    return {
        **found,
        "period": period,
        "recentDatapoints": [value for _, value in verdict.points],
        "threshold": alarm["Threshold"],
        "evaluatedDatapoints": [{"timestamp": _iso(at), "value": value} for at, value in points],
    }


def _iso(at: int) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
