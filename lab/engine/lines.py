"""Text files as lines, each one a VARCHAR, for the SerDes that take a line apart by themselves."""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from lab.engine import types
from lab.engine.catalog import StoredFile, Table

# What no text holds, so that a line is one field.
NEVER = "\x02\x01\x02\x01"
NEVER_NULL = "\x03\x04\x03\x04"


def source(table: Table, files: list[StoredFile], file_column: str) -> str:
    """SELECT of ``line``, and of the file's path when ``file_column`` names a column for it."""
    listed = ", ".join(types.text(str(file.path)) for file in files)
    option = f", filename={types.text(file_column)}" if file_column else ""
    skip = int(table.parameters.get("skip.header.line.count", "0"))
    return (
        f"SELECT * FROM read_csv([{listed}], columns={{'line': 'VARCHAR'}}, auto_detect=false,"
        f" header=false, delim='{NEVER}', quote='', escape='', nullstr='{NEVER_NULL}',"
        f" strict_mode=false, hive_partitioning=false, skip={skip}{option})"
    )
