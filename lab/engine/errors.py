"""What can go wrong in a statement, in the words of Athena: a stable name, a message, and whose
fault it is.

Source: "Athena error catalog" (ErrorCategory 1 system, 2 user, 3 other) and Trino's error names.
"""

from dataclasses import dataclass
from typing import Any


@dataclass
class QueryError(Exception):
    """A statement that failed. ``name`` is Trino's or Hive's error name; ``message`` starts with
    the position, if any.
    """

    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"

    @property
    def category(self) -> int:
        """1 when the engine is at fault, 2 when the statement or the data is."""
        return 1 if self.name == "GENERIC_INTERNAL_ERROR" else 2


class Cancelled(Exception):  # noqa: N818  no error: somebody asked for it
    """The statement was stopped; ``reason`` is what Athena says of it."""

    def __init__(self, reason: str = "Query cancelled by user") -> None:
        super().__init__(reason)
        self.reason = reason


def position(node: Any) -> tuple[int, int] | None:
    """Line and column (both from 1) of the first token below ``node`` that the parser remembers."""
    known = [part.meta for part in node.walk() if "line" in part.meta and "start" in part.meta]
    if not known:
        return None
    meta = min(known, key=lambda one: one["start"])
    return meta["line"], meta["col"] - (meta["end"] - meta["start"])


def failure(name: str, message: str, node: Any = None) -> QueryError:
    """The error with "line l:c: " before its message when ``node`` has a position."""
    where = position(node) if node is not None else None
    return QueryError(name, f"line {where[0]}:{where[1]}: {message}" if where else message)


def unsupported(what: str, node: Any = None) -> QueryError:
    """What Athena can do and this engine cannot yet."""
    return failure("NOT_SUPPORTED", f"{what} is not supported by this lab", node)
