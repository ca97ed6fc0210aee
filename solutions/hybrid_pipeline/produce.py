"""The producer: sends the lines of its standard input to a Kinesis stream.

    some-source | python produce.py flights --speed max

Its standard output is one JSON object every quarter of a second: how much the stream has accepted.

What PutRecords asks of a producer ("PutRecords", Kinesis Data Streams API Reference):

* at most 500 records and 5 MB per request, partition keys included;
* a request that answers 200 may still hold records that failed: each must be looked at, and only
  those sent again;
* a shard takes 1,000 records and 1 MB per second. What is beyond fails with
  ProvisionedThroughputExceededException, so it is cheaper not to send it.
"""

import argparse
import json
import random
import sys
import time
import zlib
from datetime import datetime

import boto3
from botocore.config import Config

MAX_RECORDS = 500
MAX_BYTES = 5_000_000
RECORDS_PER_SHARD = 1_000  # per second
GIVE_UP_AFTER = 20  # requests in a row of which not one record was accepted


class Producer:
    """Collects records and sends them in requests as large as the API takes."""

    def __init__(self, client, stream, report):
        self.client = client
        self.stream = stream
        self.report = report
        summary = client.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
        self.pace = Pace(summary["OpenShardCount"] * RECORDS_PER_SHARD)
        self.waiting = []
        self.waiting_bytes = 0
        self.refused_in_a_row = 0

    def send(self, data):
        """Add one record. It leaves with the request that it completes."""
        record = {"Data": data, "PartitionKey": partition_key(data)}
        size = len(data) + len(record["PartitionKey"])
        if len(self.waiting) == MAX_RECORDS or self.waiting_bytes + size > MAX_BYTES:
            self.put()
        self.waiting.append(record)
        self.waiting_bytes += size

    def flush(self):
        while self.waiting:
            self.put()

    def put(self):
        """Send what waits. What was refused waits again, in front of what comes later."""
        batch = self.waiting
        self.pace.wait(len(batch))
        answer = self.client.put_records(StreamName=self.stream, Records=batch)
        # Within a request, Kinesis does not promise order: a record may fail and a later one with
        # the same key pass. Our consumer does not depend on order. One that does must use PutRecord
        # with SequenceNumberForOrdering.
        results = zip(batch, answer["Records"], strict=True)
        self.waiting = [record for record, result in results if "ErrorCode" in result]
        self.waiting_bytes = sum(map(size_of, self.waiting))
        self.report.add(
            sum(map(size_of, batch)) - self.waiting_bytes, len(batch), len(self.waiting)
        )
        self._back_off(answer["Records"], accepted=len(batch) - len(self.waiting))

    def _back_off(self, results, accepted):
        """Wait longer the more often nothing passed, and not the same time as every other producer
        does.
        """
        if accepted:
            self.refused_in_a_row = 0
        else:
            self.refused_in_a_row += 1
        if self.refused_in_a_row >= GIVE_UP_AFTER:
            first = next(result for result in results if "ErrorCode" in result)
            raise SystemExit(
                f"The stream accepts nothing: {first['ErrorCode']}: {first['ErrorMessage']}"
            )
        if self.waiting:
            time.sleep(jitter() * min(2.0, 0.05 * 2**self.refused_in_a_row))


def jitter():
    """Half to all of a pause, at random: who failed together must not try again together."""
    return random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret


def size_of(record):
    return len(record["Data"]) + len(record["PartitionKey"])


def partition_key(data):
    """The plane: its flights keep their order, and 4,000 planes spread evenly over the shards.

    The airline would be a bad key: there are 16, one of them has 17% of all flights, and its shard
    would be hot.
    """
    try:
        event = json.loads(data)
        return event["tailnum"] or event["event_id"]
    except (ValueError, TypeError, KeyError):
        # It is not the producer's business to judge: send it, and let the pipeline put it aside.
        return f"{zlib.crc32(data):x}"


class Pace:
    """Holds back what the shards could not take anyway: ``rate`` records per second on average."""

    def __init__(self, rate):
        self.rate = rate
        self.free_at = time.monotonic()

    def wait(self, records):
        now = time.monotonic()
        time.sleep(max(0.0, self.free_at - now))
        self.free_at = max(self.free_at, now) + records / self.rate


class EventClock:
    """Replays events as they happened, ``factor`` times faster, by their scheduled departure."""

    def __init__(self, factor):
        self.factor = factor
        self.start = None

    def due_in(self, data):
        """Seconds until this event is due; 0 for one without a time."""
        try:
            event_time = datetime.fromisoformat(json.loads(data)["scheduled_departure"]).timestamp()
        except (ValueError, TypeError, KeyError):
            return 0.0
        if self.start is None:
            self.start = (time.time(), event_time)
        wall, first = self.start
        return wall + (event_time - first) / self.factor - time.time()


class Report:
    """Says every quarter of a second how far we are."""

    def __init__(self):
        self.figures = {"started": None, "sent": 0, "bytes": 0, "requests": 0, "retried": 0}
        self.next_at = 0.0

    def add(self, size, records, refused):
        figures = self.figures
        figures["sent"] += records - refused
        figures["bytes"] += size
        figures["requests"] += 1
        figures["retried"] += refused
        if time.monotonic() >= self.next_at:
            self.print(done=False)

    def start(self):
        self.figures["started"] = time.time()

    def print(self, done):
        self.next_at = time.monotonic() + 0.25
        print(json.dumps({**self.figures, "at": time.time(), "done": done}), flush=True)


def replay(lines, producer, clock):
    """Send every line: at once, or when the clock says so."""
    for line in lines:
        data = line.rstrip(b"\n")
        if clock and (seconds := clock.due_in(data)) > 0:
            # Nothing is due for a while: what has been collected must not wait until then.
            if seconds > 0.2:
                producer.flush()
            time.sleep(seconds)
        producer.send(data)
    producer.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stream")
    parser.add_argument("--speed", default="max", help="max, or a factor of real time such as 60x")
    options = parser.parse_args()
    clock = None if options.speed == "max" else EventClock(float(options.speed.rstrip("x")))
    # botocore repeats a request that failed as a whole; records that failed inside it are our
    # business.
    client = boto3.client("kinesis", config=Config(retries={"mode": "standard", "max_attempts": 8}))
    report = Report()
    producer = Producer(client, options.stream, report)
    report.start()
    replay(sys.stdin.buffer, producer, clock)
    report.print(done=True)


if __name__ == "__main__":
    main()
