"""TPC-H as DuckDB's own extension makes it: the tables as Parquet, and its 22 queries.

The extension is installed aside from the package index, into the lab's cache, since no wheel of
DuckDB holds it.
"""

import datetime as dt
import math
import shutil
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from lab.config import Config

PACKAGE = "duckdb-extension-tpch"
TYPES = {"BIGINT": "bigint", "INTEGER": "int", "VARCHAR": "string", "DATE": "date"}


def extension(config: Config) -> Path:
    """The extension's file. Needs uv, which installed the lab, and a package index."""
    folder = config.cache / f"{PACKAGE}-{duckdb.__version__}"
    if not folder.is_dir():
        uv = shutil.which("uv") or str(config.cache / "uv" / "bin" / "uv")
        requirement = f"{PACKAGE}=={duckdb.__version__}"
        made = folder.with_suffix(".new")
        command = [uv, "pip", "install", "-q", "--no-deps", "--python", sys.executable]
        subprocess.run([*command, "--target", str(made), requirement], check=True)
        made.replace(folder)
    return next(folder.rglob("tpch.duckdb_extension"))


def generate(config: Config, scale: float, folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Write every table as ``<name>.parquet``; their columns with Hive's types."""
    tables = {}
    # In a file, so that a large scale needs no more memory than DuckDB is given.
    with duckdb.connect(folder / "tpch.duckdb") as connection:
        connection.execute(f"LOAD '{extension(config)}'")
        connection.execute(f"CALL dbgen(sf = {scale})")
        for (name,) in connection.execute("SHOW TABLES").fetchall():
            connection.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet)")
            described = connection.execute(f"DESCRIBE {name}").fetchall()
            tables[name] = [(row[0], TYPES.get(row[1], row[1].lower())) for row in described]
    (folder / "tpch.duckdb").unlink()
    return tables


def queries(config: Config) -> list[str]:
    """The 22 queries in order, in SQL that Trino reads as well."""
    with duckdb.connect() as connection:
        connection.execute(f"LOAD '{extension(config)}'")
        rows = connection.execute("SELECT query FROM tpch_queries() ORDER BY query_nr").fetchall()
    # Only DuckDB groups by the name that SELECT gives (query 15).
    return [
        text.replace("GROUP BY\n        supplier_no", "GROUP BY\n        l_suppkey").strip()
        for (text,) in rows
    ]


def difference(
    columns: Sequence[dict[str, Any]],
    rows: Sequence[Sequence[str | None]],
    expected: Sequence[Sequence[Any]],
) -> str | None:
    """The first row that Athena answers otherwise than bare DuckDB, whose values are Python's.

    Rows that are equal in what a query orders by come in any order. Numbers may differ by what
    doubles lose and, since averages and quotients of decimals are decimals here and doubles there,
    by a half of the last digit of Athena's type.
    """
    slack = [10.0 ** -one["Scale"] / 2 if one["Type"] == "decimal" else 0.0 for one in columns]
    wanted = [[_text(value) for value in row] for row in expected]
    if len(rows) != len(wanted):
        return f"{len(rows)} rows in place of {len(wanted)}"
    pairs = zip(sorted(rows, key=_key), sorted(wanted, key=_key), strict=True)
    for one, other in pairs:
        if not all(map(_same, one, other, slack)):
            return f"{one} in place of {other}"
    return None


def _text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return (
        None if value is None else value.isoformat() if isinstance(value, dt.date) else str(value)
    )


def _key(row: Sequence[str | None]) -> list[tuple[bool, str, float]]:
    """What is no fraction sorts as text, the rest as numbers."""
    return [
        (value is None, "", _number(value) or 0.0) if _number(value) is not None
        else (value is None, value or "", 0.0)
        for value in row
    ]  # fmt: skip


def _number(value: str | None) -> float | None:
    try:
        return float(value or "")
    except ValueError:
        return None


def _same(one: str | None, other: str | None, slack: float) -> bool:
    a, b = _number(one), _number(other)
    if a is None or b is None:
        return one == other
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=slack * (1 + 1e-9))
