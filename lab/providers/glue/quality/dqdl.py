"""The Data Quality Definition Language: a ruleset's text as rules.

::

    Rules = [
        IsComplete "tailnum",
        ColumnValues "distance" between 0 and 6000 with threshold > 0.99,
        (IsUnique "id") or (RowCount > 100)
    ]

What the lab does not evaluate is refused by name when the ruleset is made.

Source: AWS Glue user guide, "Data Quality Definition Language (DQDL) reference".
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

KNOWN = {
    "ColumnCount": 0,
    "ColumnDataType": 1,
    "ColumnExists": 1,
    "ColumnLength": 1,
    "ColumnNamesMatchPattern": 1,
    "ColumnValues": 1,
    "Completeness": 1,
    "CustomSql": 1,
    "DataFreshness": 1,
    "DistinctValuesCount": 1,
    "Entropy": 1,
    "IsComplete": 1,
    "IsPrimaryKey": -1,
    "IsUnique": 1,
    "Mean": 1,
    "ReferentialIntegrity": 2,
    "RowCount": 0,
    "StandardDeviation": 1,
    "Sum": 1,
    "UniqueValueRatio": 1,
    "Uniqueness": 1,
}
"""The rule types that are evaluated, with how many arguments; -1 for one or more."""
OTHERS = (
    *("AggregateMatch", "AllStatistics", "ColumnCorrelation", "DatasetMatch", "DetectAnomalies"),
    *("FileFreshness", "FileMatch", "FileSize", "FileUniqueness", "RowCountMatch", "SchemaMatch"),
)
WITHOUT_CONDITION = ("ColumnExists", "IsComplete", "IsPrimaryKey", "IsUnique")
OPTIONAL_CONDITION = ("ColumnNamesMatchPattern", "CustomSql")
OPERATORS = (">=", "<=", "!=", "=", ">", "<")
KEYWORDS = ("NULL", "EMPTY", "WHITESPACES_ONLY")
UNITS = {"day": 86_400, "days": 86_400, "hour": 3600, "hours": 3600}
MAX_RULES = 2000

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
    | (?P<text>"(?:\\.|[^"\\])*")
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
    | (?P<sign>>=|<=|!=|[=<>\[\](),+\-])
    """,
    re.VERBOSE,
)


class RulesetError(ValueError):
    """Why a text is no ruleset, in words for the person who wrote it."""


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class Age(NamedTuple):
    """A moment relative to now (``now() - 3 days``), or a duration (``24 hours``), in seconds."""

    seconds: float
    is_moment: bool


