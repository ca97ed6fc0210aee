"""What a check works with: clients of the lab, the learner's folder, and numbers drawn from the
learner's own seed.
"""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from lab.checks import programs
from lab.checks.programs import Ran
from lab.checks.text import Text
from lab.checks.vocabulary import Failed
from lab.config import Config
from lab.data import flights

FLIGHT_DAYS = 14
BOTO: dict[str, Any] = {
    "connect_timeout": 3,
    "read_timeout": 60,
    "retries": {"mode": "standard", "max_attempts": 4},
    "proxies": {},
}


class Answer(dict[str, Any]):
    """What AWS answered, with ``look``: the AWS CLI command that asks the same."""

    look = ""


class Bench:
    """One learner's exercise while it is prepared or checked.

    ``seed`` is the learner's and the exercise's: the same learner sees the same data again, another
    one sees others. ``ran`` collects the programs that were run, so that what they print is shown;
    ``memory`` is what the tasks of one check want to share.
    """

    def __init__(self, config: Config, work: Path, seed: str) -> None:
        self.config = config
        self.work = work
        self.seed = seed
        self.ran: list[Ran] = []
        self.memory: dict[str, Any] = {}
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A boto3 client of the lab."""
        import boto3  # heavy, and most verbs call no AWS
        from botocore.config import Config as BotoConfig

        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                **self.config.client_settings(),
                config=BotoConfig(**BOTO),
            )
        return self._clients[service]

    @cached_property
    def search(self) -> Any:
        """An opensearch-py client of the lab's OpenSearch."""
        from opensearchpy import OpenSearch  # most checks do not need it

        return OpenSearch(self.config.opensearch_url, timeout=30)

    def random(self, purpose: str) -> random.Random:
        """Numbers that are the learner's own, and others for each ``purpose``."""
        return random.Random(f"{self.seed}/{purpose}")  # noqa: S311  # data, not secrets

    def flights(self, purpose: str, count: int) -> list[flights.Event]:
        """``count`` consecutive departures of January 2013, from a place that is the learner's."""
        departures = _departures()
        first = self.random(purpose).randrange(len(departures) - count)
        return departures[first : first + count]

    def ask(
        self, service: str, operation: str, *, code: str, fr: str, en: str, **asked: Any
    ) -> Answer:
        """Call AWS; Failed with the words given when it refuses, for instance because what is asked
        for does not exist.
        """
        look = command(service, operation, asked)
        try:
            answer = Answer(getattr(self.client(service), operation)(**asked))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise
            said = error.response["Error"]
            actual = f"{said['Code']}: {said['Message']}"
            raise Failed(code, Text(fr, en), actual, look) from error
        answer.look = look
        return answer

    def run(self, *words: str, stdin: str = "", within: float = programs.WITHIN) -> Ran:
        """Run a program of the learner's; Failed unless it ends well and in time."""
        ran = programs.run(self.work, self.config, words, stdin=stdin, within=within)
        self.ran.append(ran)
        if failure := ran.failure(within):
            raise failure
        return ran

    @contextmanager
    def reading(self, code: str, fr: str, en: str, ran: Ran) -> Iterator[None]:
        """Failed when what ``ran`` printed is not of the form that the block reads."""
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            actual = programs.last_lines(ran.stdout) or Text("(rien)", "(nothing)")
            raise Failed(code, Text(fr, en), actual) from error


@cache
def _departures() -> list[flights.Event]:
    return list(flights.departures(FLIGHT_DAYS))


def command(service: str, operation: str, asked: dict[str, Any]) -> str:
    """The call as the AWS CLI has it: ``aws kinesis list-shards --stream-name clicks``."""
    words = ["aws", service, operation.replace("_", "-")]
    for name, value in asked.items():
        words.append(f"--{xform_name(name, '-')}")
        words.append(value if isinstance(value, str) else json.dumps(value))
    return " ".join(word if _plain(word) else f"'{word}'" for word in words)


def _plain(word: str) -> bool:
    return bool(word) and not set(word) & set(" {}[]\"'$&|<>;()*?")
