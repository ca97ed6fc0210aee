"""Patterns that only a backtracking engine reads, matched so that nobody else has to wait.

Python's own ``re`` holds the interpreter while it matches, and some patterns take years: one
statement would stop every service of the lab. ``regex`` lets go of the interpreter, and gives up.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

from lab.engine import java_regex
from lab.engine.errors import QueryError

SECONDS = 5.0


class Pattern:
    """A compiled pattern. Every search fails with EXCEEDED_TIME_LIMIT after some seconds."""

    def __init__(self, pattern: str, ignore_case: bool) -> None:
        known = java_regex.compiled(pattern, ignore_case)
        engine: Any = import_module("regex")
        flags = engine.ASCII | engine.VERSION0 | (engine.IGNORECASE if ignore_case else 0)
        self._compiled = engine.compile(known.pattern, flags)

    def search(self, text: str) -> Any:
        return self._limited(self._compiled.search, text)

    def fullmatch(self, text: str) -> Any:
        return self._limited(self._compiled.fullmatch, text)

    def sub(self, new: Callable[[Any], str], text: str) -> str:
        return str(self._limited(self._compiled.sub, new, text))

    def finditer(self, text: str, start: int = 0) -> Iterator[Any]:
        yield from self._limited(lambda **limits: self._compiled.finditer(text, start, **limits))

    def _limited(self, search: Callable[..., Any], *arguments: Any) -> Any:
        try:
            found = search(*arguments, timeout=SECONDS, concurrent=True)
            # Matches that come one by one are looked for now, within the limit.
            return list(found) if hasattr(found, "__next__") else found
        except TimeoutError as error:
            raise QueryError(
                "EXCEEDED_TIME_LIMIT", f"Regular expression matching took over {SECONDS:.0f} s"
            ) from error


@lru_cache(maxsize=1024)
def compiled(pattern: str, ignore_case: bool = False) -> Pattern:
    """The pattern, ready for use. INVALID_FUNCTION_ARGUMENT when it is none in Java either."""
    return Pattern(pattern, ignore_case)
