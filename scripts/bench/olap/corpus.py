"""Runs the project's table of statements through Athena's API on a real Trino and compares.

    PYTHONPATH=scripts/bench python -m olap.corpus

``tests/engine/trino/statements.json`` holds what a Trino answered once, in Athena's text. What the
embedded engine refuses has no answer there; such a statement has to succeed. Ends with the number
of right answers; the exit status is 0 when all are right, 77 when Trino cannot be fetched.
"""

import json
import math
import re
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab.config import ROOT, load
from lab.errors import LabError
from olap import server, trino_server

FOLDER = ROOT / "tests" / "engine" / "trino"
NOT_FETCHED = 77
AT_ONCE = 4
PAUSE = 0.02
# Statements that write, one after another, and the rows of those that read what was written.
WRITING: tuple[tuple[str, list[list[str | None]]], ...] = (
    (
        "CREATE TABLE made WITH (format = 'TEXTFILE', field_delimiter = ',', write_compression ="
        " 'GZIP', partitioned_by = ARRAY['region']) AS SELECT nationkey, name, regionkey AS region"
        " FROM nation",
        [],
    ),
    ("INSERT INTO made VALUES (99, 'Atlantis', 7)", []),
    ("CREATE VIEW counted AS SELECT region, count(*) AS n FROM made GROUP BY region", []),
    (
        "SELECT * FROM counted ORDER BY region",
        [["0", "5"], ["1", "5"], ["2", "5"], ["3", "5"], ["4", "5"], ["7", "1"]],
    ),
    ("SELECT name FROM made WHERE region = 7", [["Atlantis"]]),
    (
        f"UNLOAD (SELECT name FROM made) TO 's3://{server.BUCKET}/unloaded/' WITH (format ="
        " 'PARQUET', compression = 'SNAPPY')",
        [],
    ),
    (
        "CREATE EXTERNAL TABLE unloaded (name string) STORED AS PARQUET LOCATION"
        f" 's3://{server.BUCKET}/unloaded/'",
        [],
    ),
    ("SELECT count(*) FROM unloaded", [["26"]]),
)


def main() -> int:
    data = json.loads((FOLDER / "statements.json").read_text(encoding="utf-8"))
    cache = load().cache
    with tempfile.TemporaryDirectory(prefix="lab-trino-") as name:
        config, port = trino_server.config_for(Path(name), cache)
        try:
            trino_server.install(config)
        except LabError as error:
            print(f"{error.message} {error.next_step}")
            return NOT_FETCHED if error.code == "download" else 1
        log = config.home / "trino.log"
        with trino_server.running(config, port, log), server.running(config) as athena:
            create_tables(athena, data["tables"])
            return compare(athena, data["statements"])


def create_tables(athena: server.Athena, tables: dict[str, list[tuple[str, str]]]) -> None:
    athena.run("CREATE DATABASE lab")
    for name, columns in tables.items():
        key = f"tables/{name}/{name}.parquet"
        athena.s3.upload_file(str(FOLDER / f"{name}.parquet"), server.BUCKET, key)
        declared = ", ".join(f"`{column}` {kind}" for column, kind in columns)
        athena.run(
            f"CREATE EXTERNAL TABLE {name} ({declared}) STORED AS PARQUET"
            f" LOCATION 's3://{server.BUCKET}/tables/{name}/'",
            "lab",
        )


def compare(athena: server.Athena, statements: list[dict[str, Any]]) -> int:
    """Print what is wrong, and the counts; 0 when nothing is."""
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = threads.map(lambda statement: check(athena, statement), statements)
        for statement, (kind, wrong) in zip(statements, found, strict=True):
            counts["wrong" if wrong else kind] += 1
            if wrong:
                print(f"WRONG {statement['id']}: {wrong}")
    for sql, wanted in WRITING:
        identifier = athena.run(sql, "lab")["QueryExecutionId"]
        rows = athena.rows(identifier)[1] if wanted else []
        counts["written" if rows == wanted else "wrong"] += 1
        if rows != wanted:
            print(f"WRONG {sql}: {rows}")
    print(
        f"Of {len(statements)} statements Trino gives the rows of {counts['rows']} and the errors"
        f" of {counts['errors']} as recorded, and runs {counts['run']} that DuckDB refuses;"
        f" {counts['written']} that write and read again are right."
    )
    print(f"{counts.total() - counts['wrong']} passed, {counts['wrong']} failed")
    return 1 if counts["wrong"] else 0


def check(athena: server.Athena, statement: dict[str, Any]) -> tuple[str, str]:
    """What was compared, and what is wrong or nothing."""
    refused = "by this lab" in statement.get("message", "")
    found = athena.wait(athena.start(statement["sql"], "lab"), PAUSE)
    status, reason = found["Status"]["State"], found["Status"].get("StateChangeReason", "")
    if "error" in statement and not refused:
        right = status == "FAILED" and reason.startswith(f"{statement['error']}: ")
        return "errors", "" if right else f"expected {statement['error']}, got {status} {reason}"
    if status != "SUCCEEDED":
        return "rows", f"{status} {reason}"
    if refused:
        return "run", ""
    columns, rows = athena.rows(found["QueryExecutionId"])
    return "rows", _difference(statement, columns, rows)


def _difference(
    statement: dict[str, Any], columns: list[dict[str, Any]], rows: list[list[str | None]]
) -> str:
    kinds = [kind for _, kind in statement["columns"]]
    shown = [(column["Name"].lower(), column["Type"]) for column in columns]
    if shown != [(name.lower(), _shown(kind)) for name, kind in statement["columns"]]:
        return f"columns {shown}"
    rows, wanted = _canonical(rows, kinds), _canonical(statement["rows"], kinds)
    if not statement.get("ordered"):
        rows, wanted = sorted(rows, key=repr), sorted(wanted, key=repr)
    if len(rows) != len(wanted):
        return f"{len(rows)} rows instead of {len(wanted)}"
    for row, other in zip(rows, wanted, strict=True):
        if not all(same(a, b) for a, b in zip(row, other, strict=True)):
            return f"{row} instead of {other}"
    return ""


def _shown(kind: str) -> str:
    """How Athena names a type of Trino's."""
    if kind.startswith(("array(", "map(", "row(")):
        return kind.split("(", maxsplit=1)[0]
    return {"real": "float"}.get(kind, re.sub(r"\(.*\)", "", kind))


def _canonical(rows: list[list[str | None]], kinds: list[str]) -> list[list[str | None]]:
    """The entries of maps, which have no order, in one."""

    def value(text: str | None, kind: str) -> str | None:
        if text is None or not kind.startswith("map("):
            return text
        return ", ".join(sorted(text[1:-1].split(", ")))

    return [[value(*pair) for pair in zip(row, kinds, strict=True)] for row in rows]


def same(one: str | None, other: str | None) -> bool:
    """Equal, or doubles whose last digits depend on the order of summation."""
    if one == other or one is None or other is None or "." not in one:
        return one == other
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9)
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
