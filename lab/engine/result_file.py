"""A result as Athena's CSV, written by DuckDB: a value's text is made in SQL where that is what
``text.printer`` prints, and many rows need no Python.

Every value stands in double quotes, NULL is nothing between two commas. Source: Amazon Athena User
Guide, "Work with query results and recent queries".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from pathlib import Path

from lab.engine import types
from lab.engine.compiler import Compiled, wire
from lab.engine.run import Job, execute, with_sources
from lab.engine.scan import Source
from lab.engine.types import Type, quote

AS_STORED = ("boolean", *types.INTEGERS, "decimal", "varchar", "char", "date")
FRACTIONS = {0: "", 3: ".%g", 6: ".%f"}
OPTIONS = (
    "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', FORCE_QUOTE *, NULLSTR '',"
    " USE_TMP_FILE false"
)


def can_write(compiled: Compiled) -> bool:
    """Whether SQL makes the text of every column, and DuckDB leaves the columns their names."""
    names = [column.name.lower() for column in compiled.columns]
    return (
        all(names)
        and len(set(names)) == len(names)
        and all(_text("c", column.type) for column in compiled.columns)
    )


def write(job: Job, compiled: Compiled, sources: list[Source], path: Path) -> int:
    """Header and rows of a query that ``can_write`` accepts; how many rows."""
    columns = ", ".join(
        f"{_text(f'w.c{place}', column.type)} AS {quote(column.name)}"
        for place, column in enumerate(compiled.columns)
    )
    rows = with_sources(compiled, sources, wire(compiled))
    sql = f"COPY (SELECT {columns} FROM ({rows}) AS w) TO {types.text(str(path))} ({OPTIONS})"
    return int(execute(job, sql)[0][0])


def _text(sql: str, kind: Type) -> str | None:
    """SQL for the text of a value that ``wire`` made; None when there is none."""
    # Without a digit before the point DuckDB prints none there.
    if kind.name in AS_STORED and not (kind.name == "decimal" and kind.args[0] == kind.args[1]):
        return sql
    if kind.name == "double":
        return f"lab_java_double({sql})"
    if kind.name == "timestamp" and kind.args[0] in FRACTIONS:
        return f"strftime({sql}, '%Y-%m-%d %H:%M:%S{FRACTIONS[kind.args[0]]}')"
    return None
