"""How fast Athena is, beside bare DuckDB on the same files in the same run.

    python scripts/bench/athena.py [SECTION...] [--scale 1 --csv-mb 2048 --trino]

Sections: ``start`` (`SELECT 1`), ``tpch`` (the 22 queries on Parquet), ``ctas`` (a CSV file to
partitioned Parquet), ``partitions`` (one day out of 3,650). ``--trino`` runs the 22 queries on a
real Trino over the same catalogue and files as well. The targets hold for the figures in the
example above; the defaults are small. Starts a lab of its own, and stops it.
"""

import argparse
import datetime as dt
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psutil
from olap import server, tpch, trino_server

from lab.config import Config, load
from lab.stack.processes import free_port

# Seconds between two questions for the state of a query that takes long.
PAUSE = 0.25
DAYS = 3650
FIRST_DAY = dt.date(2015, 1, 1)
STEPS = {
    "planning": "QueryPlanningTimeInMillis",
    "execution": "EngineExecutionTimeInMillis",
    "writing": "ServiceProcessingTimeInMillis",
}
CSV_COLUMNS = {
    "id": ("bigint", "BIGINT"),
    "moment": ("timestamp", "TIMESTAMP"),
    "amount": ("decimal(12,2)", "DECIMAL(12,2)"),
    "score": ("double", "DOUBLE"),
    "name": ("string", "VARCHAR"),
    "region": ("string", "VARCHAR"),
}
# About 100 bytes a row.
CSV_ROW = """
    SELECT i AS id, TIMESTAMP '2024-01-01' + to_seconds(i % 31536000) AS moment,
      CAST((i * 7919) % 1000003 AS DECIMAL(12,2)) AS amount, sqrt(i) AS score,
      md5(CAST(i AS VARCHAR)) AS name, 'region-' || (i * 31 % 20) AS region
    FROM range({last}) AS t(i)"""
ROWS_PER_MB = 10_500
CTAS = (
    "CREATE TABLE made{number} WITH (format = 'PARQUET', write_compression = 'SNAPPY',"
    " partitioned_by = ARRAY['region']) AS SELECT * FROM raw"
)
DECLARED = ", ".join(f"{name} {kind}" for name, (kind, _) in CSV_COLUMNS.items())


@dataclass(frozen=True, slots=True)
class Bench:
    """The lab that is measured, and what was asked for."""

    config: Config
    athena: server.Athena
    options: argparse.Namespace

    @property
    def bucket(self) -> Path:
        """The bucket's objects as files, which bare DuckDB reads."""
        return self.config.s3_dir / server.BUCKET

    def heavy(self, sql: str) -> tuple[float, float, dict[str, Any]]:
        """Seconds from start to SUCCEEDED as the lab says them, processor seconds of the lab, and
        the execution. Asked for as seldom as clients do, since asking takes the processor too.
        """
        process = psutil.Process(self.athena.pid)
        before = sum(process.cpu_times()[:2])
        found = self.athena.run(sql, pause=PAUSE)
        cpu = sum(process.cpu_times()[:2]) - before
        return found["Statistics"]["TotalExecutionTimeInMillis"] / 1000, cpu, found

    def bare(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config={"threads": os.cpu_count() or 1})


