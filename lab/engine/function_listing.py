"""SHOW FUNCTIONS: Trino's functions, a row for each way to call one.

Source: Trino documentation, "SHOW FUNCTIONS".
"""

import re
from collections.abc import Iterator

from lab.engine import statements as s
from lab.engine.compiler import Named
from lab.engine.errors import QueryError
from lab.engine.signatures import load
from lab.engine.types import BOOLEAN, VARCHAR

COLUMNS = (
    Named("Function", VARCHAR),
    Named("Return Type", VARCHAR),
    Named("Argument Types", VARCHAR),
    Named("Function Type", VARCHAR),
    Named("Deterministic", BOOLEAN),
    Named("Description", VARCHAR),
)
CHANGING = ("rand", "random", "shuffle", "uuid")


def functions(statement: s.ShowFunctions) -> Iterator[list[str | None]]:
    """Those whose name fits the pattern, in the order of their names. Descriptions are empty: the
    signatures that this engine knows have none.
    """
    fits = _pattern(statement)
    for name, signatures in sorted(load().items()):
        if fits.fullmatch(name) is None:
            continue
        steady = str(name not in CHANGING).lower()
        for one in sorted(signatures, key=lambda each: (each.arguments, each.returns)):
            yield [name, one.returns, ", ".join(one.arguments), one.kind, steady, ""]


def _pattern(statement: s.ShowFunctions) -> re.Pattern[str]:
    """LIKE as a regular expression: ``%`` is anything, ``_`` any character, unless escaped."""
    escape = statement.escape
    if escape is not None and len(escape) != 1:
        message = "Escape string must be a single character"
        raise QueryError("INVALID_FUNCTION_ARGUMENT", message)
    parts, escaped = [], False
    for letter in "%" if statement.pattern is None else statement.pattern:
        if not escaped and letter == escape:
            escaped = True
            continue
        wild = {"%": ".*", "_": "."}.get(letter)
        parts.append(re.escape(letter) if escaped or wild is None else wild)
        escaped = False
    return re.compile("".join(parts))
