"""How fast a crawler is, beside DuckDB's own sniffing of the same files in the same run.

    python scripts/bench/crawler.py [--objects 10000] [--rows 100]

A third of the objects are CSV, a third JSON lines and a third Parquet, in Hive partitions of ten
objects. A crawl is timed as a client sees it, from StartCrawler to READY: the first writes the
tables and all partitions, the second finds nothing new. DuckDB is asked for the columns of the same
files, with ``union_by_name``, for which it looks at each of them; it writes nothing. Starts a lab
of its own, and stops it.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
from peer import client

from lab.config import Config, load
from lab.stack import embedded
from lab.stack.processes import free_port

BUCKET = "crawled"
PER_FOLDER = 10
FORMATS = ("csv", "json", "parquet")


def rows(count: int, seed: int) -> Iterator[dict[str, Any]]:
    for place in range(count):
        number = seed * count + place
        yield {"id": number, "price": number / 7, "name": f"item {number}", "sold": number % 2 == 0}


def body(kind: str, found: list[dict[str, Any]]) -> bytes:
    if kind == "json":
        return "".join(json.dumps(row) + "\n" for row in found).encode()
    if kind == "csv":
        lines = [",".join(found[0]), *(",".join(map(str, row.values())) for row in found)]
        return ("\n".join(lines) + "\n").encode()
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(pa.Table.from_pylist(found), sink)
    return bytes(sink.getvalue())


def write(folder: Path, objects: int, count: int) -> int:
    """Plain files are objects; returns their bytes."""
    size = 0
    for place in range(objects):
        kind, number = FORMATS[place % 3], place // 3
        file = folder / kind / f"day={number // PER_FOLDER:05d}" / f"{number}.{kind}"
        file.parent.mkdir(parents=True, exist_ok=True)
        size += file.write_bytes(body(kind, list(rows(count, place))))
    return size


def crawl(glue: Any) -> float:
    started = time.perf_counter()
    glue.start_crawler(Name=BUCKET)
    while (crawler := glue.get_crawler(Name=BUCKET)["Crawler"])["State"] != "READY":
        time.sleep(0.05)
    if crawler["LastCrawl"]["Status"] != "SUCCEEDED":
        raise SystemExit(f"the crawl failed: {crawler['LastCrawl']}")
    return time.perf_counter() - started


def sniff(folder: Path) -> None:
    connection = duckdb.connect()
    for kind in FORMATS:
        files = f"'{folder}/{kind}/*/*.{kind}', union_by_name=true, hive_partitioning=true"
        connection.execute(f"DESCRIBE SELECT * FROM read_{kind}({files})").fetchall()


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        config = Config(Path(name) / "lab", load().cache, free_port(), free_port())
        embedded.up(config, names=("localstack",))
        try:
            run(config, given.objects, given.rows)
        finally:
            embedded.down(config)


def run(config: Config, objects: int, count: int) -> None:
    client("s3", config.endpoint_url).create_bucket(Bucket=BUCKET)
    folder = config.s3_dir / BUCKET
    size = write(folder, objects, count)
    print(f"{objects:,} objects of {count} rows, {size / 1e6:.0f} MB")
    glue = client("glue", config.endpoint_url)
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/"}]}
    glue.create_crawler(Name=BUCKET, Role="bench", DatabaseName=BUCKET, Targets=targets)
    first = crawl(glue)
    tables = glue.get_tables(DatabaseName=BUCKET)["TableList"]
    columns = {t["Name"]: len(t["StorageDescriptor"]["Columns"]) for t in tables}
    print(f"tables and their columns: {columns}")
    again = crawl(glue)
    theirs = seconds(lambda: sniff(folder))
    print(f"first crawl: {first:.2f} s; second: {again:.2f} s; DuckDB's sniffing: {theirs:.2f} s")


if __name__ == "__main__":
    main()
