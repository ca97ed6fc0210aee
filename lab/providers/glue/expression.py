"""The filter of GetPartitions: a condition on partition keys, in a small SQL.

It is made into functions once, since it is asked of each of what may be 100,000 partitions. NOT is
moved to the comparisons while reading. A partition whose value is Hive's NULL fulfils no comparison
of a number or a date.

Source: AWS Glue API reference, "GetPartitions", Expression.
"""

import datetime as dt
import functools
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from lab.providers.glue.errors import GlueError, invalid

Values = Sequence[str]
Test = Callable[[Values], bool]

NULL = "__HIVE_DEFAULT_PARTITION__"
TEXTS = ("string", "char", "varchar")
WHOLE = ("tinyint", "smallint", "int", "integer", "bigint", "long")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NEGATED = {"=": "<>", "<>": "=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
TOKENS = re.compile(
    r"""\s*(?: (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*") | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+))
    (?![\w]) | (?P<name>\w+|`[^`]+`) | (?P<sign><>|!=|<=|>=|[=<>(),]) )""",
    re.VERBOSE,
)


class PartitionFilter:
    """A parsed expression over partition keys.

    InvalidInputException when it cannot be understood; InvalidStateException, from ``accepts``,
    when a partition's value is not of the type of its key.
    """

    def __init__(self, expression: str, keys: list[dict[str, Any]]) -> None:
        self._expression = expression
        self._types = {key["Name"].lower(): str(key.get("Type", "string")).lower() for key in keys}
        self._places = list(self._types)
        self._tokens = self._split(expression)
        self._at = 0
        try:
            self.accepts = self._either(negated=False)
            """Whether the expression is true of a partition, by its values."""
        except RecursionError as error:
            raise self._unsupported() from error
        if self._at < len(self._tokens):
            raise self._unsupported()

    def _split(self, expression: str) -> list[tuple[str, str]]:
        found, place, end = [], 0, len(expression.rstrip())
        while place < end:
            match = TOKENS.match(expression, place)
            if match is None or match.lastgroup is None:
                raise self._unsupported()
            found.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        return found

    def _unsupported(self) -> GlueError:
        return invalid(f"Unsupported expression '{self._expression}'")

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise self._unsupported()
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, *words: str) -> bool:
        """Whether these words or signs come next; then they are passed."""
        ahead = self._tokens[self._at : self._at + len(words)]
        same = [value.upper() for kind, value in ahead if kind in ("name", "sign")] == list(words)
        self._at += len(words) if same else 0
        return same

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            raise self._unsupported()

    def _either(self, negated: bool) -> Test:
        test = self._both(negated)
        while self._takes("OR"):
            test = _joined(test, self._both(negated), every=negated)
        return test

    def _both(self, negated: bool) -> Test:
        test = self._one(negated)
        while self._takes("AND"):
            test = _joined(test, self._one(negated), every=not negated)
        return test

    def _one(self, negated: bool) -> Test:
        if self._takes("NOT"):
            return self._one(not negated)
        if self._takes("("):
            test = self._either(negated)
            self._expect(")")
            return test
        if self._is_literal():
            return self._turned(negated)
        column = self._column()
        if self._takes("IS"):
            wanted = not self._takes("NOT")
            self._expect("NULL")
            place, wanted = self._places.index(column), wanted != negated
            return lambda values: (values[place] == NULL) == wanted
        return self._condition(column, self._takes("NOT") != negated)

    def _condition(self, column: str, negated: bool) -> Test:
        if self._takes("BETWEEN"):
            low = self._literal(column)
            self._expect("AND")
            return self._test(column, _between(low, self._literal(column)), negated)
        if self._takes("IN", "("):
            allowed = [self._literal(column)]
            while self._takes(","):
                allowed.append(self._literal(column))
            self._expect(")")
            return self._test(column, frozenset(allowed).__contains__, negated)
        if self._takes("LIKE"):
            return self._test(column, self._like(column), negated)
        sign = self._sign()
        constant = self._literal(column)
        compare = COMPARISONS[NEGATED[sign] if negated else sign]
        return self._test(column, lambda value: compare(value, constant), negated=False)

    def _turned(self, negated: bool) -> Test:
        """A comparison whose literal comes first."""
        start = self._at
        self._constant()
        sign = self._sign()
        column = self._column()
        end, self._at = self._at, start
        constant, self._at = self._literal(column), end
        sign = TURNED.get(sign, sign)
        compare = COMPARISONS[NEGATED[sign] if negated else sign]
        return self._test(column, lambda value: compare(value, constant), negated=False)

    def _test(self, column: str, fulfils: Callable[[Any], bool], negated: bool) -> Test:
        place, convert = self._places.index(column), self._conversion(column)
        if convert is None:
            return lambda values: fulfils(values[place]) != negated

        @functools.cache
        def outcome(text: str) -> bool:
            if text == NULL:
                return False
            try:
                return fulfils(convert(text)) != negated
            except ValueError as error:
                raise GlueError("InvalidStateException", str(error)) from error

        return lambda values: outcome(values[place])

    def _like(self, column: str) -> Callable[[Any], bool]:
        kind = _name(self._types[column])
        if kind not in TEXTS:
            noun = "Integral" if kind in WHOLE else kind.capitalize()
            raise invalid(f"{noun} data type doesn't support operation 'LIKE'")
        text = re.escape(str(self._literal(column))).replace("%", ".*").replace("_", ".")
        matches = re.compile(text, re.DOTALL).fullmatch
        return lambda value: matches(value) is not None

    def _sign(self) -> str:
        kind, value = self._next()
        if kind != "sign" or value not in COMPARISONS:
            raise self._unsupported()
        return value

    def _column(self) -> str:
        kind, value = self._next()
        if kind != "name":
            raise self._unsupported()
        name = value.strip("`").lower()
        if name not in self._types:
            raise invalid("Invalid partition expression!")
        return name

    def _is_literal(self) -> bool:
        start = self._at
        try:
            self._constant()
        except GlueError:
            return False
        finally:
            self._at = start
        return True

    def _constant(self) -> str:
        """The text of a literal; that of a date or timestamp may have its type before it."""
        kind, value = self._next()
        if kind == "name" and value.lower() in ("date", "timestamp"):
            kind, value = self._next()
        if kind == "text":
            return value[1:-1].replace(value[0] * 2, value[0])
        if kind != "number":
            raise self._unsupported()
        return value

    def _literal(self, column: str) -> Any:
        """A literal in the type of a key."""
        text, convert = self._constant(), self._conversion(column)
        try:
            return text if convert is None else convert(text)
        except ValueError as error:
            raise invalid(str(error)) from error

    def _conversion(self, column: str) -> Callable[[str], Any] | None:
        """From text to the type of a key; None when that is text."""
        kind = _name(self._types[column])
        if kind in TEXTS:
            return None
        convert = _whole if kind in WHOLE else CONVERSIONS.get(kind)
        if convert is None:
            raise invalid(f"Unknown type : '{self._types[column]}'")
        return convert


