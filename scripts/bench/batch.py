"""How long a year of mornings takes: the batch scenario, and how punctual a schedule is.

    python scripts/bench/batch.py [--days N]

Starts a lab of its own, deploys ``solutions/daily_flights``, lays a CSV file a day into its bucket
(three of them damaged), and advances the clock a day at a time; each morning's state machine finds
the file, adds the partition, judges it, loads it, and each month's end runs the Glue job. At the
end the report must equal what DuckDB computes from the files alone, whose time is printed beside.

Then a rule of ``rate(1 minute)`` fires for an hour of the lab's clock: how late at most.
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import peer

from lab.config import load
from lab.demo.daily_flights import Scenario, damaged_days
from lab.stack import clock, embedded
from lab.stack.processes import free_port

HOUR = 3600.0


def play(scenario: Scenario, days: int) -> None:
    scenario.deploy()
    scenario.put(days)
    start = time.perf_counter()
    for step in scenario.play(days):
        if step.stuck:
            raise SystemExit(f"Stuck on day {step.number}: {step.stuck}")
        print(f"\r{step.number} of {step.total} days", end="", flush=True)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    expected = scenario.expected(days)
    alone = time.perf_counter() - start
    report = scenario.report()
    if report != expected:
        raise SystemExit("The report is not what the files say.")
    print(
        "\r"
        + json.dumps(
            {
                "days": days,
                "seconds": round(seconds, 1),
                "seconds_per_day": round(seconds / days, 3),
                "report_lines": len(report),
                "duckdb_alone_seconds": round(alone, 2),
            }
        )
    )


def punctuality(scenario: Scenario) -> None:
    """The events of an hour, each with the time at which it was due and that of the clock."""
    events, sqs = scenario.clients("events"), scenario.clients("sqs")
    url = sqs.create_queue(QueueName="minutes")["QueueUrl"]
    begin = datetime(2014, 1, 1, tzinfo=UTC)
    clock.change(scenario.config, "stop")
    clock.change(scenario.config, "set", begin)
    events.put_rule(Name="minutes", ScheduleExpression="rate(1 minute)")
    arn = "arn:aws:sqs:us-east-1:000000000000:minutes"
    events.put_targets(Rule="minutes", Targets=[{"Id": "q", "Arn": arn}])
    list(clock.advance(scenario.config, HOUR, HOUR, 60))
    times = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        times += [json.loads(message["Body"])["time"] for message in messages]
    fired = sorted(datetime.fromisoformat(each) for each in times)
    late = [
        abs((moment - begin).total_seconds() - 60 * place)
        for place, moment in enumerate(fired, start=1)
    ]
    print(json.dumps({"fired": len(fired), "of": 60, "off_by_seconds_at_most": max(late)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lab-batch-") as folder:
        config = replace(load(), home=Path(folder), port=free_port(), opensearch_port=free_port())
        embedded.up(config, names=("localstack",))
        try:
            damaged = damaged_days((5, 11, 17))
            scenario = Scenario(
                config, lambda name: peer.client(name, config.endpoint_url), damaged
            )
            play(scenario, arguments.days)
            punctuality(scenario)
        finally:
            embedded.down(config)


if __name__ == "__main__":
    main()
