"""Lines that a pattern takes apart: RegexSerDe and Glue's GrokSerDe, with which web logs are read.

The pattern must match the whole line; a line that it does not match is a row of NULLs. Source:
Amazon Athena User Guide, "Regex SerDe" and "Grok SerDe".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from lab.engine import lines, types
from lab.engine.catalog import StoredFile, Table
from lab.engine.errors import QueryError
from lab.engine.grok import expanded
from lab.engine.java_regex import compiled
from lab.engine.lazy_text import lenient
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

REGEX_SERDE = "org.apache.hadoop.hive.serde2.RegexSerDe"
OLD_REGEX_SERDE = "org.apache.hadoop.hive.contrib.serde2.RegexSerDe"
GROK_SERDE = "com.amazonaws.glue.serde.GrokSerDe"
SERDES = (REGEX_SERDE, OLD_REGEX_SERDE, GROK_SERDE)


def source(scan: Scan, files: list[StoredFile], file_column: str) -> str:
    """SELECT of the scan's columns: the groups of the pattern, in the order of the columns."""
    table = scan.table
    pattern, flag, places = _pattern(table)
    selected = []
    for place, column in enumerate(table.columns):
        name = column.name.lower()
        if name in scan.mentioned:
            group = f"list_extract(f, {places[place]})" if place < len(places) else "NULL"
            value = f"CAST({group} AS VARCHAR)"
            selected.append(f"{lenient(value, parse_type(column.type))} AS {quote(name)}")
    if file_column:
        selected.append(quote(file_column))
    fields = f"lab_groups(line, {types.text(pattern)}, {types.text(flag)})"
    inner = f"SELECT *, {fields} AS f FROM ({lines.source(table, files, file_column)})"
    return f"SELECT {', '.join(selected) or '1 AS one'} FROM ({inner})"


def _pattern(table: Table) -> tuple[str, str, list[int]]:
    """The regular expression, ``i`` or nothing, and for each column the number of its group."""
    parameters = {key.lower(): value for key, value in table.serde_parameters.items()}
    if table.serde == GROK_SERDE:
        written = _required(parameters, "input.format", table)
        pattern = expanded(written, parameters.get("input.grokcustompatterns", ""))
        groups = {name.lower(): place for name, place in compiled(pattern).groupindex.items()}
        return pattern, "", [groups.get(column.name.lower(), 0) for column in table.columns]
    pattern = _required(parameters, "input.regex", table)
    ignore = parameters.get("input.regex.case.insensitive", "false").lower() == "true"
    count = compiled(pattern, ignore).groups
    return pattern, "i" if ignore else "", list(range(1, count + 1))


def _required(parameters: dict[str, str], name: str, table: Table) -> str:
    if name not in parameters:
        raise QueryError(
            "HIVE_CURSOR_ERROR", f'This table does not have serde property "{name}": {table.name}'
        )
    return parameters[name]


def groups_of(line: str, pattern: str, flag: str) -> list[str | None] | None:
    """The groups of a line, from the first; None when the pattern does not match it."""
    from lab.engine.udfs import backtracking

    match = backtracking.compiled(pattern, flag == "i").fullmatch(line)
    return list(match.groups()) if match else None
