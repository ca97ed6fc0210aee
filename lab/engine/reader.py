"""Reads tokens one after another: the small grammar of DDL that sqlglot gives back as unparsed
text.
"""

from sqlglot.dialects.hive import Hive
from sqlglot.dialects.trino import Trino
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lab.engine.errors import QueryError
from lab.engine.statements import Name, Spec
from lab.engine.syntax import mismatched

CATALOG = "awsdatacatalog"
HIVE_STATEMENTS = ("ALTER", "DROP", "SHOW", "MSCK", "DESCRIBE", "DESC")
OPENING, CLOSING = ("(", "["), (")", "]")
HIVE_OBJECTS = ("EXTERNAL", "DATABASE", "SCHEMA")


class HiveWords(Hive):
    """Hive's quotes and comments, every word a word: nothing is swallowed as a command."""

    class Tokenizer(Hive.Tokenizer):
        """No keywords."""

        KEYWORDS = {}  # noqa: RUF012  sqlglot's own class attributes
        COMMANDS = set()  # noqa: RUF012


class TrinoWords(Trino):
    """Trino's quotes, and back quotes as well, since Athena's INSERT and CTAS may stand beside
    Hive's names.
    """

    class Tokenizer(Trino.Tokenizer):
        """No keywords."""

        IDENTIFIERS = ['"', "`"]  # noqa: RUF012
        KEYWORDS = {}  # noqa: RUF012
        COMMANDS = set()  # noqa: RUF012


def _tokens(sql: str) -> list[Token]:
    try:
        tokens = TrinoWords().tokenize(sql)
    except TokenError:
        tokens = []
    words = [token.text.upper() for token in tokens[:2]]
    is_query = words and words[0] not in HIVE_STATEMENTS
    if is_query and not (words[0] == "CREATE" and words[-1] in HIVE_OBJECTS):
        return tokens
    try:
        return HiveWords().tokenize(sql)
    except TokenError as error:
        raise QueryError("SYNTAX_ERROR", f"line 1:1: {str(error).splitlines()[0]}") from error


class Reader:
    """A position in a statement. DDL is split by Hive's rules (both quotes make strings), queries
    by Trino's.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = [t for t in _tokens(sql) if t.token_type != TokenType.SEMICOLON]
        self.place = 0

    @property
    def token(self) -> Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def peek(self, *words: str) -> bool:
        """Whether the next tokens are these words."""
        ahead = self.tokens[self.place : self.place + len(words)]
        return [token.text.upper() for token in ahead] == list(words)

    def accept(self, *words: str) -> bool:
        if self.peek(*words):
            self.place += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                raise self.error()

    def error(self) -> QueryError:
        return mismatched(self.token, self.tokens)

    def next(self) -> Token:
        token = self.token
        if token is None:
            raise self.error()
        self.place += 1
        return token

    def string(self) -> str:
        token = self.next()
        if token.token_type != TokenType.STRING:
            self.place -= 1
            raise self.error()
        return token.text

    def identifier(self) -> str:
        """A name, in lower case as Hive keeps it."""
        token = self.next()
        word = token.text
        if (
            token.token_type in (TokenType.STRING, TokenType.NUMBER)
            and self.sql[token.start] != '"'
        ):
            self.place -= 1
            raise self.error()
        if not (word[:1].isalnum() or word[:1] == "_"):
            self.place -= 1
            raise self.error()
        return word.lower()

    def name(self) -> Name:
        """``[catalog.][database.]table``"""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        if len(parts) == 3 and parts[0] == CATALOG:
            parts = parts[1:]
        if len(parts) > 2:
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{parts[0]}' not found")
        return Name(parts[-1], parts[0] if len(parts) == 2 else None)

    def partition(self) -> Spec:
        """``PARTITION (key = 'value', ...)``"""
        self.expect("PARTITION", "(")
        pairs = []
        while True:
            key = self.identifier()
            if not self.accept("="):
                raise QueryError(
                    "NOT_SUPPORTED",
                    "a partition condition other than = is not supported by this lab",
                )
            token = self.next()
            sign = ""
            if token.token_type == TokenType.DASH:
                sign, token = "-", self.next()
            if token.token_type not in (TokenType.STRING, TokenType.NUMBER):
                self.place -= 1
                raise self.error()
            pairs.append((key, sign + token.text))
            if self.accept(")"):
                return tuple(pairs)
            self.expect(",")

    def expressions(self) -> list[str]:
        """What is left, split at its commas outside of parentheses and brackets."""
        parts: list[list[Token]] = [[]]
        depth = 0
        while (token := self.token) is not None:
            self.place += 1
            depth += (token.text in OPENING) - (token.text in CLOSING)
            if token.text == "," and not depth and token.token_type != TokenType.STRING:
                parts.append([])
            else:
                parts[-1].append(token)
        if not all(parts):
            raise self.error()
        return [self.sql[part[0].start : part[-1].end + 1] for part in parts]

    def end(self) -> None:
        if self.token is not None:
            raise self.error()

    def rest(self) -> str:
        """What is left, with blanks before it so that lines and columns stay those of the
        statement.
        """
        token = self.token
        if token is None:
            raise self.error()
        before = self.sql[: token.start]
        return (
            "".join("\n" if character == "\n" else " " for character in before)
            + self.sql[token.start :]
        )
