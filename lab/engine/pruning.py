"""Whether the least and the greatest value of a column prove that no row meets a condition."""

import datetime as dt
import operator
from decimal import Decimal
from typing import Any

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def excluded(low: Any, high: Any, symbol: str, value: Any) -> bool:
    """Whether no value between ``low`` and ``high`` can satisfy ``column symbol value``; ``in`` has
    a tuple of values.
    """
    if symbol == "in":
        return all(excluded(low, high, "=", item) for item in value)
    value = _comparable(value, low)
    if value is None or symbol not in ("=", *OPERATORS):
        return False
    if symbol == "=":
        return bool(value < low or value > high)
    extreme = low if symbol in ("<", "<=") else high
    return not OPERATORS[symbol](extreme, value)


def _comparable(value: Any, example: Any) -> Any:  # noqa: PLR0911  one return per kind
    """The constant in the type of the statistics, or None when they cannot be compared for
    certain.
    """
    if isinstance(example, bool) or isinstance(value, bool):
        return None
    if isinstance(example, int | float | Decimal):
        if isinstance(value, str):
            return Decimal(value) if _is_decimal(value) else None
        return value if isinstance(value, int | float | Decimal) else None
    if isinstance(example, dt.datetime):
        if isinstance(value, dt.datetime):
            return value.replace(tzinfo=example.tzinfo)
        is_date = isinstance(value, dt.date)
        return dt.datetime.combine(value, dt.time(), example.tzinfo) if is_date else None
    if isinstance(example, dt.date):
        return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None
    return value if type(value) is type(example) else None


def _is_decimal(value: str) -> bool:
    return value.lstrip("+-").replace(".", "", 1).isdigit()
