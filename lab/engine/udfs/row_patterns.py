"""Finds the matches of a row pattern in a partition, as MATCH_RECOGNIZE prefers them.

A row is a number whose bits say which variables its conditions permit. The pattern is compiled to a
small program that is run with backtracking; since a condition looks at its own row and at its
neighbours only, no state of the program at a row needs to be tried twice. Source: Trino
documentation, "MATCH_RECOGNIZE".
"""

import re
from functools import lru_cache
from itertools import permutations
from typing import Any

TOKEN = re.compile(
    r'\s*(?:("(?:[^"]|"")*"|[A-Za-z_]\w*)|(\{-|-\})|(\{\d*(?:\s*,\s*\d*)?\}|[*+?])|([()|^$,]))'
)
MOST = 1_000


class PatternError(ValueError):
    """A pattern that is none, or that this module does not do."""


def variables(pattern: str) -> list[str]:
    """The names in the pattern, upper case unless quoted, in order of appearance."""
    found = [_name(match[1]) for match in TOKEN.finditer(pattern) if match[1]]
    return [name for name in dict.fromkeys(found) if name != "PERMUTE"]


def _name(written: str) -> str:
    return written[1:-1].replace('""', '"') if written[0] == '"' else written.upper()


# A program: ("row", bit), ("split", preferred, other), ("jump", to), ("start",), ("end",) and
# ("done",).
Program = list[tuple[Any, ...]]


@lru_cache(maxsize=128)
def program(pattern: str) -> Program:
    """PatternError says what is wrong."""
    parser = _Parser(pattern)
    made = parser.alternatives()
    if parser.place < len(parser.tokens):
        raise PatternError(f"unexpected {parser.tokens[parser.place]}")
    return [*made, ("done",)]


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.names = variables(pattern)
        self.tokens: list[str] = []
        place = 0
        while place < len(pattern.rstrip()):
            match = TOKEN.match(pattern, place)
            if match is None:
                raise PatternError(f"unexpected {pattern[place:]}")
            if match[2]:
                raise PatternError("exclusion of rows is not supported by this lab")
            self.tokens.append(match[0].strip())
            place = match.end()
        self.place = 0

    @property
    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]

    def alternatives(self) -> Program:
        made = self.sequence()
        while self.peek == "|":
            self.take()
            made = _either(made, self.sequence())
        return made

    def sequence(self) -> Program:
        made: Program = []
        while self.peek and self.peek not in ("|", ")", ","):
            made = _joined(made, self.quantified())
        return made

    def quantified(self) -> Program:
        made = self.primary()
        if self.peek[:1] not in ("*", "+", "?", "{") or not self.peek:
            return made
        low, high = _bounds(self.take())
        reluctant = self.peek == "?"
        if reluctant:
            self.take()
        return _repeated(made, low, high, reluctant)

    def primary(self) -> Program:
        piece = self.take()
        if piece == "(":
            made = self.alternatives()
            if self.peek != ")":
                raise PatternError("missing )")
            self.take()
            return made
        if piece in "^$":
            return [("start",) if piece == "^" else ("end",)]
        if piece.upper() == "PERMUTE" and self.peek == "(":
            return self.permuted()
        if _name(piece) not in self.names:
            raise PatternError(f"unexpected {piece}")
        return [("row", self.names.index(_name(piece)))]

    def permuted(self) -> Program:
        self.take()
        parts = [self.alternatives()]
        while self.peek == ",":
            self.take()
            parts.append(self.alternatives())
        self.take()
        orders: list[Program] = []
        for order in permutations(parts):
            made: Program = []
            for part in order:
                made = _joined(made, part)
            orders.append(made)
        result = orders[-1]
        for made in reversed(orders[:-1]):
            result = _either(made, result)
        return result


def _shifted(code: Program, by: int) -> Program:
    return [
        (step[0], *(to + by for to in step[1:])) if step[0] in ("split", "jump") else step
        for step in code
    ]


def _joined(first: Program, second: Program) -> Program:
    return first + _shifted(second, len(first))


