"""The engine's memory and time have a bound, and statements over more than that still end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.engine.errors import QueryError
from lab.engine.run import Job, Pool, execute
from lab.providers.athena.executor import memory_share

ROWS = 200_000
# Two texts of 200 characters a row: more than the engine is given here.
KEEP_ONE_OF_EACH = f"""
    CREATE TEMP TABLE kept AS SELECT key, one, other FROM (
        SELECT *, row_number() OVER (PARTITION BY key ORDER BY number) AS place
        FROM (
            SELECT number, number % {ROWS} AS key,
                repeat('x', 200) || number AS one, repeat('y', 200) || number AS other
            FROM range({ROWS + 1000}) AS numbers(number)
        )
    ) WHERE place = 1
"""


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    made = Pool([], tmp_path, memory="64MB")
    yield made
    made.close()


def run(pool: Pool, sql: str) -> str:
    """How DuckDB's answer is said to be wrong."""
    job = Job(pool)
    with pytest.raises(QueryError) as caught:
        execute(job, sql)
    job.close()
    return str(caught.value)


def test_keeping_one_row_of_each_needs_no_room_for_all(pool: Pool) -> None:
    cursor = pool.cursor()
    assert cursor.execute(KEEP_ONE_OF_EACH).fetchall() == [(ROWS,)]
    cursor.close()


@pytest.mark.fidelity("athena.memory")
def test_what_cannot_go_to_disk_fails(pool: Pool) -> None:
    assert run(pool, "SELECT list(repeat('x', 1000) || n) FROM range(100000) AS t(n)") == (
        "EXCEEDED_LOCAL_MEMORY_LIMIT: Query exceeded per-node memory limit of 64MB"
    )


@pytest.mark.fidelity("athena.memory")
def test_time_is_limited(pool: Pool) -> None:
    job = Job(pool)
    job.time_out()
    with pytest.raises(QueryError) as caught:
        execute(job, "SELECT 1")
    assert str(caught.value) == (
        "EXCEEDED_TIME_LIMIT: Query exceeded the maximum execution time limit of 30.00m"
    )


@pytest.mark.fidelity("athena.memory")
def test_the_share_is_a_setting() -> None:
    assert memory_share({}) == "256MB"
    assert memory_share({"LAB_ATHENA_MEMORY": "4GB"}) == "4GB"
    assert memory_share({"LAB_ATHENA_MEMORY": "25%"}).endswith("MiB")
    with pytest.raises(ValueError, match="LAB_ATHENA_MEMORY must be like 512MB"):
        memory_share({"LAB_ATHENA_MEMORY": "much"})