def main() -> None:
    options = arguments()
    print(f"load average at the start: {os.getloadavg()[0]:.2f}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="bench-athena-") as name:
        home = Path(name)
        home.chmod(0o755)
        config = Config(home, load().cache, free_port(), free_port())
        with server.running(config) as athena:
            bench = Bench(config, athena, options)
            # Athena and DuckDB are loaded at the first call.
            print(f"the first query: {timed(partial(athena.run, 'SELECT 1'))[0]:.2f} s")
            for section in options.sections or SECTIONS:
                print(f"== {section}")
                SECTIONS[section](bench)
    print(f"load average at the end: {os.getloadavg()[0]:.2f}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="all by default")
    parser.add_argument("--scale", type=float, default=0.1, help="TPC-H's scale factor")
    parser.add_argument("--csv-mb", type=int, default=64, help="size of the CSV of the CTAS")
    parser.add_argument("--rounds", type=int, default=3, help="runs of a query; the best counts")
    parser.add_argument("--trino", action="store_true", help="run TPC-H on a real Trino as well")
    return parser.parse_args()


def start(bench: Bench) -> None:
    """Start to SUCCEEDED of the smallest query."""
    bench.athena.run("SELECT 1")
    show(
        "SELECT 1, start to SUCCEEDED (target 30 ms)",
        times(lambda: bench.athena.run("SELECT 1"), 50),
    )


def run_tpch(bench: Bench) -> None:
    """The 22 queries, each the best of some rounds, in turn on both; fails when their rows
    differ.
    """
    names = load_tpch(bench)
    texts = tpch.queries(bench.config)
    alone, athena, details = [], [], []
    with bench.bare() as bare:
        for name in names:
            path = bench.bucket / "tpch" / name / f"{name}.parquet"
            bare.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        for number, sql in enumerate(texts, start=1):
            ran = [run_once(bench, bare, sql) for _ in range(bench.options.rounds)]
            alone.append(best([own for own, _ in ran]))
            athena.append(best([run[:2] for _, run in ran]))
            execution = min((run for _, run in ran), key=lambda run: run[0])[2]
            details.append(execution["Statistics"])
            columns, rows = bench.athena.rows(execution["QueryExecutionId"])
            if wrong := tpch.difference(columns, rows, fetch(bare, sql)):
                raise RuntimeError(f"q{number:02}: {wrong}")
            print(f"  q{number:02}: {compared(alone[-1:], athena[-1:])}; {_steps(details[-1:])} ms")
    print(f"sum (target 1.2 x): {compared(alone, athena)}; {_steps(details)} ms")
    if bench.options.trino:
        on_trino(bench, texts, sum(seconds for seconds, _ in athena))


def run_once(
    bench: Bench, bare: duckdb.DuckDBPyConnection, sql: str
) -> tuple[tuple[float, float], tuple[float, float, dict[str, Any]]]:
    """Seconds and processor seconds of bare DuckDB, and what ``heavy`` says."""
    return on_cpu(partial(fetch, bare, sql)), bench.heavy(sql)


def load_tpch(bench: Bench) -> list[str]:
    """The tables in S3 and in the catalogue; their names."""
    tables = tpch.generate(bench.config, bench.options.scale, bench.config.home)
    for name, columns in tables.items():
        file = bench.config.home / f"{name}.parquet"
        bench.athena.s3.upload_file(str(file), server.BUCKET, f"tpch/{name}/{name}.parquet")
        file.unlink()
        declared = ", ".join(f"`{column}` {kind}" for column, kind in columns)
        bench.athena.run(
            f"CREATE EXTERNAL TABLE {name} ({declared}) STORED AS PARQUET"
            f" LOCATION 's3://{server.BUCKET}/tpch/{name}/'"
        )
    return list(tables)


def fetch(bare: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    return bare.execute(sql).fetchall()


def on_trino(bench: Bench, texts: Sequence[str], lab_seconds: float) -> None:
    """The same queries on Trino, warmed up by a round of all."""
    log = bench.config.home / "trino.log"
    with trino_server.running(bench.config, free_port(), log) as engine:
        found = []
        for _ in range(2):
            found = [timed(partial(trino_server.run, engine, sql))[0] for sql in texts]
            print(f"  Trino, a round of all: {sum(found):.2f} s")
    print(f"sum: Trino {sum(found):.2f} s, {sum(found) / lab_seconds:.2f} x Athena (target 5)")


def ctas(bench: Bench) -> None:
    """A CSV file to partitioned Parquet, beside DuckDB's COPY with the same share of memory."""
    # Loads the engine, which other sections leave to the lab.
    from lab.providers.athena.executor import MEMORY

    file = bench.config.home / "rows.csv"
    share = os.environ.get("LAB_ATHENA_MEMORY", MEMORY)
    with bench.bare() as bare:
        rows = CSV_ROW.format(last=bench.options.csv_mb * ROWS_PER_MB)
        bare.execute(f"COPY ({rows}) TO '{file}' (FORMAT csv, HEADER false)")
    size = file.stat().st_size / 2**20
    bench.athena.s3.upload_file(str(file), server.BUCKET, "csv/rows.csv")
    file.unlink()
    bench.athena.run(
        f"CREATE EXTERNAL TABLE raw ({DECLARED}) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','"
        f" LOCATION 's3://{server.BUCKET}/csv/'"
    )
    before = psutil.Process(bench.athena.pid).memory_info().rss
    alone, made = [], []
    for number in range(bench.options.rounds):
        # What was written before must neither be on its way to the disk nor hold memory while
        # others are measured: pages that the system never had before cost twice as much.
        os.sync()
        alone.append(on_cpu(partial(copy, bench, share)))
        shutil.rmtree(bench.config.home / "copied")
        os.sync()
        made.append(watched(bench.athena.pid, partial(bench.heavy, CTAS.format(number=number))))
        written = bench.athena.s3.list_objects_v2(Bucket=server.BUCKET, Prefix="out/tables/")
        for found in written["Contents"]:
            bench.athena.s3.delete_object(Bucket=server.BUCKET, Key=found["Key"])
    runs = [(seconds, cpu) for (seconds, cpu, _), _ in made]
    (_, _, execution), _ = min(made, key=lambda one: one[0][0])
    print(
        f"CTAS of {size:.0f} MiB (target 1.3 x): {compared([best(alone)], [best(runs)])};"
        f" {_steps([execution['Statistics']])} ms"
    )
    print(
        f"  LocalStack's memory: {before / 2**20:.0f} MiB before,"
        f" {max(peak for _, peak in made) / 2**20:.0f} MiB at most; the share of queries is {share}"
    )


def best(runs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The least seconds and the least processor seconds."""
    return min(run[0] for run in runs), min(run[1] for run in runs)


def copy(bench: Bench, share: str) -> None:
    """What the CTAS does, by DuckDB's own reader and writer."""
    kinds = ", ".join(f"'{name}': '{kind}'" for name, (_, kind) in CSV_COLUMNS.items())
    with bench.bare() as bare:
        bare.execute(f"SET memory_limit = '{share}'")
        bare.execute(f"SET temp_directory = '{bench.config.home / 'spilled'}'")
        bare.execute("SET preserve_insertion_order = false")
        bare.execute(
            f"COPY (SELECT * FROM read_csv('{bench.bucket}/csv/rows.csv', header = false,"
            f" columns = {{{kinds}}})) TO '{bench.config.home / 'copied'}'"
            " (FORMAT parquet, PARTITION_BY (region), COMPRESSION snappy)"
        )


def watched[T](pid: int, call: Callable[[], T]) -> tuple[T, int]:
    """The call's result, and the most bytes of memory that a process had while it ran."""
    process, peak = psutil.Process(pid), 0
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(call)
        while not running.done():
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.05)
        return running.result(), peak


def partitions(bench: Bench) -> None:
    """One of 3,650 daily partitions: the time, and the bytes of that day only."""
    athena, file = bench.athena, bench.config.home / "day.parquet"
    with bench.bare() as bare:
        bare.execute(f"COPY ({CSV_ROW.format(last=2000)}) TO '{file}' (FORMAT parquet)")
    body = file.read_bytes()
    days = [(FIRST_DAY + dt.timedelta(days=number)).isoformat() for number in range(DAYS)]

    def put(day: str) -> None:
        key = f"daily/dt={day}/day.parquet"
        athena.s3.put_object(Bucket=server.BUCKET, Key=key, Body=body)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, days))
    athena.run(
        f"CREATE EXTERNAL TABLE daily ({DECLARED}) PARTITIONED BY (dt string) STORED AS PARQUET"
        f" LOCATION 's3://{server.BUCKET}/daily/'"
    )
    athena.run("MSCK REPAIR TABLE daily")
    sql = "SELECT count(*), sum(score) FROM {} WHERE dt = '2020-05-05'"
    figures = athena.run(sql.format("daily"))["Statistics"]
    scanned = figures["DataScannedInBytes"]
    if not 0 < scanned <= len(body):
        raise RuntimeError(f"{scanned} bytes of a day of {len(body)}")
    found = times(lambda: athena.run(sql.format("daily")), 15)
    show(f"one of {DAYS} partitions, Athena (target 300 ms; {_steps([figures])})", found)
    source = f"read_parquet('{bench.bucket}/daily/*/*.parquet', hive_partitioning = true)"
    with bench.bare() as bare:
        show("  DuckDB's glob", times(partial(fetch, bare, sql.format(source)), 5))
    print(f"  scanned {scanned} bytes; the day has {len(body)}, all have {len(body) * DAYS}")


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "start": start,
    "tpch": run_tpch,
    "ctas": ctas,
    "partitions": partitions,
}


