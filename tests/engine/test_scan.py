"""DataScannedInBytes against figures computed from the files themselves."""

import datetime as dt
import gzip
import json
import subprocess
import sys
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lab.config import ROOT
from tests.engine.support import Athena

DAYS = ("2013-01-01", "2013-01-02", "2013-01-03")


@pytest.fixture
def events(athena: Athena) -> Athena:
    """A Parquet table partitioned by dt: three days, one file each, four row groups of 1,000
    rows.
    """
    athena.run(
        "CREATE EXTERNAL TABLE events (id bigint, name string, score double)"
        " PARTITIONED BY (dt string) STORED AS PARQUET LOCATION 's3://data/events/'"
    )
    for place, day in enumerate(DAYS):
        numbers = list(range(place * 4000, place * 4000 + 4000))
        table = pa.table(
            {
                "id": pa.array(numbers, pa.int64()),
                "name": [f"name {number % 97}" for number in numbers],
                "score": [number / 7 for number in numbers],
            }
        )
        path = athena.objects.path(f"s3://data/events/dt={day}/part-0.parquet")
        path.parent.mkdir(parents=True)
        pq.write_table(table, path, row_group_size=1000)
    athena.run("MSCK REPAIR TABLE events")
    return athena


def chunks(
    athena: Athena, days: tuple[str, ...], columns: tuple[str, ...], groups: Any = range(4)
) -> int:
    """The compressed bytes of these columns in these row groups, by the footers."""
    total = 0
    for day in days:
        path = athena.objects.path(f"s3://data/events/dt={day}/part-0.parquet")
        footer = pq.read_metadata(path)
        for group in groups:
            for place in range(footer.num_columns):
                chunk = footer.row_group(group).column(place)
                if chunk.path_in_schema in columns:
                    total += chunk.total_compressed_size
    return total


@pytest.mark.parametrize(
    ("sql", "days", "columns"),
    [
        ("SELECT count(*) FROM events", DAYS, ()),
        ("SELECT sum(id) FROM events", DAYS, ("id",)),
        ("SELECT * FROM events", DAYS, ("id", "name", "score")),
        ("SELECT count(*) FROM events WHERE dt = '2013-01-02'", DAYS[1:2], ()),
        ("SELECT max(name) FROM events WHERE dt > '2013-01-01'", DAYS[1:], ("name",)),
        ("SELECT id FROM events WHERE dt IN ('2013-01-01', '2013-01-03')", DAYS[::2], ("id",)),
        ("SELECT id FROM events WHERE date(dt) >= DATE '2013-01-03'", DAYS[2:], ("id",)),
        ("SELECT id FROM (SELECT * FROM events) WHERE dt = '2013-01-01'", DAYS[:1], ("id",)),
        ("WITH e AS (SELECT id, name, dt FROM events) SELECT id FROM e", DAYS, ("id",)),
        ("SELECT id FROM events WHERE score < 1e0 OR name = 'x'", DAYS, ("id", "name", "score")),
        ("SELECT a.id FROM events a JOIN events b ON a.id = b.id", DAYS * 2, ("id",)),
        ("SELECT dt FROM events WHERE dt = 'none'", (), ()),
    ],
)
def test_columns_and_partitions(
    events: Athena, sql: str, days: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    events.run(sql)
    assert events.bytes == chunks(events, days, columns)


@pytest.mark.parametrize(
    ("condition", "groups"),
    [
        ("id < 1000", (0,)),
        ("id >= 1500 AND id < 2500", (1, 2)),
        ("id BETWEEN 3000 AND 3001", (3,)),
        ("3999 = id", (3,)),
        ("id IN (5, 3500, 90000)", (0, 3)),
        ("id > 100000", ()),
    ],
)
def test_row_groups(events: Athena, condition: str, groups: tuple[int, ...]) -> None:
    """Row groups whose statistics exclude every row are not read."""
    events.run(f"SELECT name FROM events WHERE dt = '2013-01-01' AND {condition}")
    assert events.bytes == chunks(events, DAYS[:1], ("id", "name"), groups)


@pytest.mark.fidelity("athena_storage.parquet_bytes")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM events WHERE id < 1000",
        "SELECT name FROM events WHERE id >= 1500 AND id < 2500",
        "SELECT id, score FROM events WHERE dt = '2013-01-02' AND id BETWEEN 3000 AND 3001",
        "SELECT name FROM events WHERE dt > '2013-01-01'",
        "SELECT max(score) FROM events WHERE name = 'none'",
        "SELECT count(*) FROM events",
        "SELECT name FROM events WHERE id > 100000",
    ],
)
def test_the_bytes_that_are_counted_are_those_that_duckdb_reads(events: Athena, sql: str) -> None:
    assert bytes_read(events, sql) == events.bytes


