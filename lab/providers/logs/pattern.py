"""Filter patterns: which events a pattern matches, and what of an event it names.

    ERROR "not found" -debug        all of the first, none of the last
    ?ERROR ?WARN                    any of them
    %4\\d\\d%                         a regular expression
    { $.status >= 500 && $.user.name = "a*" }
    [ip, user, ..., status = 4*, bytes > 1000]

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription
filters, filter log events, and Live Tail".
"""

import re
from abc import ABC, abstractmethod
from functools import lru_cache

from lab.providers.logs.errors import invalid

TERM = re.compile(
    r'\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<expression>[^%]+)%|(?P<word>[^\s"]+))'
)


class Matcher(ABC):
    """A pattern that was understood."""

    @abstractmethod
    def __call__(self, message: str, /) -> bool:
        """Whether the event matches."""

    def extract(self, _message: str) -> dict[str, str]:
        """What the pattern names in an event that matches, as TestMetricFilter shows it."""
        return {}

    def value(self, _message: str, _selector: str) -> str | None:
        """What a selector (``$.a``, ``$bytes``) means in an event that matches."""
        return None


class Terms(Matcher):
    """Words and phrases, each a part of the text, case-sensitive."""

    def __init__(self, pattern: str) -> None:
        self.all: list[re.Pattern[str]] = []
        self.none: list[re.Pattern[str]] = []
        self.any: list[re.Pattern[str]] = []
        chosen = {"": self.all, "-": self.none, "?": self.any}
        place, end = 0, len(pattern.rstrip())
        while place < end:
            found = TERM.match(pattern, place)
            if not found:
                raise invalid("Invalid filter pattern")
            chosen[found["sign"]].append(_term(found))
            place = found.end()

    def __call__(self, message: str, /) -> bool:
        if any(each.search(message) for each in self.none):
            return False
        if self.all:
            return all(each.search(message) for each in self.all)
        # Beside other terms, those with a question mark mean nothing.
        return self.none != [] or any(each.search(message) for each in self.any)


class Everything(Matcher):
    """The empty pattern."""

    def __call__(self, _message: str, /) -> bool:
        return True


def _term(found: re.Match[str]) -> re.Pattern[str]:
    if found["expression"]:
        return expression(found["expression"])
    if found["quoted"] is not None:
        return re.compile(re.escape(re.sub(r"\\(.)", r"\1", found["quoted"])))
    word = found["word"]
    if not re.fullmatch(r"\w+", word):
        raise invalid(f"Invalid character(s) in term '{word}'")
    return re.compile(re.escape(word))


def expression(text: str) -> re.Pattern[str]:
    """A regular expression between percent signs."""
    try:
        return re.compile(text, re.ASCII)
    except re.error as error:
        raise invalid("Invalid filter pattern") from error


@lru_cache(maxsize=512)
def matcher(pattern: str) -> Matcher:
    """Raise InvalidParameterException when the text is no pattern."""
    from lab.providers.logs.json_pattern import JsonPattern
    from lab.providers.logs.space_pattern import SpacePattern

    text = pattern.strip()
    if not text:
        return Everything()
    if text.startswith("{") and text.endswith("}"):
        return JsonPattern(text[1:-1])
    if text.startswith("[") and text.endswith("]"):
        return SpacePattern(text[1:-1])
    return Terms(text)
