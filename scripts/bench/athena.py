"""How long Athena takes: `SELECT 1` from start to SUCCEEDED, and a scan beside bare DuckDB on the
same file.

Starts a lab of its own, measures, and stops it. Run it with `python scripts/bench/athena.py`; it
takes about 15 s.
"""

import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from botocore.config import Config as BotoConfig

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import localstack

PORT = 14566
ROWS = 2_000_000
QUERY = (
    "SELECT carrier, count(*) AS n, round(avg(delay), 2) AS delay FROM {} GROUP BY"
    " carrier ORDER BY carrier"
)
OUTPUT = {"OutputLocation": "s3://bench/out/"}


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="bench-athena-"))
    config = Config(home=home, cache=home / "cache", port=PORT, opensearch_port=PORT + 1)
    log = localstack.prepare(config)
    with log.open("wb") as output:
        server = subprocess.Popen(
            localstack.command(), env=localstack.environment(config), stdout=output, stderr=output
        )
    try:
        wait(config)
        measure(config)
    finally:
        server.terminate()
        server.wait(timeout=60)
        shutil.rmtree(home)


def wait(config: Config) -> None:
    """Until all providers are loaded."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{config.endpoint_url}/_lab/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            if error.code == 500:
                print("some providers have failed:", error.read().decode())
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the lab is not ready")


def client(config: Config, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=config.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=BotoConfig(retries={"max_attempts": 0}),
    )


def measure(config: Config) -> None:
    s3, athena = client(config, "s3"), client(config, "athena")
    s3.create_bucket(Bucket="bench")

    def run(sql: str) -> None:
        identifier = athena.start_query_execution(QueryString=sql, ResultConfiguration=OUTPUT)[
            "QueryExecutionId"
        ]
        while True:
            found = athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
            if found["Status"]["State"] == "SUCCEEDED":
                return
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                raise RuntimeError(found["Status"])

    run("SELECT 1")
    show("SELECT 1, start to SUCCEEDED", times(lambda: run("SELECT 1"), 50))
    path = config.home / "flights.parquet"
    pq.write_table(flights(), path)
    s3.upload_file(str(path), "bench", "flights/1.parquet")
    run(
        "CREATE EXTERNAL TABLE flights (carrier string, delay double) STORED AS PARQUET LOCATION 's3://bench/flights/'"
    )
    show(f"scan of {ROWS:,} rows, Athena", times(lambda: run(QUERY.format("flights")), 15))
    with duckdb.connect(config={"threads": 2}) as bare:
        sql = QUERY.format(f"read_parquet('{path}')")
        show(f"scan of {ROWS:,} rows, bare DuckDB", times(lambda: bare.execute(sql).fetchall(), 15))


def flights() -> pa.Table:
    """Carriers and delays that repeat; the figures matter, not the values."""
    numbers = range(ROWS)
    carriers = pa.array([f"C{number % 16}" for number in numbers])
    return pa.table({"carrier": carriers, "delay": [number % 997 / 7 for number in numbers]})


def times(call: Callable[[], object], count: int) -> list[float]:
    """Seconds of each of ``count`` calls."""
    found = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return found


def show(what: str, seconds: list[float]) -> None:
    milliseconds = sorted(one * 1000 for one in seconds)
    print(
        f"{what}: median {statistics.median(milliseconds):.1f} ms,"
        f" best {milliseconds[0]:.1f} ms, worst {milliseconds[-1]:.1f} ms"
    )


if __name__ == "__main__":
    main()
