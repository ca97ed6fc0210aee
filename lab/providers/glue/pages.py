"""Answers in pages: the token is the place where the next page begins."""

import base64
from typing import Any

from lab.providers.glue.errors import invalid


def page(
    items: list[Any],
    request: dict[str, Any],
    name: str,
    default: int,
    token: str = "NextToken",  # noqa: S107  no secret
) -> dict[str, Any]:
    """``{name: items of this page, token: ...}``; the token is absent on the last page."""
    start = _start(request.get(token))
    size = request.get("MaxResults") or default
    answer: dict[str, Any] = {name: items[start : start + size]}
    if start + size < len(items):
        answer[token] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return answer


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise invalid("Invalid NextToken") from error
