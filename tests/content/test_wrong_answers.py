"""For every task, a mistake that learners make, and what they are told about it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.checks import runner
from lab.course.content import Exercise
from lab.course.desk import Desk
from tests.content.support import COURSE, EXERCISES

pytestmark = pytest.mark.lab


class Mistake(NamedTuple):
    """In ``file``, a learner wrote ``wrong`` where the solution has ``right``: task ``task`` fails
    with ``code``, and says ``expected`` and ``there``.
    """

    task: int
    file: str
    right: str
    wrong: str
    code: str
    expected: str
    there: str


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
                *(3, "put.py", 'json.loads(line)["visitor"]', '"clicks"'),
                *("partition-key", "each click's partition key is its visitor", "('clicks', "),
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
                *("flights-lost", "the 4000 flights sent to produce.py are in the stream", "0"),
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
]


def test_every_task_has_a_mistake() -> None:
    known = {(e.id, task.number) for e in EXERCISES for task in runner.tasks(e.check)}
    assert {(name, mistake.task) for name, mistakes in ROUNDS for mistake in mistakes} == known


@pytest.mark.parametrize(("name", "mistakes"), ROUNDS)
def test_a_mistake_is_named(
    name: str, mistakes: list[Mistake], desk: Desk, solve: Callable[[Exercise], Path]
) -> None:
    exercise = COURSE.exercise(name)
    desk.go_to(exercise, lambda _: None)
    folder = solve(exercise)
    for mistake in mistakes:
        program = folder / mistake.file
        text = program.read_text(encoding="utf-8")
        assert mistake.right in text
        program.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")

    outcome = desk.check(exercise)

    assert outcome.status == "fail"
    failures = {r.task.number: r.failure for r in outcome.results if r.failure}
    for mistake in mistakes:
        failure = failures[mistake.task]
        assert failure.code == mistake.code
        assert mistake.expected in failure.must()
        assert mistake.there in failure.there()