def _joined(first: Test, second: Test, every: bool) -> Test:
    if every:
        return lambda values: first(values) and second(values)
    return lambda values: first(values) or second(values)


def _between(low: Any, high: Any) -> Callable[[Any], bool]:
    return lambda value: bool(low <= value <= high)


def _name(kind: str) -> str:
    return kind.partition("(")[0].strip()


def _whole(text: str) -> int:
    if not re.fullmatch(r"[-+]?[0-9]+", text):
        raise ValueError(f'"{text}" is not an integer.')
    return int(text)


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", text):
        raise ValueError(f"{text} is not a decimal.")
    return Decimal(text)


def _date(text: str) -> str:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date().isoformat()
    except ValueError as error:
        raise ValueError(f"{text} is not a date.") from error


def _timestamp(text: str) -> str:
    """With nine digits after the point, so that texts compare as the times do."""
    seconds, _, fraction = text.partition(".")
    try:
        moment = dt.datetime.strptime(seconds, "%Y-%m-%d %H:%M:%S")
        if "." in text and not re.fullmatch(r"[0-9]{1,9}", fraction):
            raise ValueError(fraction)
    except ValueError as error:
        shape = "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"
        raise ValueError(f"{shape} {text} is not a timestamp.") from error
    return f"{moment.isoformat()}.{fraction.ljust(9, '0')}"


CONVERSIONS: dict[str, Callable[[str], Any]] = {
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
}
