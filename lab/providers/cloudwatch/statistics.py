"""The statistics of a period: the five simple ones from its sums, the extended ones from its
values.

Percentiles are linear interpolations between the values themselves, where CloudWatch estimates.
There is none for a period of which a statistic set hides the values, nor of negative values, as on
AWS. A range is open at its lower and closed at its upper end.

Source: Amazon CloudWatch User Guide, "CloudWatch statistics definitions".
"""

import re
from collections.abc import Callable

from lab.providers.cloudwatch.database import Bucket, MetricDatabase, Series, Window

SIMPLE: dict[str, Callable[[Bucket], float]] = {
    "SampleCount": lambda bucket: bucket.samples,
    "Sum": lambda bucket: bucket.total,
    "Average": lambda bucket: bucket.total / bucket.samples,
    "Minimum": lambda bucket: bucket.low,
    "Maximum": lambda bucket: bucket.high,
}
NUMBER = r"\d+(?:\.\d{1,10})?"
SHORT = re.compile(rf"(p|tm|wm|tc|ts)({NUMBER})")
RANGE = re.compile(rf"(TM|WM|TC|TS|PR)\(({NUMBER}%?)?:({NUMBER}%?)?\)")

Values = list[tuple[float, float]]
Extended = Callable[[Values], float | None]


def is_statistic(name: str) -> bool:
    return name in SIMPLE or extended(name) is not None


def extended(name: str) -> Extended | None:
    """What computes an extended statistic from values and their counts, in order; None when there
    is no such statistic.
    """
    if name == "IQM":
        return lambda values: _mean(_between(values, 25, 75))
    if (found := SHORT.fullmatch(name)) and float(found[2]) <= 100:
        kind, number = found[1], float(found[2])
        if kind == "p":
            return lambda values: percentile(values, number)
        return _trimmed(kind.upper(), "0%", f"{number}%")
    if found := RANGE.fullmatch(name):
        return _ranged(*found.groups())
    return None


def _ranged(kind: str, low: str | None, high: str | None) -> Extended | None:
    """Bounds are both percentages or both values; a percentile rank has values."""
    shares = {bound.endswith("%") for bound in (low, high) if bound}
    if kind == "PR":
        return _rank(low, high) if shares == {False} else None
    return _trimmed(kind, low, high) if len(shares) == 1 else None


def series_values(
    database: MetricDatabase, series: Series, window: Window, statistic: str
) -> dict[int, float]:
    """The statistic of each period that has one, by its place in the window."""
    if statistic in SIMPLE:
        compute = SIMPLE[statistic]
        return {place: compute(sums) for place, sums in database.sums(series, window).items()}
    estimate = extended(statistic)
    assert estimate
    found = {}
    for place, spread in database.spreads(series, window).items():
        if spread is not None and min(spread) >= 0:
            value = estimate(sorted(spread.items()))
            if value is not None:
                found[place] = value
    return dict(sorted(found.items()))


def percentile(values: Values, percent: float) -> float:
    """Between the two values where the rank falls; ``values`` are in order, with their counts."""
    rank = percent / 100 * (sum(count for _, count in values) - 1)
    passed = 0.0
    for place, (value, count) in enumerate(values):
        passed += count
        if rank <= passed - 1:
            return value
        if rank < passed and place + 1 < len(values):
            return value + (values[place + 1][0] - value) * (rank - passed + 1)
    return values[-1][0]


def _trimmed(kind: str, low: str | None, high: str | None) -> Extended:
    is_percent = (low or high or "").endswith("%")

    def compute(values: Values) -> float | None:
        least, most = _number(low), _number(high)
        if kind == "WM":
            return _winsorized(values, least, most, is_percent)
        if is_percent:
            kept = _between(values, least or 0, 100 if most is None else most)
        else:
            kept = _within(values, least, most)
        if kind == "TM":
            return _mean(kept)
        return _count(kept) if kind == "TC" else sum(value * count for value, count in kept)

    return compute


def _winsorized(
    values: Values, least: float | None, most: float | None, is_percent: bool
) -> float | None:
    if is_percent:
        least = percentile(values, least or 0)
        most = percentile(values, 100 if most is None else most)
    low = values[0][0] if least is None else least
    high = values[-1][0] if most is None else most
    return _mean([(min(max(value, low), high), count) for value, count in values])


def _rank(low: str | None, high: str | None) -> Extended:
    return lambda values: (
        100 * _count(_within(values, _number(low), _number(high))) / _count(values)
    )


def _within(values: Values, least: float | None, most: float | None) -> Values:
    return [
        (value, count)
        for value, count in values
        if (least is None or value > least) and (most is None or value <= most)
    ]


def _between(values: Values, low: float, high: float) -> Values:
    """What is left when the lowest ``low`` percent and all above ``high`` percent are cut away."""
    total = _count(values)
    first, last = total * low / 100, total * high / 100
    kept, passed = [], 0.0
    for value, count in values:
        share = min(passed + count, last) - max(passed, first)
        if share > 0:
            kept.append((value, share))
        passed += count
    return kept


def _mean(values: Values) -> float | None:
    total = _count(values)
    return sum(value * count for value, count in values) / total if total else None


def _count(values: Values) -> float:
    return sum(count for _, count in values)


def _number(text: str | None) -> float | None:
    return float(text.rstrip("%")) if text else None
