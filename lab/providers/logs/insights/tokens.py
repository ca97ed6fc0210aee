"""The words of a query, each with the place where it stands."""

import re
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<space>(?:\s|\#[^\n]*)+)
    |(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<duration>\d+(?:ms|s|m|h|d|w|mo|q|y|[a-z]+)\b)
    |(?P<name>[@$]?[A-Za-z_]\w*(?:\.[@\w]+)*)
    |`(?P<quoted>[^`]+)`
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign>=~|!=|<=|>=|[=<>+\-*%^(),|\[\]/])""",
    re.VERBOSE | re.IGNORECASE,
)
REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/")


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """What the token is as a keyword or a sign, in lower case."""
        return self.text.lower() if self.kind in ("name", "sign") else ""


class QueryError(Exception):
    """Why a text is no query, with the place of what is wrong."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class Tokens:
    """The tokens of a text, one after another. Regular expressions are read when one is wanted:
    elsewhere a slash divides.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._place = 0
        self.end = 0
        """Where the token ends that was taken last."""
        self.current = self._read()

    def _read(self) -> Token:
        while True:
            if self._place >= len(self.text):
                return Token("end", "", len(self.text), len(self.text))
            found = TOKEN.match(self.text, self._place)
            if not found:
                raise self.error_at(self._place, self.text[self._place])
            self._place = found.end()
            kind = str(found.lastgroup)
            if kind != "space":
                return Token(kind, found[kind], found.start(), found.end())

    def take(self) -> Token:
        token = self.current
        self.end = token.end
        self.current = self._read()
        return token

    def skip(self, *words: str) -> str:
        """Take the next token if it is one of these; what it was, or nothing."""
        return self.take().word if self.current.word in words else ""

    def expect(self, word: str) -> None:
        if self.current.word != word:
            raise self.unexpected()
        self.take()

    def regex(self) -> str | None:
        """A regular expression between slashes, if one comes next."""
        if self.current.word != "/":
            return None
        found = REGEX.match(self.text, self.current.start)
        if not found:
            raise self.unexpected()
        self._place = self.end = found.end()
        self.current = self._read()
        return found[1].replace("\\/", "/")

    def unexpected(self) -> QueryError:
        return self.error_at(self.current.start, self.current.text or "<EOF>")

    def error_at(self, place: int, text: str) -> QueryError:
        line = self.text.count("\n", 0, place) + 1
        column = place - (self.text.rfind("\n", 0, place) + 1)
        message = f"unexpected symbol found {text} at line {line} and position {column}"
        return QueryError(message, place, place + len(text))
