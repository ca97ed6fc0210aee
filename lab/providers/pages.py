"""Answers in pages. The token of a page is the place where it begins, as text that means nothing to
the caller.
"""

import base64
from collections.abc import Callable
from typing import Any

# Makes the exception with which a service refuses its input.
Invalid = Callable[[str], Exception]


def page(
    items: list[Any], request: dict[str, Any], name: str, default: int, invalid: Invalid
) -> dict[str, Any]:
    """``{name: items of this page, "NextToken": ...}``; the token is absent on the last page."""
    start = place_of(request.get("NextToken"), invalid)
    end = start + (request.get("MaxResults") or default)
    answer: dict[str, Any] = {name: items[start:end]}
    return {**answer, "NextToken": token_of(end)} if end < len(items) else answer


def token_of(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode()


def place_of(token: str | None, invalid: Invalid) -> int:
    """Where the page begins: 0 without a token. Raises ``invalid`` when the token is none of
    ours.
    """
    if not token:
        return 0
    try:
        place = int(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise invalid("Invalid NextToken") from error
    if place < 0:
        raise invalid("Invalid NextToken")
    return place
