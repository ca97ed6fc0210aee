"""Lines that a grok pattern takes apart: web servers' logs, and what custom classifiers name.

Source: AWS Glue User Guide, "Built-in classifiers", "Writing grok custom classifiers".
"""

import re
from itertools import islice

from lab.engine.errors import QueryError
from lab.engine.grok import REFERENCE, expanded
from lab.engine.java_regex import compiled as java_compiled
from lab.engine.udfs import backtracking
from lab.providers.glue.crawlers.csv_text import counted
from lab.providers.glue.crawlers.kinds import Columns
from lab.providers.glue.crawlers.samples import Sample
from lab.providers.glue.crawlers.schemas import Reading, Schema

LINES = 200
"""How many lines of a file are looked at."""
STRANGE = 0.3
"""Which part of the lines a pattern may not match."""

APACHE = "%{COMMONAPACHELOG}"
COMBINED = "%{COMBINEDAPACHELOG}"
BUILT_IN = (("combined_apache", COMBINED), ("apache", APACHE))

TYPES = {
    "byte": "tinyint", "boolean": "boolean", "double": "double", "short": "smallint", "int": "int",
    "long": "bigint", "float": "float", "string": "string",
}  # fmt: skip
_TYPED = re.compile(r"%\{\w+:(\w+):(\w+)\}")


def classify(sample: Sample, classification: str, pattern: str, custom: str = "") -> Reading | None:
    """None when the pattern does not take most lines apart, or is none."""
    lines = sample.lines[:LINES]
    if not sample.is_text or not lines:
        return None
    try:
        written = expanded(pattern, custom)
        matcher = backtracking.compiled(written)
        strange = (line for line in lines if not matcher.fullmatch(line))
        # Most files are no logs, which their first lines show.
        if next(islice(strange, int(len(lines) * STRANGE), None), None) is not None:
            return None
        columns = _columns(written, pattern)
    except (QueryError, re.error):
        return None
    if not columns:
        return None
    form = (("pattern", pattern), *((("custom", custom),) if custom else ()))
    return counted(sample, Schema(classification, columns, sample.compression, form))


def _columns(written: str, pattern: str) -> Columns:
    typed = {name: TYPES.get(kind, "string") for name, kind in _TYPED.findall(pattern)}
    names = java_compiled(written).groupindex
    return tuple((name, typed.get(name, "string")) for name in names)


def unknown_names(pattern: str, custom: str) -> str | None:
    """Why a pattern cannot be used; None when it can."""
    if not REFERENCE.search(pattern):
        return "it names no pattern"
    try:
        java_compiled(expanded(pattern, custom))
    except (QueryError, re.error) as error:
        return str(error)
    return None
