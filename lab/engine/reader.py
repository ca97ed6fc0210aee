"""Reads tokens one after another: the small grammar of DDL that sqlglot gives back as unparsed
text.
"""

from sqlglot.dialects.hive import Hive
from sqlglot.dialects.trino import Trino
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lab.engine.errors import QueryError
from lab.engine.statements import Condition, Name, Spec
from lab.engine.syntax import mismatched

CATALOG = "awsdatacatalog"
CATALOG_AND_ALL = 3
EVERY_PART = (0, 1, 2)
HIVE_STATEMENTS = ("ALTER", "DROP", "SHOW", "MSCK", "DESCRIBE", "DESC")
OPENING, CLOSING = ("(", "["), (")", "]")
COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
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


def _only_statement(sql: str, tokens: list[Token]) -> list[Token]:
    """The tokens of the one statement that ``sql`` may hold, without semicolons."""
    ends = [t.token_type == TokenType.SEMICOLON for t in tokens]
    found = [place for place, end in enumerate(ends) if not end]
    if found and any(ends[found[0] : found[-1]]):
        raise QueryError("SYNTAX_ERROR", f"Only one sql statement is allowed. Got: {sql.rstrip()}")
    if not found and ends:
        raise QueryError("SYNTAX_ERROR", f"Empty sql statement: {sql.rstrip()}")
    return [tokens[place] for place in found]


class Reader:
    """A position in a statement. DDL is split by Hive's rules (both quotes make strings), queries
    by Trino's.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = _only_statement(sql, _tokens(sql))
        self.place = 0
        self.named = 0
        self.quoted: Token | None = None

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
        """``[catalog.][database.]table``, or in one pair of back quotes, as Hive has it."""
        self.named, self.quoted = self.place, None
        parts = self._parts()
        while self.accept("."):
            parts += self._parts()
        if len(parts) > CATALOG_AND_ALL:
            raise QueryError("SYNTAX_ERROR", f"Invalid table name {'.'.join(parts)}")
        if len(parts) == 3 and parts[0] == CATALOG:
            parts = parts[1:]
        if len(parts) > 2:
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{parts[0]}' does not exist")
        return Name(parts[-1], parts[0] if len(parts) == 2 else None)

    def _parts(self) -> list[str]:
        mark = "" if self.token is None else self.sql[self.token.start]
        if mark == '"' and self.quoted is None:
            self.quoted = self.token
        name = self.identifier()
        return name.split(".") if mark == "`" else [name]

    def quoted_name(self, whole: tuple[int, ...] = ()) -> QueryError | None:
        """Why the last name is none for Hive, which reads double quotes as a text; None when it has
        none. ``whole`` says in which parts of the name they make Hive give up the statement from
        its beginning on.
        """
        found = self.quoted
        if found is None:
            return None
        before = self.sql[: found.start]
        where = f"line {before.count(chr(10)) + 1}:{found.start - before.rfind(chr(10))}"
        behind = self.tokens[self.named : self.tokens.index(found)]
        number = sum(token.text == "." for token in behind)
        if number not in whole and number != 1:
            text = self.sql[found.start : found.end + 1]
            return QueryError("SYNTAX_ERROR", f"{where}: mismatched input '{text}'")
        start = self.tokens[0 if number in whole else self.named].start
        text = self.sql[start : found.end + 1]
        return QueryError("SYNTAX_ERROR", f"{where}: no viable alternative at input '{text}'")

    def refuse_quotes(self, whole: tuple[int, ...] = ()) -> None:
        """See ``quoted_name``."""
        if (refusal := self.quoted_name(whole)) is not None:
            raise refusal

    def partition(self) -> Spec:
        """``PARTITION (key = 'value', ...)``"""
        return tuple((key, value) for key, _, value in self._conditions(("=",)))

    def conditions(self) -> tuple[Condition, ...]:
        """``PARTITION (key >= 'value', ...)``"""
        return self._conditions(COMPARISONS)

    def _conditions(self, signs: tuple[str, ...]) -> tuple[Condition, ...]:
        self.expect("PARTITION", "(")
        found = []
        while True:
            key = self.identifier()
            place, sign = self.place, self._sign()
            if sign not in signs:
                self.place = place
                raise self.error()
            found.append((key, "<>" if sign == "!=" else sign, self._constant()))
            if self.accept(")"):
                return tuple(found)
            self.expect(",")

    def _sign(self) -> str:
        """A comparison, whose characters are tokens of their own."""
        sign = ""
        while (token := self.token) is not None and token.text in ("=", "<", ">", "!"):
            sign += self.next().text
        return sign

    def _constant(self) -> str:
        """A text or a number, with its sign, as text; ``date '...'`` is its text."""
        if self.peek("DATE") or self.peek("TIMESTAMP"):
            self.place += 1
            return self.string()
        sign = "-" if self.accept("-") else ""
        token = self.next()
        if token.token_type not in (TokenType.STRING, TokenType.NUMBER):
            self.place -= 1
            raise self.error()
        return sign + token.text

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
