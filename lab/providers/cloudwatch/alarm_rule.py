"""The rule of a composite alarm: its text to a tree, and the tree to a truth.

    ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA("arn:..."))
    AT_LEAST(2, ALARM, ("a", "b", "c"))

Source: Amazon CloudWatch API reference, "PutCompositeAlarm", AlarmRule.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[(),]|[^\s(),"]+)')
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")

StateOf = Callable[[str], str]


class RuleError(Exception):
    """Why a text is no rule."""


@dataclass(frozen=True, slots=True)
class Constant:
    truth: bool


@dataclass(frozen=True, slots=True)
class Count:
    """At least so many of these alarms are in the state; one alarm in a state is one of one."""

    least: float
    state: str
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """``AND``, ``OR`` or ``NOT`` of rules."""

    operator: str
    rules: tuple["Rule", ...]


Rule = Constant | Count | Logic


def parse(text: str) -> Rule:
    parser = Parser(text)
    rule = parser.either()
    if parser.current:
        raise RuleError(f"Unexpected '{parser.current}'")
    return rule


def alarms_in(rule: Rule) -> Iterator[str]:
    """The names or ARNs of the alarms that the rule speaks of."""
    match rule:
        case Count(alarms=alarms):
            yield from alarms
        case Logic(rules=rules):
            for each in rules:
                yield from alarms_in(each)


def holds(rule: Rule, state_of: StateOf) -> bool:
    match rule:
        case Constant(truth):
            return truth
        case Count(least, state, alarms):
            return sum(state_of(alarm) == state for alarm in alarms) >= least
        case Logic("NOT", (inner,)):
            return not holds(inner, state_of)
        case Logic(operator, rules):
            combine = all if operator == "AND" else any
            return combine(holds(each, state_of) for each in rules)
    raise AssertionError(rule)


class Parser:
    """Recursive descent: OR is loosest, then AND, then NOT."""

    def __init__(self, text: str) -> None:
        self._tokens = TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r'\s+(?=(?:[^"]*"[^"]*")*[^"]*$)', "", text):
            raise RuleError("Unexpected character")
        self._place = 0

    @property
    def current(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def either(self) -> Rule:
        return self._chain("OR", lambda: self._chain("AND", self._negation))

    def _chain(self, operator: str, operand: Callable[[], Rule]) -> Rule:
        rules = [operand()]
        while self.current.upper() == operator:
            self._place += 1
            rules.append(operand())
        return rules[0] if len(rules) == 1 else Logic(operator, tuple(rules))

    def _negation(self) -> Rule:
        if self.current.upper() == "NOT":
            self._place += 1
            return Logic("NOT", (self._negation(),))
        return self._atom()

    def _atom(self) -> Rule:
        word = self._take().upper()
        if word == "(":
            rule = self.either()
            self._expect(")")
            return rule
        if word in ("TRUE", "FALSE"):
            return Constant(word == "TRUE")
        if word in STATES:
            self._expect("(")
            name = self._name()
            self._expect(")")
            return Count(1, word, (name,))
        if word == "AT_LEAST":
            return self._at_least()
        raise RuleError(f"Unexpected '{word}'" if word else "Unexpected end of the rule")

    def _at_least(self) -> Rule:
        self._expect("(")
        share = re.fullmatch(r"(\d+)(%?)", text := self._take())
        if not share:
            raise RuleError(f"Unexpected '{text}'")
        self._expect(",")
        state = self._take().upper()
        if state not in STATES:
            raise RuleError(f"Unexpected '{state}'")
        for sign in (",", "("):
            self._expect(sign)
        names = [self._name()]
        while self.current == ",":
            self._place += 1
            names.append(self._name())
        for sign in (")", ")"):
            self._expect(sign)
        least = int(share[1]) / 100 * len(names) if share[2] else int(share[1])
        return Count(least, state, tuple(names))

    def _name(self) -> str:
        text = self._take()
        if not text or text in "(),":
            raise RuleError(f"Unexpected '{text}'")
        return text[1:-1].replace('\\"', '"') if text.startswith('"') else text

    def _take(self) -> str:
        text = self.current
        self._place += 1
        return text

    def _expect(self, sign: str) -> None:
        if self.current != sign:
            raise RuleError(f"Unexpected '{self.current}'" if self.current else "Unexpected end")
        self._place += 1
