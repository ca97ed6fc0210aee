"""Every scalar function that is done answers NULL when all that it is given is NULL."""

import pytest

from lab.engine import signatures
from lab.engine.builtins import SCALARS
from lab.engine.errors import QueryError
from tests.engine.support import Athena

PLAIN = {
    "varchar": "VARCHAR", "varbinary": "VARBINARY", "decimal": "DECIMAL(10,2)", "bigint": "BIGINT",
    "integer": "INTEGER", "smallint": "SMALLINT", "tinyint": "TINYINT", "double": "DOUBLE",
    "real": "REAL", "boolean": "BOOLEAN", "date": "DATE", "json": "JSON",
    "timestamp": "TIMESTAMP(3)", "time": "TIME(3)", "uuid": "UUID",
}  # fmt: skip
NOT_NULL = frozenset({
    "concat_ws", "current_date", "current_timezone", "e", "infinity", "map", "nan", "now", "pi",
    "rand", "random", "typeof", "uuid",
})  # fmt: skip
CONSTANT = ("date_", "from_unixtime", "at_", "with_", "parse_", "format_datetime", "normalize")


def typed_null(pattern: str) -> str | None:
    """A NULL of the type; None when the type needs a value of its own."""
    if signatures.is_variable(pattern):
        return "CAST(NULL AS INTEGER)"
    name, inner = signatures.head(pattern)
    if name == "array" and signatures.is_variable(inner[0]):
        return "CAST(NULL AS ARRAY(INTEGER))"
    if name == "map" and all(map(signatures.is_variable, inner)):
        return "CAST(NULL AS MAP(INTEGER, INTEGER))"
    if name == "varchar" and inner and inner[0].isdigit():
        return f"CAST(NULL AS {pattern})"
    return f"CAST(NULL AS {PLAIN[name]})" if name in PLAIN else None


def calls() -> list[str]:
    found = []
    for name in sorted(SCALARS.keys() & signatures.load().keys() - NOT_NULL):
        if name.startswith(CONSTANT):
            continue
        for signature in signatures.load()[name]:
            nulls = [typed_null(argument) for argument in signature.arguments]
            if nulls and all(nulls):
                found.append(f"{name}({', '.join(null for null in nulls if null)})")
    return found


@pytest.mark.parametrize("call", calls())
def test_null_in_null_out(engine: Athena, call: str) -> None:
    try:
        rows = engine.run(f"SELECT {call}")
    except QueryError as error:
        assert error.name == "NOT_SUPPORTED", error
        return
    assert rows == [[None]]