def _steps(found: Sequence[dict[str, Any]]) -> str:
    """Milliseconds of each step in sum; planning is a part of the execution."""
    sums = {step: sum(one[name] for one in found) for step, name in STEPS.items()}
    return ", ".join(f"{step} {milliseconds:.0f}" for step, milliseconds in sums.items())


def on_cpu(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of a call, and processor seconds of this process in it."""
    before = time.process_time()
    seconds, _ = timed(call)
    return seconds, time.process_time() - before


def compared(alone: Sequence[tuple[float, float]], athena: Sequence[tuple[float, float]]) -> str:
    """Sums of (seconds, processor seconds); others on the machine disturb the latter less."""
    parts = []
    for place, what in enumerate(("", " on the processor")):
        bare, lab = (sum(one[place] for one in runs) for runs in (alone, athena))
        parts.append(f"{lab / bare:.2f} x{what} (DuckDB {bare:.3f} s, Athena {lab:.3f} s)")
    return ", ".join(parts)


def timed[T](call: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def times(call: Callable[[], object], count: int) -> list[float]:
    """Seconds of each of ``count`` calls."""
    return [timed(call)[0] for _ in range(count)]


def show(what: str, seconds: list[float]) -> None:
    milliseconds = sorted(one * 1000 for one in seconds)
    print(
        f"{what}: median {statistics.median(milliseconds):.1f} ms,"
        f" best {milliseconds[0]:.1f} ms, worst {milliseconds[-1]:.1f} ms"
    )


if __name__ == "__main__":
    main()