Operand = float | str | Age
"""A number, a text (a date too), a keyword as its own text (see :class:`Condition`), or an age."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``operator`` is one of OPERATORS, between, in, matches; ``keywords`` are those among the
    operands that stand for no value: NULL, EMPTY, WHITESPACES_ONLY.
    """

    operator: str
    operands: tuple[Operand, ...]
    negated: bool = False
    keywords: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``text`` is as it was written, without the blanks around it."""

    type: str
    arguments: tuple[str, ...]
    condition: Condition | None
    threshold: Condition | None
    where: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Composite:
    """Rules joined by ``and`` or ``or``."""

    operator: str
    parts: tuple["Rule | Composite", ...]
    text: str


Node = Rule | Composite


@dataclass(slots=True)
class Parser:
    """Reads one ruleset."""

    source: str
    tokens: list[Token] = field(init=False)
    place: int = 0

    def __post_init__(self) -> None:
        self.tokens = list(_tokens(self.source))

    def ruleset(self) -> list[Node]:
        rules: list[Node] = []
        while not self._at("end"):
            name = self._take("word").text
            if name not in ("Rules", "Analyzers"):
                raise RulesetError(f"Unexpected {name!r}: a ruleset is Rules = [ ... ]")
            self._expect("=")
            self._expect("[")
            if name == "Analyzers":
                raise RulesetError("The lab does not support Analyzers.")
            while not self._at("]"):
                rules.append(self._rule())
                if not self._at("]"):
                    self._expect(",")
            self._expect("]")
        if not rules:
            raise RulesetError("The ruleset has no rules.")
        if len(rules) > MAX_RULES:
            raise RulesetError(f"The ruleset has more than {MAX_RULES} rules.")
        return rules

    def _rule(self) -> Node:
        start = self._peek().start
        if not self._at("("):
            return self._simple()
        parts = [self._inside()]
        operator = ""
        while self._peek().text in ("and", "or"):
            word = self._next().text
            if operator and word != operator:
                raise RulesetError("Rules joined by both and and or need parentheses.")
            operator = word
            parts.append(self._inside())
        if len(parts) == 1:
            return parts[0]
        return Composite(operator, tuple(parts), self._text_from(start))

    def _inside(self) -> Node:
        self._expect("(")
        rule = self._rule()
        self._expect(")")
        return rule

    def _simple(self) -> Rule:
        first = self._take("word")
        if first.text in OTHERS:
            raise RulesetError(f"The lab does not support the rule type {first.text}.")
        if first.text not in KNOWN:
            raise RulesetError(f"There is no rule type {first.text}.")
        arguments = []
        while self._at("text"):
            arguments.append(_unquoted(self._next().text))
        wanted = KNOWN[first.text]
        if len(arguments) != wanted and not (wanted < 0 and arguments):
            raise RulesetError(f"{first.text} takes {abs(wanted)} argument(s) in double quotes.")
        condition = self._condition(first.text)
        threshold = where = None
        while self._peek().text in ("with", "where"):
            if self._next().text == "where":
                where = _unquoted(self._take("text").text)
            else:
                self._expect("threshold")
                threshold = self._compared()
        rule_text = self._text_from(first.start)
        return Rule(first.text, tuple(arguments), condition, threshold, where, rule_text)

    def _condition(self, rule_type: str) -> Condition | None:
        is_there = self._peek().text in (*OPERATORS, "between", "in", "matches", "not")
        if rule_type in WITHOUT_CONDITION or (not is_there and rule_type in OPTIONAL_CONDITION):
            return None
        if not is_there:
            raise RulesetError(f"{rule_type} needs an expression, such as > 0.95.")
        return self._compared()

    def _compared(self) -> Condition:
        negated = self._peek().text == "not"
        if negated:
            self._next()
        operator = self._next().text
        if operator == "between":
            low = self._operand()
            self._expect("and")
            return Condition(operator, (low, self._operand()), negated)
        if operator == "in":
            return self._listed(negated)
        if operator == "matches":
            return Condition(operator, (_unquoted(self._take("text").text),), negated)
        if operator not in OPERATORS:
            raise RulesetError(f"Unexpected {operator!r} where an expression should be.")
        if self._peek().text in KEYWORDS:
            return Condition(operator, (), keywords=frozenset((self._next().text,)))
        return Condition(operator, (self._operand(),))

    def _listed(self, negated: bool) -> Condition:
        self._expect("[")
        operands: list[Operand] = []
        keywords = set()
        while not self._at("]"):
            if self._peek().text in KEYWORDS:
                keywords.add(self._next().text)
            else:
                operands.append(self._operand())
            if not self._at("]"):
                self._expect(",")
        self._expect("]")
        return Condition("in", tuple(operands), negated, frozenset(keywords))

    def _operand(self) -> Operand:
        if self._at("("):
            self._expect("(")
            found = self._operand()
            self._expect(")")
            return found
        token = self._next()
        if token.kind == "text":
            return _unquoted(token.text)
        if token.kind == "number":
            number = float(token.text)
            if self._peek().text in UNITS:
                return Age(number * UNITS[self._next().text], is_moment=False)
            return number
        if token.text == "now":
            return self._moment()
        if token.text in ("avg", "last", "max", "min", "sum", "std"):
            raise RulesetError("The lab does not support dynamic rules.")
        raise RulesetError(f"Unexpected {token.text!r} where a value should be.")

    def _moment(self) -> Age:
        self._expect("(")
        self._expect(")")
        sign = self._peek().text
        if self._peek().kind == "number" and sign.startswith("-"):
            # "now() -3 days" is read as a negative number.
            number = float(self._next().text)
        elif sign in ("+", "-"):
            self._next()
            number = float(self._take("number").text) * (1 if sign == "+" else -1)
        else:
            return Age(0, is_moment=True)
        unit = self._take("word").text
        if unit not in UNITS:
            raise RulesetError(f"{unit} is no unit of time: use days or hours.")
        return Age(number * UNITS[unit], is_moment=True)

    def _peek(self) -> Token:
        return self.tokens[self.place]

    def _next(self) -> Token:
        token = self.tokens[self.place]
        if token.kind != "end":
            self.place += 1
        return token

    def _at(self, what: str) -> bool:
        return what in (self._peek().kind, self._peek().text)

    def _take(self, kind: str) -> Token:
        if self._peek().kind != kind:
            raise RulesetError(f"Unexpected {self._peek().text or 'end'!r}: {kind} expected.")
        return self._next()

    def _expect(self, text: str) -> None:
        token = self._next()
        if token.text != text:
            raise RulesetError(f"Unexpected {token.text or 'end'!r}: {text!r} expected.")

    def _text_from(self, start: int) -> str:
        return self.source[start : self.tokens[self.place - 1].end]


def parse(source: str) -> list[Node]:
    """The rules of a ruleset. Raises RulesetError."""
    return Parser(source).ruleset()


def _tokens(source: str) -> list[Token]:
    found = []
    place = 0
    while place < len(source):
        match = _TOKEN.match(source, place)
        if match is None or match.lastgroup is None:
            raise RulesetError(f"Unexpected {source[place]!r}.")
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match[0], place, match.end()))
        place = match.end()
    return [*found, Token("end", "", place, place)]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if '\\"' in text else text[1:-1]
