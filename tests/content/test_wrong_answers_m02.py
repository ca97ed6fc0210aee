"""m02_kinesis: for every task, a mistake that learners make, and what they are told about it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.course.content import Exercise
from lab.course.desk import Desk
from tests.content import mistakes
from tests.content.mistakes import Mistake
from tests.content.support import COURSE

pytestmark = pytest.mark.lab

# Mistakes that do not touch each other are made together, which is faster than one by one.
ROUNDS: list[tuple[str, list[Mistake]]] = [
    (
        "kinesis.first_stream",
        [
            Mistake(
                *(1, "create.py", "SHARDS = 2", "SHARDS = 1"),
                *("shard-count", "the stream has 2 open shards", "1"),
            ),
            Mistake(
                *(2, "create.py", "    keep_longer(client)", "    pass"),
                *("retention", "the retention is 48 hours", "24"),
            ),
            Mistake(
                *(3, "put.py", 'json.loads(line)["visitor"]', '"ad-views"'),
                *("partition-key", "each click's partition key is its visitor", "ad-views · "),
            ),
            Mistake(
                *(4, "read.py", "TRIM_HORIZON", "LATEST"),
                *("read-count", "prints a line for each record of the shard", "0"),
            ),
        ],
    ),
    (
        "kinesis.first_stream",
        [
            Mistake(
                *(1, "create.py"),
                'ShardCount=SHARDS,\n            StreamModeDetails={"StreamMode": "PROVISIONED"}',
                'StreamModeDetails={"StreamMode": "ON_DEMAND"}',
                *("stream-mode", "the stream is in provisioned mode (PROVISIONED)", "ON_DEMAND"),
            ),
            Mistake(
                *(3, "put.py", "line.encode()", "json.dumps(line).encode()"),
                *("clicks-changed", "the data are the lines as they came", "visitor"),
            ),
            Mistake(
                *(4, "read.py", 'record["Data"].decode()', 'record["Data"]'),
                *("read-order", "in the order of the shard", "[0]: b'"),
            ),
        ],
    ),
    (
        "kinesis.first_stream",
        [
            Mistake(
                *(1, "create.py", "(kinesis.exceptions.ResourceInUseException)", "()"),
                *("program-failed", "create.py ends without an error", "ResourceInUseException"),
            ),
            Mistake(
                *(3, "put.py", "    kinesis.put_record(", "    dict("),
                *("clicks-lost", "the 60 clicks sent to put.py are in the stream", "0"),
            ),
        ],
    ),
    (
        "kinesis.hot_shard",
        [
            Mistake(
                *(1, "measure.py", 'len(answer["Records"])', "1"),
                *("measure-count", "the number of its records", "shardId-000000000000"),
            ),
            Mistake(
                *(3, "produce.py", 'flight["tailnum"] or flight', "flight"),
                *("order-lost", "each aircraft is in one shard only", "shardId-"),
            ),
        ],
    ),
    (
        "kinesis.hot_shard",
        [
            Mistake(
                *(1, "measure.py", "for shard in shards}", "for shard in shards[1:]}"),
                *("measure-shards", "names all the shards of the stream", "shardId-000000000000"),
            ),
            Mistake(
                *(4, "produce.py", 'flight["tailnum"] or flight["event_id"]', 'flight["carrier"]'),
                *("hot-shard", "takes at most 0.2 of the flights", "0."),
            ),
        ],
    ),
    (
        "kinesis.hot_shard",
        [
            Mistake(
                *(2, "produce.py", "    while records:", "    for _ in records[:0]:"),
                *("flights-lost", "the 4,000 flights sent to produce.py are in the stream", "0"),
            ),
        ],
    ),
    (
        "kinesis.hot_shard",
        [
            Mistake(
                *(2, "produce.py", ' or flight["event_id"]', ""),
                *("program-failed", "produce.py ends without an error", "PartitionKey"),
            ),
        ],
    ),
    (
        "kinesis.producer",
        [
            Mistake(
                *(1, "publish.py", 'if "ErrorCode" not in result]', "]"),
                *("flights-lost", "the 4,000 flights sent to publish.py are in the stream", ""),
            ),
            Mistake(
                *(3, "publish.py", " <= LARGEST", ""),
                *("program-failed", "publish.py ends without an error", "ValidationException"),
            ),
        ],
    ),
    (
        "kinesis.producer",
        [
            Mistake(
                *(1, "publish.py", "in accepted}", "in accepted if len(accepted) == len(batch)}"),
                *(
                    "flights-twice",
                    "the stream holds 4,000 records more, each flight",
                    "",
                ),
            ),
            Mistake(
                *(3, "publish.py", 'f"{line}\\n" for line in rejected', '"" for line in rejected'),
                *("rejected-file", "rejected.jsonl holds the lines", "[0]: (nothing)"),
            ),
            Mistake(
                *(4, "publish.py", '"rejected": len(rejected)', '"rejected": 0'),
                *("summary-false", "sent counts what Kinesis has accepted", "'rejected': 0"),
            ),
        ],
    ),
    (
        "kinesis.producer",
        [
            Mistake(
                *(2, "publish.py"),
                "        waiting = [record for record in waiting if id(record) not in gone]",
                "        refused = [record for record in waiting if id(record) not in gone]\n"
                "        waiting = [*islice(records, BATCH - len(refused)), *refused]",
                *("order-lost", "in the order of sending (here N", "["),
            ),
            Mistake(
                *(3, "publish.py", "            rejected.append(line)", "            break"),
                *("poison-blocks", "the 300 sound flights arrive", "100"),
            ),
            Mistake(
                *(4, "publish.py", "print(json.dumps(", "print(str("),
                *("summary-form", "prints a JSON object", "{'sent': "),
            ),
        ],
    ),
    (
        "kinesis.capacity",
        [
            Mistake(
                *(1, "size.py", "max(by_number, by_size)", "by_number"),
                *("write-shards", "number or size, that is reached first, at 80 % (", ""),
            ),
            Mistake(
                *(3, "size.py", 'math.ceil(traffic["record_bytes"] / UNIT)', "1"),
                *("price", "usd_per_month counts the shards, the units written", ""),
            ),
        ],
    ),
    (
        "kinesis.capacity",
        [
            Mistake(
                *(2, "size.py", ' * traffic["polling_consumers"]', ""),
                *("read-shards", "enough for the writes and for all who poll, at 80 % (", ""),
            ),
            Mistake(
                *(4, "create.py", "ShardCount=count)", "ShardCount=9)"),
                *("stream-size", "the shards that traffic.json needs, no more and no fewer", "9"),
            ),
        ],
    ),
    (
        "kinesis.resharding",
        [
            Mistake(
                *(1, "split.py", " + 1) // 2", ") // 3"),
                *("split-uneven", "each child owns half of the hash keys", "[1]: "),
            ),
            Mistake(
                *(2, "follow.py", "paginate(StreamName=stream)"),
                'paginate(StreamName=stream, ShardFilter={"Type": "AT_LATEST"})',
                *("records-lost", "follow.py gates-check prints the 900 flights", ""),
            ),
        ],
    ),
    (
        "kinesis.resharding",
        [
            Mistake(
                *(3, "follow.py", "return order", "return order[::-1]"),
                *("order-lost", "in the order in which they were sent (here N", "[0]: "),
            ),
        ],
    ),
    (
        "kinesis.fan_out",
        [
            Mistake(
                *(
                    1,
                    "register.py",
                    "ConsumerName=CONSUMER)\n    #",
                    'ConsumerName="board")\n    #',
                ),
                *("no-consumer", "the stream gate-events has a consumer live-board", "live-board"),
            ),
            Mistake(
                *(4, "choose.py", "soon_enough and fast_enough", "soon_enough"),
                *("choice", "polling when delay and throughput allow it, else fan_out", "polling"),
            ),
        ],
    ),
    (
        "kinesis.fan_out",
        [
            Mistake(
                *(2, "push.py", '"TRIM_HORIZON"', '"LATEST"'),
                *("push-count", "prints a line for each record of the stream", "0"),
            ),
            Mistake(
                *(3, "push.py", "place = record", "mine = record"),
                *("push-missed", "prints the 150 records that have arrived in between", "0"),
            ),
            Mistake(
                *(4, "choose.py", "READ_MIB / consumers", "READ_MIB"),
                *("figure", "poll_mib is right, within a hundredth (1)", "2"),
            ),
        ],
    ),
    (
        "kinesis.replay",
        [
            Mistake(
                *(1, "replay.py", '"AT_TIMESTAMP", Timestamp=since', '"LATEST"'),
                *("replay-missing", "the 20 flights of the incident are in s3://replay-lake-", "0"),
            ),
        ],
    ),
    (
        "kinesis.replay",
        [
            Mistake(
                *(2, "replay.py", '"AT_TIMESTAMP", Timestamp=since', '"TRIM_HORIZON"'),
                *("replay-outside", "from before or after the incident is written again", "20"),
            ),
            Mistake(
                *(2, "replay.py", "if arrived >= since:", "if arrived:"),
                *("replay-outside", "from before or after the incident is written again", "20"),
            ),
            Mistake(
                *(3, "replay.py", "{result['event_id']}", "{time.time_ns()}"),
                *("replay-twice", "after two runs there are 20 objects, one for each flight", ""),
            ),
        ],
    ),
    (
        "kinesis.delivery",
        [
            Mistake(
                *(1, "build.py", '"meter-readings", "readings/")', '"readings", "readings/")'),
                *("no-delivery", "Firehose has a delivery stream meter-readings", "meter-readings"),
            ),
            Mistake(
                *(2, "build.py", 'make_stream(kinesis, "lift-alarms")'),
                'make_delivery(firehose, "lift-alarms", "lift-alarms/")',
                *("no-stream", "lift-alarms is a Kinesis stream", "lift-alarms"),
            ),
            Mistake(
                *(3, "build.py", "retention_hours=7 * 24", "retention_hours=24"),
                *("retention", "the views stay for at least 168 hours", "24"),
            ),
            Mistake(
                *(4, "build.py", '"shop-orders-archive", "orders/", orders', '"shop-orders", "o/"'),
                *("no-archive", "a delivery stream shop-orders-archive", "shop-orders-archive"),
            ),
            Mistake(
                *(
                    5,
                    "price.py",
                    ' * math.ceil(traffic["bytes"] / STEP) * STEP',
                    "*traffic['bytes']",
                ),
                *("price", "firehose_usd is right, within a hundredth (", ""),
            ),
        ],
    ),
]


@pytest.mark.parametrize(("name", "made"), ROUNDS)
def test_a_mistake_is_named(
    name: str, made: list[Mistake], desk: Desk, solve: Callable[[Exercise], Path]
) -> None:
    exercise = COURSE.exercise(name)
    desk.go_to(exercise, lambda _: None)
    mistakes.make(solve(exercise), made)
    mistakes.assert_named(desk.check(exercise), made)
