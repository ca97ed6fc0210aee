"""The pipeline's own programs, run as a person would run them: remove, deploy, produce.

They are processes with the lab's AWS settings in their environment, so nothing of the lab gets into
them.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.config import ROOT, Config
from lab.data import flight_reference, flights
from lab.i18n import lab_error

LOG = logging.getLogger(__name__)
FOLDER = ROOT / "solutions" / "hybrid_pipeline"


@dataclass(frozen=True, slots=True)
class Outputs:
    """What deploy.py printed: the names and addresses of what it made."""

    stream: str
    shards: int
    bucket: str
    function: str
    opensearch_url: str
    index: str
    database: str
    state_machine_arn: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What produce.py last said. Times are seconds since the epoch, ``size`` is in bytes."""

    started: float = 0.0
    at: float = 0.0
    records: int = 0
    size: int = 0
    retried: int = 0
    done: bool = False


def remove(config: Config) -> None:
    """Remove what an earlier run left, except for the domain."""
    _run(config, "teardown.py", "--keep-domain")


def deploy(config: Config, rate: int) -> Outputs:
    """Make everything, ready for ``rate`` events per second."""
    with TemporaryDirectory() as folder:
        reference = Path(folder) / "reference.json.gz"
        reference.write_bytes(flight_reference.packed())
        answer = _run(config, "deploy.py", str(reference), "--rate", str(rate))
    return Outputs(**json.loads(answer))


def _run(config: Config, program: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, program, *arguments],
        cwd=FOLDER,
        env=environment(config),
        capture_output=True,
        text=True,
        check=False,
    )
    LOG.info("%s: %s", program, result.stderr)
    if result.returncode:
        raise lab_error("demo-program-failed", program=program, output=result.stderr[-2000:])
    return result.stdout


def environment(config: Config) -> dict[str, str]:
    """The person's environment, but no AWS settings other than the lab's."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return {**own, **config.aws_environment(), "PYTHONDONTWRITEBYTECODE": "1"}


class Producer:
    """produce.py at work: a thread writes the events to it, another reads what it says."""

    def __init__(self, process: "subprocess.Popen[bytes]", days: int, events: int | None) -> None:
        self.process = process
        self.departures = 0
        self.damaged = 0
        self.sent = Sent()
        self._days, self._events = days, events
        self._threads = [
            threading.Thread(target=self._feed, name="demo-feed", daemon=True),
            threading.Thread(target=self._listen, name="demo-listen", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _feed(self) -> None:
        source = self.process.stdin
        assert source is not None
        # A producer that gives up closes the pipe; what it said is raised by check().
        with suppress(BrokenPipeError), source:
            for record in flights.records(self._days, self._events):
                source.write(record.data + b"\n")
                self.damaged += record.damaged
                self.departures += not record.damaged

    def _listen(self) -> None:
        output = self.process.stdout
        assert output is not None
        with output:
            for line in output:
                said = json.loads(line)
                self.sent = Sent(
                    started=said["started"],
                    at=said["at"],
                    records=said["sent"],
                    size=said["bytes"],
                    retried=said["retried"],
                    done=said["done"],
                )

    def check(self) -> None:
        """Raise when the producer has ended without having sent everything."""
        code = self.process.poll()
        if code is not None:
            for thread in self._threads:
                thread.join()
        if code:
            raise lab_error("demo-program-failed", program="produce.py", output=f"exit {code}")


@contextmanager
def producing(
    config: Config, stream: str, days: int, events: int | None, speed: str
) -> Iterator[Producer]:
    """The producer, started; it does not outlive the block."""
    process = subprocess.Popen(
        [sys.executable, "produce.py", stream, "--speed", speed],
        cwd=FOLDER,
        env=environment(config),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield Producer(process, days, events)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
