"""Delimited text: which character separates, whether there is a header, what the columns are.

Source: AWS Glue User Guide, "Built-in classifiers" (CSV classifier), "Writing CSV custom
classifiers".
"""

import csv
import re
from collections import Counter
from itertools import islice
from typing import NamedTuple

from lab.providers.glue.crawlers.kinds import NULL, Kind, merge
from lab.providers.glue.crawlers.samples import Sample
from lab.providers.glue.crawlers.schemas import Reading, Schema

DELIMITERS = (",", "|", "\t", ";", "\x01")
ROWS = 1000
"""How many rows of a file are looked at."""
LEAST_ALIKE = 0.7
"""Which part of the rows must have as many fields as the first."""
LONGEST_NAME = 150

INTEGER = re.compile(r"[+-]?\d{1,19}")
DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")

Row = list[str]


class Rules(NamedTuple):
    """How a custom classifier wants its files read; the defaults are the built-in one's.

    ``header``: UNKNOWN, PRESENT or ABSENT; ``names``: those of the columns, when they are given.
    """

    delimiters: tuple[str, ...] = DELIMITERS
    quote: str = '"'
    header: str = "UNKNOWN"
    names: tuple[str, ...] = ()
    is_trimmed: bool = True
    single_column: bool = False
    serde: str = "LazySimpleSerDe"


BUILT_IN = Rules()


def classify(sample: Sample, rules: Rules = BUILT_IN) -> Reading | None:
    """None when the file is no delimited text."""
    lines = sample.lines[: ROWS + 1]
    if not sample.is_text or len(lines) < (1 if rules.single_column else 2):
        return None
    for delimiter in rules.delimiters:
        if not (delimiter in lines[0] or rules.single_column):
            continue
        rows = _rows(lines, delimiter, rules)
        if rows and _is_table(rows, rules):
            return _reading(sample, rows, delimiter, rules)
    return None


def _rows(lines: list[str], delimiter: str, rules: Rules) -> list[Row]:
    if any(rules.quote in line for line in lines):
        try:
            rows = list(csv.reader(lines, delimiter=delimiter, quotechar=rules.quote))
        except csv.Error:
            return []
    else:
        rows = [line.split(delimiter) for line in lines]
    if not rules.is_trimmed:
        return rows
    return [[field.strip() for field in row] for row in rows]


def _is_table(rows: list[Row], rules: Rules) -> bool:
    width = len(rows[0])
    if width < 2 and not rules.single_column:
        return False
    if rules.names and len(rules.names) != width:
        return False
    alike = sum(1 for row in rows if len(row) == width)
    return alike >= LEAST_ALIKE * len(rows)


def _reading(sample: Sample, rows: list[Row], delimiter: str, rules: Rules) -> Reading:
    first, width = rows[0], len(rows[0])
    below = _kinds(rows[1:], width)
    is_header = _is_header(first, below, rules)
    kinds = (
        below
        if is_header
        else [merge(a, b) for a, b in zip(_kinds([first], width), below, strict=True)]
    )
    names = rules.names or (first if is_header else ())
    columns = tuple(zip(_unique(names, width), kinds, strict=True))
    quote = (("quote", rules.quote),) if rules.serde == "OpenCSVSerDe" else ()
    form = (("delimiter", delimiter), ("serde", rules.serde), *quote)
    schema = Schema("csv", columns, sample.compression, form, header=int(is_header))
    return counted(sample, schema)


def counted(sample: Sample, schema: Schema) -> Reading:
    """The reading of a file whose records are lines."""
    lines = len(sample.lines)
    records = max(0, lines - schema.header)
    size = len(sample.data) / max(1, lines)
    return Reading(schema, records if sample.is_whole else int(records / sample.share), size)


def _is_header(first: Row, below: list[Kind], rules: Rules) -> bool:
    """Whether the first row is one: all text, short, and unlike the rows below."""
    if rules.header != "UNKNOWN":
        return rules.header == "PRESENT"
    if not all(first[:-1]) or any(of_text(field) != "string" for field in first if field):
        return False
    if any(len(field) >= LONGEST_NAME for field in first[:-1]):
        return False
    return any(kind not in ("string", NULL) for kind in below)


def _kinds(rows: list[Row], width: int) -> list[Kind]:
    columns: list[Kind] = []
    for place in range(width):
        seen = Counter(row[place] for row in rows if place < len(row))
        kind: Kind = NULL
        for value in islice(seen, ROWS):
            kind = merge(kind, of_text(value))
            if kind == "string":
                break
        columns.append(kind)
    return columns


def of_text(value: str) -> Kind:
    """The kind of a field; dates are text for a crawler."""
    if not value:
        return NULL
    if INTEGER.fullmatch(value):
        return "bigint" if -(2**63) <= int(value) < 2**63 else "double"
    if DECIMAL.fullmatch(value):
        return "double"
    return "boolean" if value.lower() in ("true", "false") else "string"


def _unique(names: tuple[str, ...] | Row, width: int) -> list[str]:
    """Names of all columns: ``col0`` and so on where there is none, or one that is taken."""
    found: list[str] = []
    for place in range(width):
        name = names[place].lower() if place < len(names) else ""
        found.append(name if name and name not in found else f"col{place}")
    return found
