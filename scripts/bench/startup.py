"""How long ``lab up`` takes, server by server, what the idle lab weighs, and what the first query
of Athena costs, since the engine is loaded with it.

There is no peer in it: no other emulator starts an OpenSearch. The figures are the median of
several starts of a lab of its own, on free ports and in a temporary home.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from lab import config as settings
from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import embedded
from lab.stack.processes import Server, free_port, memory_of

BUCKET = "bench-startup"


def start_once(home: Path) -> dict[str, float]:
    """Seconds until each server is ready, megabytes of each after two idle seconds, seconds of the
    first two queries.
    """
    config = Config(home, settings.load().cache, free_port(), free_port())
    begun = time.monotonic()
    try:
        figures = {f"{s.name} ready, s": s.seconds for s in embedded.up(config)}
        figures["all ready, s"] = time.monotonic() - begun
        time.sleep(2)
        figures |= {f"{name} idle, MB": megabytes(name, config) for name in embedded.NAMES}
        athena = client("athena", config)
        client("s3", config).create_bucket(Bucket=BUCKET)
        figures["first query, s"] = query(athena)
        figures["second query, s"] = query(athena)
        figures["localstack then, MB"] = megabytes("localstack", config)
    finally:
        embedded.down(config)
    return figures


def megabytes(name: str, config: Config) -> float:
    process = Server(name, config).process()
    return memory_of(process) / 1e6 if process else 0.0


def client(service: str, config: Config) -> Any:
    return boto3.client(
        service,
        endpoint_url=config.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )


def query(athena: Any) -> float:
    """Seconds until the shortest of queries has ended."""
    begun = time.monotonic()
    where = {"OutputLocation": f"s3://{BUCKET}/"}
    asked = athena.start_query_execution(QueryString="SELECT 1", ResultConfiguration=where)
    while True:
        found = athena.get_query_execution(QueryExecutionId=asked["QueryExecutionId"])
        if found["QueryExecution"]["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            return time.monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=3)
    starts = parser.parse_args().starts
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        runs = [start_once(Path(folder) / str(number)) for number in range(starts)]
    for name in runs[0]:
        values = [run[name] for run in runs]
        print(f"{name:<22} median {statistics.median(values):7.1f}   max {max(values):7.1f}")


if __name__ == "__main__":
    main()
