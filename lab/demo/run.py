"""``lab demo`` from its first line to its last: clean, deploy, stream, report, count."""

import time
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config as BotoConfig
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from opensearchpy import OpenSearch, OpenSearchException, Urllib3AWSV4SignerAuth
from rich.console import Console

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.data import flights
from lab.demo import pipeline, report, summary
from lab.demo.counts import Counts, Places, disagreement
from lab.demo.execution import Execution
from lab.demo.pipeline import Outputs, Producer, producing
from lab.demo.progress import BatchLog, History, Probe
from lab.demo.view import View
from lab.i18n import decimal, lab_error, number, t

INDEX = "flights"
LOOK_EVERY = 1.0  # seconds
# Nothing moved for so long: the counts will say what is missing.
STALLED_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """What to run. ``rate`` is the events per second that the stream is made for: a shard per
    thousand.
    """

    days: int = 7
    speed: str = "max"
    events: int | None = None
    rate: int = 5_000

    def check(self) -> None:
        """Raise LabError for a value that makes no sense."""
        if not 1 <= self.days <= flights.DAYS:
            raise lab_error("demo-bad-option", option="--days", value=self.days, wanted="1-365")
        if self.events is not None and self.events < 1:
            raise lab_error("demo-bad-option", option="--events", value=self.events, wanted="1-")
        factor = self.speed.removesuffix("x")
        if self.speed != "max" and not (factor.isdecimal() and int(factor)):
            raise lab_error(
                "demo-bad-option", option="--speed", value=self.speed, wanted="max, 60x"
            )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found. ``seconds`` is from the first event sent to the last one indexed and
    archived.
    """

    counts: Counts
    seconds: float
    parquet: report.Query
    json: report.Query
    outputs: Outputs

    @property
    def events_per_second(self) -> float:
        return self.counts.sent / self.seconds


def run(config: Config, options: Options, console: Console | None = None) -> Outcome:
    """Run the pipeline on the lab that ``config`` names, which must be up.

    Raises LabError when a part fails, or when the counts do not agree at the end.
    """
    options.check()
    try:
        return Demo(config, options, console or Console()).run()
    except (BotoCoreError, ClientError, OpenSearchException) as error:
        raise lab_error("demo-lab-failed", reason=error) from error


def search_of(url: str) -> OpenSearch:
    """The domain's own API, with signed requests as its access policy wants them."""
    keys = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    return OpenSearch(url, http_auth=Urllib3AWSV4SignerAuth(keys, REGION, "es"), timeout=30)


class Demo:
    """One run, against one lab."""

    def __init__(self, config: Config, options: Options, console: Console) -> None:
        self.config = config
        self.options = options
        self.view = View(console)

    def run(self) -> Outcome:
        outputs = self.prepare()
        search = search_of(outputs.opensearch_url)
        producer, seconds = self.stream(outputs, search)
        queries = self.report(outputs)
        places = Places(outputs, self.client("s3"), self.client("athena"), search)
        counts = take_counts(producer, places, queries["Parquet"])
        summary.show(self.view.console, queries["Parquet"], queries["Json"], counts)
        if not counts.agree:
            raise disagreement(counts, places, self.options.days, self.options.events)
        outcome = Outcome(counts, seconds, queries["Parquet"], queries["Json"], outputs)
        rate = round(outcome.events_per_second)
        self.view.say(t("demo.done", seconds=decimal(seconds), rate=number(rate)))
        return outcome

    def client(self, service: str) -> Any:
        """A boto3 client of this lab, whatever the person's own AWS settings are."""
        return boto3.client(
            service,
            **self.config.client_settings(),
            config=BotoConfig(retries={"mode": "standard", "max_attempts": 5}),
        )

    def prepare(self) -> Outputs:
        """A clean pipeline, whatever an earlier run left."""
        self.view.say(t("demo.removing"))
        pipeline.remove(self.config)
        self.forget_documents()
        self.view.say(t("demo.deploying"))
        outputs = pipeline.deploy(self.config, self.options.rate)
        self.view.say(
            t(
                "demo.deployed",
                stream=outputs.stream,
                shards=outputs.shards,
                function=outputs.function,
                url=outputs.opensearch_url,
                bucket=outputs.bucket,
            )
        )
        return outputs

    def forget_documents(self) -> None:
        """Delete the index even where a domain of another run, or nobody's, has left it."""
        with OpenSearch(self.config.opensearch_url, timeout=30) as search:
            search.indices.delete(index=INDEX, ignore_unavailable=True)

    def stream(self, outputs: Outputs, search: OpenSearch) -> tuple[Producer, float]:
        """Send everything and watch until it is through; returns the producer and the seconds."""
        log = BatchLog(self.client("logs"), f"/aws/lambda/{outputs.function}")
        options = self.options
        with (
            producing(
                self.config, outputs.stream, options.days, options.events, options.speed
            ) as producer,
            self.view.live(),
        ):
            watch(producer, Probe(producer, log, search, outputs), self.view, outputs.shards)
        return producer, max(log.last_batch_at - producer.sent.started, 1e-3)

    def report(self, outputs: Outputs) -> dict[str, report.Query]:
        """Run the state machine, show its steps; returns the reports ``Parquet`` and ``Json``."""
        self.view.say(t("demo.reporting"))
        execution = Execution(self.client("stepfunctions"), outputs.state_machine_arn)
        with self.view.live():
            for steps in execution.follow():
                self.view.show_steps(steps)
        athena, s3 = self.client("athena"), self.client("s3")
        return {
            kind: report.fetch(athena, s3, result["QueryExecutionId"])
            for kind, result in execution.output.items()
        }


def watch(producer: Producer, probe: Probe, view: View, shards: int) -> None:
    """Look and show, until all is through or nothing moves any more."""
    history = History()
    moved_at = time.monotonic()
    while True:
        producer.check()
        snapshot = probe.look(time.time())
        if snapshot.position != history.last.position:
            moved_at = time.monotonic()
        history.add(snapshot)
        stalled = producer.sent.done and time.monotonic() - moved_at > STALLED_AFTER
        ended = probe.through() or stalled
        if ended:
            history.add(probe.last_look(time.time()))
            view.show_flow(history, shards, last=True)
            return
        view.show_flow(history, shards)
        time.sleep(LOOK_EVERY)


def take_counts(producer: Producer, places: Places, parquet: report.Query) -> Counts:
    return Counts(
        departures=producer.departures,
        damaged=producer.damaged,
        sent=producer.sent.records,
        indexed=places.indexed(),
        archived=places.archived(),
        reported=parquet.flights,
        malformed=places.malformed(),
    )