def _either(first: Program, second: Program) -> Program:
    head: Program = [("split", 1, len(first) + 2)]
    end = len(first) + len(second) + 2
    return head + _shifted(first, 1) + [("jump", end)] + _shifted(second, len(first) + 2)


def _optional(code: Program, reluctant: bool) -> Program:
    inside, after = 1, len(code) + 1
    ways = (after, inside) if reluctant else (inside, after)
    return [("split", *ways), *_shifted(code, 1)]


def _star(code: Program, reluctant: bool) -> Program:
    inside, after = 1, len(code) + 2
    ways = (after, inside) if reluctant else (inside, after)
    return [("split", *ways), *_shifted(code, 1), ("jump", 0)]


def _repeated(code: Program, low: int, high: int | None, reluctant: bool) -> Program:
    if max(low, high or 0) > MOST:
        raise PatternError(f"a quantifier above {MOST} is not supported by this lab")
    made: Program = []
    for _ in range(low):
        made = _joined(made, code)
    if high is None:
        return _joined(made, _star(code, reluctant))
    rest: Program = []
    for _ in range(high - low):
        rest = _optional(_joined(code, rest), reluctant)
    return _joined(made, rest)


def _bounds(quantifier: str) -> tuple[int, int | None]:
    if quantifier in ("*", "+", "?"):
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[quantifier]
    low, comma, high = quantifier.strip("{}").replace(" ", "").partition(",")
    if not comma:
        return int(low), int(low)
    return int(low or 0), int(high) if high else None


def _match(code: Program, masks: list[int], start: int) -> list[int] | None:
    """The variables of the rows of the preferred match that begins at ``start``."""
    stack: list[tuple[int, int, Any]] = [(0, start, None)]
    seen: set[tuple[int, int]] = set()
    while stack:
        at, row, labels = stack.pop()
        if (at, row) in seen:
            continue
        seen.add((at, row))
        step = code[at]
        match step[0]:
            case "done":
                found = []
                while labels is not None:
                    found.append(labels[0])
                    labels = labels[1]
                return found[::-1]
            case "row":
                if row < len(masks) and masks[row] >> step[1] & 1:
                    stack.append((at + 1, row + 1, (step[1], labels)))
            case "split":
                stack.append((step[2], row, labels))
                stack.append((step[1], row, labels))
            case "jump":
                stack.append((step[1], row, labels))
            case "start" if row == 0:
                stack.append((at + 1, row, labels))
            case "end" if row == len(masks):
                stack.append((at + 1, row, labels))
    return None


def find_matches(masks: list[int], pattern: str, skip: str) -> list[list[int]]:
    """[number of the match, row from 1, variable] for each row of each match; the variable is -1
    for an empty match, and -2 for a row (of match 0) that no match has.

    ``skip`` is ``past``, ``next``, or ``first`` or ``last`` with the number of a variable.
    """
    code, found, number, row = program(pattern), [], 0, 0
    covered = 0
    while row < len(masks):
        labels = _match(code, masks, row)
        if labels is None:
            if row >= covered:
                found.append([0, row + 1, -2])
            row += 1
            continue
        number += 1
        if not labels:
            found.append([number, row + 1, -1])
            row += 1
            continue
        found += [[number, row + offset + 1, label] for offset, label in enumerate(labels)]
        covered = max(covered, row + len(labels))
        row = _following(row, labels, skip)
    return found


def _following(row: int, labels: list[int], skip: str) -> int:
    """Where the next search begins."""
    if skip == "past":
        return row + len(labels)
    if skip == "next":
        return row + 1
    way, variable = skip.split(":")
    places = [place for place, label in enumerate(labels) if label == int(variable)]
    if not places:
        raise PatternError("AFTER MATCH SKIP failed: pattern variable is not present in match")
    if (place := places[0 if way == "first" else -1]) == 0:
        raise PatternError("AFTER MATCH SKIP failed: cannot skip to first row of match")
    return row + place
