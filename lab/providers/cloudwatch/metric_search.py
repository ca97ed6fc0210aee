"""SEARCH expressions: which metrics a text finds.

    {AWS/Lambda, FunctionName} MetricName="Errors" (shop OR NOT demo)

Names in braces are a namespace and the dimensions that a metric must have, neither more nor fewer.
What is quoted must be a whole value; other words are parts of one, cut where its letters change.

Source: Amazon CloudWatch User Guide, "CloudWatch search expression syntax".
"""

import re
from collections.abc import Callable

from lab.providers.cloudwatch.database import Series
from lab.providers.cloudwatch.math_syntax import MathError

SCHEMA = re.compile(r"\s*\{([^}]*)\}")
TOKEN = re.compile(r'\s*(?:([()])|((?:[^\s()="]+=)?(?:"[^"]*"|[^\s()="]+)))')
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
MAX_FOUND = 500

Matches = Callable[[Series], bool]


def parse(text: str) -> Matches:
    """Raise MathError when the text is no search."""
    schema = SCHEMA.match(text)
    parser = Parser(text[schema.end() :] if schema else text)
    terms = parser.either() if parser.tokens else lambda _series: True
    if parser.tokens:
        raise MathError("Invalid syntax in SEARCH expression")
    if schema is None:
        return terms
    namespace, *names = (name.strip().strip('"') for name in schema[1].split(","))
    return lambda series: (
        series.namespace == namespace
        and sorted(name for name, _ in series.dimensions) == sorted(names)
        and terms(series)
    )


class Parser:
    """Recursive descent: OR is loosest, then AND (which may be left out), then NOT."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            found = TOKEN.match(text, place)
            if not found:
                raise MathError("Invalid syntax in SEARCH expression")
            self.tokens.append(found[1] or found[2])
            place = found.end()

    def either(self) -> Matches:
        found = [self._both()]
        while self._skip("OR"):
            found.append(self._both())
        return lambda series: any(each(series) for each in found)

    def _both(self) -> Matches:
        found = [self._negation()]
        while self._skip("AND") or (self.tokens and self.tokens[0] not in ("OR", ")")):
            found.append(self._negation())
        return lambda series: all(each(series) for each in found)

    def _negation(self) -> Matches:
        if self._skip("NOT"):
            inner = self._negation()
            return lambda series: not inner(series)
        if self._skip("("):
            inner = self.either()
            if not self._skip(")"):
                raise MathError("Invalid syntax in SEARCH expression")
            return inner
        if not self.tokens or self.tokens[0] == ")":
            raise MathError("Invalid syntax in SEARCH expression")
        return _term(self.tokens.pop(0))

    def _skip(self, word: str) -> bool:
        found = bool(self.tokens) and self.tokens[0] == word
        if found:
            self.tokens.pop(0)
        return found


def _term(text: str) -> Matches:
    name, sign, wanted = text.partition("=")
    if not sign:
        name, wanted = "", text
    fits = _fits(wanted)
    return lambda series: any(fits(value) for key, value in _values(series) if name in ("", key))


def _values(series: Series) -> list[tuple[str, str]]:
    own = [("Namespace", series.namespace), ("MetricName", series.name)]
    return [*own, *series.dimensions, *(("", name) for name, _ in series.dimensions)]


def _fits(wanted: str) -> Callable[[str], bool]:
    if wanted.startswith('"'):
        return lambda value: value == wanted[1:-1]
    parts = _parts(wanted)
    size = len(parts)

    def fits(value: str) -> bool:
        found = _parts(value)
        return any(found[n : n + size] == parts for n in range(len(found) - size + 1))

    return fits


def _parts(text: str) -> list[str]:
    return [part.lower() for part in PART.findall(text)]
