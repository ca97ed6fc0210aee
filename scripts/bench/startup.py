"""How long ``lab up`` takes, server by server, and what the idle lab weighs.

There is no peer in it: no other emulator starts an OpenSearch. The figures are the median of
several starts of a lab of its own, on free ports and in a temporary home.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from lab import config as settings
from lab.config import Config
from lab.stack import embedded
from lab.stack.processes import Server, free_port, memory_of


def start_once(home: Path) -> dict[str, float]:
    """Seconds until each server is ready, and megabytes of each after two idle seconds."""
    config = Config(home, settings.load().cache, free_port(), free_port())
    begun = time.monotonic()
    try:
        figures = {f"{s.name} ready, s": s.seconds for s in embedded.up(config)}
        figures["all ready, s"] = time.monotonic() - begun
        time.sleep(2)
        for name in embedded.NAMES:
            process = Server(name, config).process()
            if process is not None:
                figures[f"{name} idle, MB"] = memory_of(process) / 1e6
    finally:
        embedded.down(config)
    return figures


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
