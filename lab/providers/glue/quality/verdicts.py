"""What is said of a rule, and the arithmetic behind it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.providers.glue.quality.dqdl import Condition, Rule
from lab.providers.glue.quality.measures import meets

PASS, FAIL, ERROR = "PASS", "FAIL", "ERROR"
UNMET = "Value: {} does not meet the constraint requirement!"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a rule, why it is so, and what was measured by Glue's names."""

    result: str
    message: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distinct:
    """Of the values that are there: how many occur once, how many there are, in how many rows, and
    the sum of n * ln(n) over how often each occurs.
    """

    once: float
    distinct: float
    rows: float
    weighted: float

    @property
    def uniqueness(self) -> float:
        return portion(self.once, self.rows)

    @property
    def ratio(self) -> float:
        return portion(self.once, self.distinct)

    @property
    def entropy(self) -> float:
        return math.log(self.rows) - self.weighted / self.rows if self.rows else 0.0


def joined(operator: str, parts: list[Verdict]) -> Verdict:
    results = [part.result for part in parts]
    metrics = {name: value for part in parts for name, value in part.metrics.items()}
    messages = " ".join(part.message for part in parts if part.message)
    if ERROR in results:
        return Verdict(ERROR, messages, metrics)
    fits = all(each == PASS for each in results) if operator == "and" else PASS in results
    return Verdict(PASS, None, metrics) if fits else Verdict(FAIL, messages, metrics)


def measured(rule: Rule, metric: str, value: float) -> Verdict:
    """A number against the rule's expression; without one, it must be 1."""
    if math.isnan(value):
        return Verdict(FAIL, UNMET.format("NULL"))
    fits = value == 1 if rule.condition is None else meets(value, rule.condition)
    return judged(fits, value, {metric: value})


def judged(fits: bool, shown: float | str, metrics: dict[str, float]) -> Verdict:
    return Verdict(PASS, None, metrics) if fits else Verdict(FAIL, UNMET.format(shown), metrics)


def portion(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def offending(condition: Condition, least: float, most: float) -> float:
    """The end of the values that the condition excludes."""
    if condition.operator in (">", ">="):
        return least
    if condition.operator == "between" and isinstance(condition.operands[0], float):
        return least if least <= condition.operands[0] else most
    return most
