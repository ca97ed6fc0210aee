"""How fast events go through the hybrid pipeline, beside what OpenSearch alone takes in.

    python scripts/bench/demo.py [--events N] [--rate N] [--rounds N]

The pipeline: from the first event sent to the last one indexed and archived, on the running lab
(``make up``). The peer: opensearch-py's bulk helper, alone on the machine, with the same enriched
documents and the same mapping. They take turns, because OpenSearch's Java compiles as it goes and a
first round is slower for both. Then where the pipeline's processor time and memory went.
"""

import argparse
import gzip
import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from opensearchpy import OpenSearch, helpers
from rich.console import Console

from lab.config import Config, load
from lab.demo.pipeline import FOLDER, Outputs
from lab.demo.run import Demo, Options, search_of
from lab.stack.processes import Server, resident

PEER_INDEX = "bench-bulk-helper"
SAMPLE_EVERY = 1.0


class Meter:
    """Processor seconds and peak bytes by part of the lab, while a block runs. What processes share
    counts once, where the system tells it.
    """

    def __init__(self, config: Config) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.peaks: dict[str, int] = defaultdict(int)
        self._roots = {
            name: Server(name, config).process() for name in ("localstack", "opensearch")
        }
        self._last: dict[psutil.Process, float] = {}
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        self._sample(count=False)
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(SAMPLE_EVERY):
            self._sample(count=True)
        self._sample(count=True)

    def _sample(self, count: bool) -> None:
        memory: dict[str, int] = defaultdict(int)
        for part, process in self._processes():
            with suppress(psutil.Error):
                times = process.cpu_times()
                used = times.user + times.system
                memory[part] += resident(process)
                if count:
                    self.seconds[part] += used - self._last.get(process, 0.0)
                self._last[process] = used
        for part, size in memory.items():
            self.peaks[part] = max(self.peaks[part], size)

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        me = psutil.Process()
        yield "demo (events, view)", me
        with suppress(psutil.Error):
            yield from (("producer", child) for child in me.children(recursive=True))
        for name, root in self._roots.items():
            if root is None:
                continue
            yield name, root
            with suppress(psutil.Error):
                yield from (("lambda", child) for child in root.children(recursive=True))


def measure_pipeline(config: Config, options: Options) -> tuple[float, int, Meter, Outputs]:
    """Events per second, events, what they cost, and what was deployed."""
    with Path(os.devnull).open("w") as nowhere:
        demo = Demo(config, options, Console(file=nowhere))
        outputs = demo.prepare()
        meter = Meter(config)
        with meter.running():
            producer, seconds = demo.stream(outputs, search_of(outputs.opensearch_url))
    return producer.sent.records / seconds, producer.sent.records, meter, outputs


def archived(config: Config, outputs: Outputs) -> list[dict[str, Any]]:
    """The documents of the pipeline, from its archive."""
    files = (config.s3_dir / outputs.bucket / "archive").rglob("*.json.gz")
    lines = (line for file in files for line in gzip.decompress(file.read_bytes()).splitlines())
    return [json.loads(line) for line in lines]


def measure_peer(search: OpenSearch, documents: list[dict[str, Any]]) -> float:
    """Documents per second that the bulk helper alone indexes."""
    search.indices.delete(index=PEER_INDEX, ignore_unavailable=True)
    search.indices.create(index=PEER_INDEX, body=json.loads((FOLDER / "index.json").read_text()))
    actions = (
        {"_index": PEER_INDEX, "_id": document["event_id"], "_source": document}
        for document in documents
    )
    started = time.perf_counter()
    helpers.bulk(search, actions, max_retries=5, initial_backoff=1)
    rate = len(documents) / (time.perf_counter() - started)
    search.indices.delete(index=PEER_INDEX)
    return rate


def show(meter: Meter, events: int) -> None:
    total = sum(meter.seconds.values())
    for part, seconds in sorted(meter.seconds.items(), key=lambda item: -item[1]):
        micro = seconds / events * 1e6
        peak = meter.peaks[part] / 1e6
        print(f"  {part:20} {micro:6.1f} us/event  {seconds / total:4.0%}  peak {peak:5.0f} MB")
    print(f"  {'all':20} {total / events * 1e6:6.1f} us/event")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rate", type=int, default=16_000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    config = load()
    options = Options(days=365, events=arguments.events, rate=arguments.rate)
    for number in range(1, arguments.rounds + 1):
        rate, events, meter, outputs = measure_pipeline(config, options)
        search = search_of(outputs.opensearch_url)
        peer = measure_peer(search, archived(config, outputs))
        print(
            f"round {number}: {events} events, {outputs.shards} shards: pipeline {rate:.0f}/s, "
            f"bulk helper alone {peer:.0f}/s, ratio {rate / peer:.2f}"
        )
        show(meter, events)


if __name__ == "__main__":
    main()
