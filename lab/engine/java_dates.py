"""Dates by the patterns of Java's DateTimeFormatter, as table properties give them: ``yyyy/MM/dd``.

Only letters that stand for numbers of a fixed width, since these are what names of folders are made
of; the rest is refused by name. Source: Amazon Athena User Guide, "Supported types for partition
projection" (date type).
"""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from lab.engine.errors import unsupported

# Letter: the part of a date, and the width that its number may have.
PARTS = {"y": "year", "u": "year", "M": "month", "d": "day", "H": "hour", "m": "minute",
         "s": "second", "S": "microsecond"}  # fmt: skip
FINEST = ("microsecond", "second", "minute", "hour", "day", "month", "year")
TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart: literal texts, and pairs of part and width."""

    source: str
    pieces: tuple[str | tuple[str, int], ...]

    @property
    def finest(self) -> str:
        """The smallest part that it prints: ``day`` for ``yyyy-MM-dd``."""
        printed = {piece[0] for piece in self.pieces if isinstance(piece, tuple)}
        return next(part for part in FINEST if part in printed)

    def format(self, moment: dt.datetime) -> str:
        return "".join(
            piece if isinstance(piece, str) else _number(moment, *piece) for piece in self.pieces
        )

    def parse(self, text: str) -> dt.datetime | None:
        """The moment, in which parts that are not printed are the least possible; None when the
        text is not of the pattern.
        """
        expression = "".join(
            re.escape(piece) if isinstance(piece, str) else rf"(?P<{piece[0]}>\d{{{piece[1]}}})"
            for piece in self.pieces
        )
        match = re.fullmatch(expression, text)
        if match is None:
            return None
        found = {part: int(digits) for part, digits in match.groupdict().items()}
        if "microsecond" in found:
            found["microsecond"] *= 10 ** (6 - len(match["microsecond"]))
        try:
            return dt.datetime(**{"year": 1970, "month": 1, "day": 1, **found})  # type: ignore[arg-type]
        except ValueError:
            return None


def _number(moment: dt.datetime, part: str, width: int) -> str:
    if part == "microsecond":
        return f"{moment.microsecond:06d}"[:width]
    return f"{getattr(moment, part):0{width}d}"


@lru_cache(maxsize=256)
def pattern(source: str) -> Pattern:
    """NOT_SUPPORTED for letters other than y, u, M, d, H, m, s, S, or for one twice."""
    pieces: list[str | tuple[str, int]] = []
    for match in TOKEN.finditer(source):
        letter, text = match[2], match[0]
        if letter is None:
            pieces.append((match[1] or "'").replace("''", "'") if text[0] == "'" else text)
        elif letter in PARTS and 2 <= len(text) <= (6 if letter == "S" else 4) and text != "MMM":
            pieces.append((PARTS[letter], len(text)))
        else:
            raise unsupported(f"'{text}' in the date format {source!r}")
    parts = [piece[0] for piece in pieces if isinstance(piece, tuple)]
    if not parts or len(set(parts)) < len(parts):
        raise unsupported(f"the date format {source!r}")
    return Pattern(source, tuple(pieces))