@pytest.mark.parametrize(
    ("condition", "groups"),
    [
        ("m < TIMESTAMP '2024-01-01 00:16:40'", 2),  # the second begins within a millisecond of it
        ("m < TIMESTAMP '2024-01-01 00:16:39.999'", 1),
        ("m BETWEEN TIMESTAMP '2024-01-01 00:20:00' AND TIMESTAMP '2024-01-01 00:40:00'", 2),
        ("m IN (TIMESTAMP '2024-01-01 00:00:01', TIMESTAMP '2024-01-01 00:00:02')", 1),
        ("m > DATE '2024-01-02'", 0),
    ],
)
def test_timestamps_in_microseconds(athena: Athena, condition: str, groups: int) -> None:
    """They are rounded when they are read, and skip row groups all the same."""
    first = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    moments = [first + dt.timedelta(seconds=number, microseconds=400) for number in range(4000)]
    path = athena.objects.path("s3://data/t/part-0.parquet")
    path.parent.mkdir(parents=True)
    pq.write_table(
        pa.table({"m": pa.array(moments, pa.timestamp("us"))}), path, row_group_size=1000
    )
    athena.run("CREATE EXTERNAL TABLE t (m timestamp) STORED AS PARQUET LOCATION 's3://data/t/'")
    read = bytes_read(athena, f"SELECT count(m) FROM t WHERE {condition}")
    footer = pq.read_metadata(path)
    sizes = [footer.row_group(group).column(0).total_compressed_size for group in range(4)]
    assert read == athena.bytes
    assert read in {sum(sizes[start : start + groups]) for start in range(5 - groups)}


def bytes_read(athena: Athena, sql: str) -> int:
    """What DuckDB's log says it read of the files. The heads of pages are read twice, and footers
    are not counted.
    """
    cursor = athena.pool.cursor()
    cursor.execute("CALL enable_logging('FileSystem')")
    athena.run(sql)
    cursor.execute("CALL disable_logging()")
    reads = cursor.execute(
        "SELECT path, pos, pos + bytes FROM duckdb_logs_parsed('FileSystem') WHERE op = 'READ'"
        " AND path LIKE '%/part-0.parquet' ORDER BY ALL"
    ).fetchall()
    read = 0
    for path, ranges in groupby(reads, itemgetter(0)):
        footer = Path(path).stat().st_size - 8 - pq.read_metadata(path).serialized_size
        end = 0
        for _, start, stop in ranges:
            read += max(0, min(stop, footer) - max(start, end))
            end = max(end, stop)
    return read


def test_outer_join_does_not_lose_rows_to_pruning(events: Athena) -> None:
    rows = events.run(
        "SELECT count(*) FROM events a LEFT JOIN events b ON a.id = b.id AND b.dt = '2013-01-02'"
        " WHERE a.dt = '2013-01-01' AND b.dt IS NULL"
    )
    assert rows == [["4000"]]


def test_text_counts_compressed_files(athena: Athena) -> None:
    athena.run(
        "CREATE EXTERNAL TABLE logs (a int, b string) PARTITIONED BY (dt string)"
        " ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://data/logs/'"
    )
    lines = "".join(json.dumps({"a": i, "b": "x" * 50}) + "\n" for i in range(1000)).encode()
    packed = gzip.compress(lines)
    for day in DAYS:
        athena.objects.write(f"s3://data/logs/dt={day}/part.json.gz", packed)
    athena.run("MSCK REPAIR TABLE logs")
    assert athena.run("SELECT count(*), sum(a) FROM logs") == [["3000", "1498500"]]
    assert athena.bytes == 3 * len(packed)
    athena.run("SELECT b FROM logs WHERE dt = '2013-01-02' LIMIT 1")
    assert athena.bytes == len(packed)


def test_parquet_and_csv_need_no_arrow(tmp_path: Path) -> None:
    """Which would cost the lab some 60 MB of memory."""
    program = """
import sys
from pathlib import Path
from tests.engine.support import Athena
athena = Athena(Path(sys.argv[1]))
athena.objects.write("s3://b/t/1", b"1,a\\n2,b\\n")
how = "ROW FORMAT DELIMITED FIELDS TERMINATED BY ','"
athena.run(f"CREATE EXTERNAL TABLE t (a int, b string) {how} LOCATION 's3://b/t/'")
athena.run("CREATE TABLE u WITH (format = 'PARQUET') AS SELECT * FROM t")
assert athena.run("SELECT sum(a) FROM u WHERE b > 'a'") == [["2"]]
print(*(name for name in ("pyarrow", "pyiceberg", "numpy", "pandas") if name in sys.modules))
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.split() == []
