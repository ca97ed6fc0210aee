"""How long it takes from a line in the access log until its document can be searched.

    python scripts/bench/bookshop.py [--rate N] [--seconds N]

Deploys ``solutions/bookshop`` in the running lab (and removes it), starts ``lab agent`` on a log of
its own, and writes lines to that log at a steady rate. The agent collects lines for up to a second,
and Firehose documents for a second; OpenSearch makes them searchable every half second. A line
therefore waits for 1.75 seconds on average, and 2.5 at worst, whatever the machine.

Each line has a number, and the index is asked every 20 ms for numbers that have not been seen. The
peer, MiniStack, delivers nothing to OpenSearch, so it is not in this benchmark.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opensearchpy import OpenSearch, TransportError

from lab.config import ROOT, load
from lab.demo.run import search_of
from lab.shop.access_log import AccessLog, Entry

SOLUTION = ROOT / "solutions" / "bookshop"
LOOK_SECONDS = 0.02
GIVE_UP_AFTER = 60.0
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"


class Watch:
    """When each numbered line was written, and when it was first found."""

    def __init__(self, search: OpenSearch, prefix: str) -> None:
        self._search = search
        self._prefix = prefix
        self.written: list[float] = []
        self.found: list[float] = []

    def write(self, log: AccessLog, rate: float, seconds: float) -> None:
        begun = time.perf_counter()
        for number in range(int(rate * seconds)):
            time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            request = f"GET {self._prefix}{number:06} HTTP/1.1"
            self.written.append(time.perf_counter())
            log.write(Entry("192.0.2.1", datetime.now(UTC), request, 200, 512, "", AGENT))

    def look(self, count: int) -> None:
        """Until all have been found, or none has for a long time."""
        moved = time.perf_counter()
        while len(self.found) < count and time.perf_counter() - moved < GIVE_UP_AFTER:
            hits = self._new()
            now = time.perf_counter()
            for path in hits:
                if path != f"{self._prefix}{len(self.found):06}":
                    sys.exit(f"{path} came before {len(self.found)}, or twice")
                self.found.append(now)
                moved = now
            if not hits:
                time.sleep(LOOK_SECONDS)

    def _new(self) -> list[str]:
        after = {"gt": f"{self._prefix}{len(self.found) - 1:06}"} if self.found else {}
        query: dict[str, Any] = {"prefix": {"path": self._prefix}}
        if after:
            query = {"bool": {"filter": [query, {"range": {"path": after}}]}}
        body = {"size": 5_000, "query": query, "sort": ["path"], "_source": ["path"]}
        try:
            answer = self._search.search(index="visits-*", body=body)
        except TransportError:  # the index is being made
            return []
        return [hit["_source"]["path"] for hit in answer["hits"]["hits"]]

    def report(self) -> str:
        waits = [found - written for written, found in zip(self.written, self.found, strict=False)]
        if not waits:
            return "no line was found"
        centiles = statistics.quantiles(waits, n=100, method="inclusive")
        missing = len(self.written) - len(self.found)
        figures = f"p50 {centiles[49]:.2f} s   p95 {centiles[94]:.2f} s   p99 {centiles[98]:.2f} s"
        return f"{len(waits)} lines   {figures}   longest {max(waits):.2f} s   {missing} missing"


def program(*words: str) -> str:
    config = load()
    env = {**os.environ, **config.environment(), **config.aws_environment()}
    command = [sys.executable, str(SOLUTION / words[0]), *words[1:]]
    return subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextmanager
def following(folder: Path) -> Iterator[None]:
    """``lab agent`` with the solution's settings, on a log and with checkpoints in the folder."""
    settings = json.loads((SOLUTION / "agent.json").read_text())
    settings["flows"][0]["filePattern"] = str(folder / "access_log*")
    settings["checkpointFile"] = str(folder / "checkpoints.json")
    file = folder / "agent.json"
    file.write_text(json.dumps(settings))
    command = [Path(sys.executable).with_name("lab"), "agent", "--config", file]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as agent:
        try:
            yield
        finally:
            agent.send_signal(signal.SIGINT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=float, default=50.0, help="lines a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    made = json.loads(program("deploy.py"))
    try:
        with tempfile.TemporaryDirectory() as name, search_of(made["opensearch_url"]) as search:
            folder = Path(name)
            log = AccessLog(folder / "access_log", 10_000_000, keep=5)
            with following(folder):
                warm_up = Watch(search, "/warm-up/")
                warm_up.write(log, 10, 1)
                warm_up.look(10)
                watch = Watch(search, "/bench/")
                count = int(given.rate * given.seconds)
                looking = threading.Thread(target=watch.look, args=(count,))
                looking.start()
                watch.write(log, given.rate, given.seconds)
                looking.join()
            log.close()
            print(f"lab   {given.rate:g} lines/s   {watch.report()}")
    finally:
        program("teardown.py")


if __name__ == "__main__":
    main()
