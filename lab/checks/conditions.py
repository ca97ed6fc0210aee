"""The condition operators of IAM policies, as "IAM JSON policy elements: Condition operators" has
them. BinaryEquals is not among them: such a policy is refused.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from lab.checks.patterns import matches

type Compare = Callable[[str, str], bool]


def _number(compare: Callable[[float, float], bool]) -> Compare:
    return lambda given, wanted: compare(float(given), float(wanted))


def _date(compare: Callable[[float, float], bool]) -> Compare:
    return lambda given, wanted: compare(_seconds(given), _seconds(wanted))


def _seconds(text: str) -> float:
    """ISO 8601, in UTC when it names no zone, or seconds since 1970."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _within(given: str, wanted: str) -> bool:
    return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)


def _plain(wanted: str) -> str:
    """A value whose ``${*}`` was made a literal, for operators without wildcards."""
    return re.sub(r"\[([*?])\]", r"\1", wanted)


def _equal(given: str, wanted: str) -> bool:
    return given == _plain(wanted)


def _like(given: str, wanted: str) -> bool:
    return matches(wanted, given)


def _case_blind(given: str, wanted: str) -> bool:
    return given.lower() == _plain(wanted).lower()


COMPARE: Mapping[str, Compare] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _case_blind,
    "StringLike": _like,
    "NumericEquals": _number(lambda a, b: a == b),
    "NumericLessThan": _number(lambda a, b: a < b),
    "NumericLessThanEquals": _number(lambda a, b: a <= b),
    "NumericGreaterThan": _number(lambda a, b: a > b),
    "NumericGreaterThanEquals": _number(lambda a, b: a >= b),
    "DateEquals": _date(lambda a, b: a == b),
    "DateLessThan": _date(lambda a, b: a < b),
    "DateLessThanEquals": _date(lambda a, b: a <= b),
    "DateGreaterThan": _date(lambda a, b: a > b),
    "DateGreaterThanEquals": _date(lambda a, b: a >= b),
    "Bool": _case_blind,
    "IpAddress": _within,
    "ArnEquals": _like,
    "ArnLike": _like,
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_NAMES = "|".join([*COMPARE, *NEGATED])
OPERATORS = re.compile(rf"(ForAllValues:|ForAnyValue:)?({_NAMES})(IfExists)?|(Null)")


def holds(
    operator: str, key: str, wanted: Sequence[str], context: Mapping[str, str | Sequence[str]]
) -> bool:
    """Whether the condition is true of a request with these condition keys."""
    found = OPERATORS.fullmatch(operator)
    if found is None:
        raise NotImplementedError(f"condition operator {operator}")
    values = {name.lower(): value for name, value in context.items()}.get(key.lower())
    if found[4]:  # Null
        return (values is None) == (wanted[0].lower() == "true")
    every, name, if_exists = found[1], found[2], bool(found[3])
    given = [values] if isinstance(values, str) else list(values or [])
    if not given:
        return if_exists or every == "ForAllValues:" or (not every and name in NEGATED)
    right = [_one(name, value, wanted) for value in given]
    return any(right) if every == "ForAnyValue:" else all(right)


def _one(name: str, given: str, wanted: Sequence[str]) -> bool:
    """One value of the request: among the wanted ones, or, negated, none of them. A value that is
    not of the operator's type is equal to none.
    """
    compare = COMPARE[NEGATED.get(name, name)]
    try:
        found = any(compare(given, one) for one in wanted)
    except ValueError:
        found = False
    return found != (name in NEGATED)
