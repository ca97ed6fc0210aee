"""Java's regular expressions as Python's ``re`` understands them.

The two dialects are close. What Java writes otherwise is rewritten, what only Java has is refused
by name, and the rest means the same with ``re.ASCII``: ``\\d``, ``\\w`` and ``\\s`` are ASCII in
Java. Source: documentation of java.util.regex.Pattern.
"""

import re
from functools import lru_cache

from lab.engine.errors import QueryError, unsupported

POSIX = {
    "Lower": "a-z", "Upper": "A-Z", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
    "XDigit": "0-9a-fA-F", "Space": r" \t\n\x0b\f\r", "Blank": r" \t", "ASCII": r"\x00-\x7f",
    "Punct": r"!-/:-@\[-`{-~", "Graph": "!-~", "Print": " -~", "Cntrl": r"\x00-\x1f\x7f",
}  # fmt: skip
NOT_A_LINE_END = r"[^\n\r\u0085\u2028\u2029]"
HORIZONTAL = r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
# The same letter means the same in both, in and outside of brackets.
SAME = frozenset("dDwWsStnrfbBAx0123456789")
INLINE = re.compile(r"\(\?[a-zA-Z]*(?:-[a-zA-Z]+)?[:)]")


@lru_cache(maxsize=1024)
def compiled(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """The pattern, ready for use. INVALID_FUNCTION_ARGUMENT when it is none in Java either."""
    flags = re.ASCII | (re.IGNORECASE if ignore_case else 0)
    try:
        return re.compile(_Translation(pattern).run(), flags)
    except re.error as error:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"{error} in {pattern}") from error


class _Translation:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0

    def run(self) -> str:
        result = []
        while self.place < len(self.pattern):
            result.append(self._piece())
        return "".join(result)

    def _take(self, count: int = 1) -> str:
        taken = self.pattern[self.place : self.place + count]
        self.place += count
        return taken

    def _piece(self) -> str:
        if self.pattern.startswith("(?", self.place):
            return self._group()
        character = self._take()
        if character == "\\":
            return self._escape(inside=False)
        if character == "[":
            return self._brackets()
        return NOT_A_LINE_END if character == "." else character

    def _group(self) -> str:
        rest = self.pattern[self.place :]
        if rest.startswith("(?<") and rest[3:4] not in ("=", "!"):
            self._take(3)
            return "(?P<"
        if rest.startswith(("(?:", "(?=", "(?!", "(?>")):
            return self._take(3)
        if rest.startswith(("(?<=", "(?<!")):
            return self._take(4)
        flags = INLINE.match(rest)
        if flags is None or set(flags[0]) - set("(?i:)") or (flags[0][-1] == ")" and self.place):
            raise unsupported(f"the group {rest[:4]} in a regular expression")
        return self._take(len(flags[0]))

    def _escape(self, inside: bool) -> str:
        letter = self._take()
        if letter in SAME:
            return "\\" + letter
        if letter in ("p", "h"):
            members = self._posix() if letter == "p" else HORIZONTAL
            return members if inside else f"[{members}]"
        if letter == "Q":
            quoted, _, _ = self.pattern[self.place :].partition("\\E")
            self._take(len(quoted) + 2)
            return re.escape(quoted)
        if letter == "u":
            return re.escape(chr(int(self._take(4), 16)))
        return self._reference(letter) if letter in ("k", "z") and not inside else _literal(letter)

    def _reference(self, letter: str) -> str:
        """A named group again, or the very end of the text."""
        if letter == "z":
            return r"\Z"
        name, _, _ = self.pattern[self.place + 1 :].partition(">")
        self._take(len(name) + 2)
        return f"(?P={name})"

    def _posix(self) -> str:
        name = self._braced()
        if name not in POSIX:
            raise unsupported(f"the class \\p{{{name}}} in a regular expression")
        return POSIX[name]

    def _braced(self) -> str:
        if self._take() != "{":
            raise unsupported("\\p without braces in a regular expression")
        name, _, _ = self.pattern[self.place :].partition("}")
        self._take(len(name) + 1)
        return name

    def _brackets(self) -> str:
        result = "[" + (self._take() if self.pattern.startswith("^", self.place) else "")
        first = True
        while self.place < len(self.pattern):
            if self.pattern.startswith("&&", self.place):
                raise unsupported("&& in a regular expression")
            character = self._take()
            if character == "]" and not first:
                return result + "]"
            if character == "[":
                raise unsupported("a class in a class of a regular expression")
            first = False
            result += self._escape(inside=True) if character == "\\" else character
        return result


def _literal(letter: str) -> str:
    """A character that stands for itself. Java reserves letters and digits."""
    if letter.isalnum() or not letter:
        raise unsupported(f"\\{letter} in a regular expression")
    return re.escape(letter)
