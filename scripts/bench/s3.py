"""How fast the lab's S3 is beside LocalStack's own store: two LocalStacks in turns, one client.

Usage: python scripts/bench/s3.py [--objects 100000]

Prints the median of several rounds of put (new keys), overwrite, get and delete of 10 KB objects
in operations a second and in milliseconds of the server's processor time, which other work on the
machine disturbs less; then the time to load many objects at start and to list 1,000 of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import localstack
from lab.stack.processes import free_port

ROUNDS = 7
BATCH = 200
BODY = os.urandom(10 * 1024)


@dataclass(frozen=True)
class Server:
    """A running LocalStack and its S3 client."""

    s3: Any
    process: psutil.Process

    def measure(self, act: Callable[[int], object]) -> tuple[float, float]:
        """Seconds and seconds of processor time that one operation of a batch takes."""
        started, before = time.perf_counter(), self.process.cpu_times()
        for number in range(BATCH):
            act(number)
        after = self.process.cpu_times()
        used = after.user + after.system - before.user - before.system
        return (time.perf_counter() - started) / BATCH, used / BATCH


@contextmanager
def running(home: Path, provider: str) -> Iterator[Server]:
    """A LocalStack that is killed at the end."""
    config = Config(home=home, cache=home / "cache", port=free_port(), opensearch_port=free_port())
    with localstack.prepare(config).open("ab") as log:
        process = subprocess.Popen(
            localstack.command(),
            env={**localstack.environment(config), "PROVIDER_OVERRIDE_S3": provider},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait(f"{config.endpoint_url}/_localstack/health")
        client = boto3.client(
            "s3",
            endpoint_url=config.endpoint_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )
        client.list_buckets()
        yield Server(client, psutil.Process(process.pid))
    finally:
        process.kill()
        process.wait()


def wait(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                json.load(answer)
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer.")


def one_round(server: Server, turn: int) -> dict[str, tuple[float, float]]:
    s3, name = server.s3, {"Bucket": "bench"}
    return {
        "put": server.measure(lambda n: s3.put_object(**name, Key=f"p/{turn}/{n}", Body=BODY)),
        "overwrite": server.measure(lambda n: s3.put_object(**name, Key=f"o/{n % 20}", Body=BODY)),
        "get": server.measure(lambda n: s3.get_object(**name, Key=f"p/{turn}/{n}")["Body"].read()),
        "delete": server.measure(lambda n: s3.delete_object(**name, Key=f"p/{turn}/{n}")),
    }


def compare(folder: Path) -> None:
    rounds: dict[str, list[dict[str, tuple[float, float]]]] = {"default": [], "lab": []}
    with running(folder / "default", "default") as default, running(folder / "lab", "lab") as ours:
        for server in (default, ours):
            server.s3.create_bucket(Bucket="bench")
            one_round(server, 0)
        for turn in range(1, ROUNDS + 1):
            for name, server in (("default", default), ("lab", ours)):
                rounds[name].append(one_round(server, turn))
    for operation in rounds["lab"][0]:
        wall, used = (
            [
                statistics.median(one[operation][kind] for one in rounds[name])
                for name in ("default", "lab")
            ]
            for kind in (0, 1)
        )
        print(
            f"{operation:9} default {1 / wall[0]:4.0f}/s {used[0] * 1000:.2f} ms cpu, "
            f"lab {1 / wall[1]:4.0f}/s {used[1] * 1000:.2f} ms cpu: "
            f"x{wall[1] / wall[0]:.2f} time, x{used[1] / used[0]:.2f} cpu"
        )


def load(folder: Path, objects: int) -> None:
    with running(folder, "lab") as server:
        server.s3.create_bucket(Bucket="big")
    for number in range(objects):
        path = folder / "s3" / "big" / f"dt={number // 1000:04}" / f"part-{number:06}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")
    # The first start adopts the files; the second is the ordinary one.
    for _ in range(2):
        with running(folder, "lab") as server:
            started = time.perf_counter()
            count = server.s3.list_objects_v2(Bucket="big", Prefix="dt=0001/")["KeyCount"]
            print(f"listed {count} of {objects} in {time.perf_counter() - started:.2f} s")
    log = (folder / "logs" / "localstack.log").read_text().splitlines()
    print(*(line.partition(": ")[2] for line in log if " S3 objects in " in line), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder))
        load(Path(folder) / "big", options.objects)


if __name__ == "__main__":
    main()
