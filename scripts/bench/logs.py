"""How fast Logs Insights is, beside bare DuckDB on the same events in the same run.

    python scripts/bench/logs.py [--events 1000000]

Events of about 200 bytes of JSON are put with PutLogEvents; then each query is asked once (the
first makes the columns) and several times again, and its equivalent is asked of DuckDB over one
Parquet file of timestamp and message. The figure of the lab is from StartQuery to Complete, as a
client sees it. Starts a lab of its own, and stops it.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pyarrow as pa
from peer import client

from lab.config import Config, load
from lab.stack import embedded
from lab.stack.processes import free_port

ROUNDS = 5
GROUP = "bench"
MAX_BYTES, MAX_EVENTS = 1_000_000, 10_000
PATHS = ("/", "/cart", "/checkout", "/book/7", "/book/9", "/search")
STATUS = "CAST(json_extract_string(message, '$.status') AS DOUBLE)"
MS = "CAST(json_extract_string(message, '$.ms') AS DOUBLE)"
QUERIES = {
    "stats count(*) by bin(5m)": "SELECT timestamp // 300000, count(*) FROM e GROUP BY 1",
    "filter @message like /timeout/ | stats count(*)": (
        "SELECT count(*) FROM e WHERE regexp_matches(message, 'timeout')"
    ),
    "filter status >= 500 | stats count(*), pct(ms, 99) by path": (
        f"SELECT json_extract_string(message, '$.path'), count(*), quantile_cont({MS}, 0.99)"
        f" FROM e WHERE {STATUS} >= 500 GROUP BY 1"
    ),
    "parse @message '\"ms\":*,' as took | stats avg(took) by bin(1h)": (
        "SELECT timestamp // 3600000, avg(TRY_CAST(regexp_extract(message, '\"ms\":(.*?),', 1)"
        " AS DOUBLE)) FROM e GROUP BY 1"
    ),
    "filter status = 404 | sort ms desc | limit 20": (
        f"SELECT * FROM e WHERE {STATUS} = 404 ORDER BY {MS} DESC LIMIT 20"
    ),
}


def events(count: int, first: int) -> Iterator[tuple[int, str]]:
    """(timestamp, message), in the order of time, over three hours."""
    source = random.Random(7)
    for n in range(count):
        status = source.choice((200, 200, 200, 200, 301, 404, 500))
        event = {
            "level": "ERROR" if status == 500 else "INFO",
            "path": source.choice(PATHS),
            "status": status,
            "ms": round(source.expovariate(1 / 40), 3),
            "request": f"{source.getrandbits(64):016x}",
            "message": "upstream timeout" if status == 500 else "served",
            "agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/142.0",
        }
        yield first + n * 10_800_000 // count, json.dumps(event, separators=(",", ":"))


def batches(found: Iterator[tuple[int, str]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for timestamp, message in found:
        size += len(message) + 26
        if batch and (size > MAX_BYTES or len(batch) == MAX_EVENTS):
            yield batch
            batch, size = [], len(message) + 26
        batch.append({"timestamp": timestamp, "message": message})
    yield batch


def put(logs: Any, count: int, first: int) -> float:
    """Seconds that PutLogEvents took in all."""
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    taken = 0.0
    for batch in batches(events(count, first)):
        started = time.perf_counter()
        logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=batch)
        taken += time.perf_counter() - started
    return taken


def ask(logs: Any, query: str, first: int) -> float:
    """Seconds from StartQuery to Complete."""
    started = time.perf_counter()
    span = {"startTime": first // 1000 - 1, "endTime": first // 1000 + 20_000}
    id = logs.start_query(logGroupName=GROUP, queryString=query, **span)["queryId"]
    while (answer := logs.get_query_results(queryId=id))["status"] == "Running":
        time.sleep(0.01)
    assert answer["status"] == "Complete", answer
    return time.perf_counter() - started


def bare(folder: Path, count: int, first: int) -> duckdb.DuckDBPyConnection:
    columns = zip(*events(count, first), strict=True)
    table = pa.table([pa.array(each) for each in columns], ["timestamp", "message"])
    connection = duckdb.connect()
    file = str(folder / "bare.parquet")
    connection.from_arrow(table).write_parquet(file, compression="zstd")
    connection.execute(f"CREATE VIEW e AS FROM read_parquet('{file}')")
    return connection


def fetched(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    return connection.execute(sql).fetchall()


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    count = parser.parse_args().events
    first = int(time.time() * 1000) - 12_000_000
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        config = Config(home / "lab", load().cache, free_port(), free_port())
        embedded.up(config, names=("localstack",))
        try:
            logs = client("logs", config.endpoint_url)
            print(f"put {count:,} events: {count / put(logs, count, first):,.0f} events/s")
            print(f"first query, which makes the columns: {ask(logs, 'limit 1', first):.2f} s")
            compare(logs, bare(home, count, first), first)
            print(f"memory of the lab: {memory(config):.0f} MB")
        finally:
            embedded.down(config)


def compare(logs: Any, connection: duckdb.DuckDBPyConnection, first: int) -> None:
    print(f"{'query':62}{'lab':>9}{'DuckDB':>9}{'ratio':>7}")
    for query, sql in QUERIES.items():
        ours = statistics.median(ask(logs, query, first) for _ in range(ROUNDS))
        fetch = partial(fetched, connection, sql)
        theirs = statistics.median(seconds(fetch) for _ in range(ROUNDS))
        print(f"{query:62}{ours:>7.2f} s{theirs:>7.2f} s{ours / theirs:>7.2f}")


def memory(config: Config) -> float:
    """MB of the lab's LocalStack."""
    marker = str(config.home)
    sizes = [
        process.memory_info().rss
        for process in psutil.process_iter(["cmdline"])
        if marker in " ".join(process.info["cmdline"] or ()) and "localstack" in str(process.info)
    ]
    return max(sizes) / 1e6


if __name__ == "__main__":
    main()
