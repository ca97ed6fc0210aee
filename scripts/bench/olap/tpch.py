"""TPC-H as DuckDB's own extension makes it: the tables as Parquet, and its 22 queries.

The extension is installed aside from the package index, into the lab's cache, since no wheel of
DuckDB holds it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

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
