"""The engine's memory has a bound, and statements over more than that still end."""

from pathlib import Path

from lab.engine.run import Pool

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


def test_keeping_one_row_of_each_needs_no_room_for_all(tmp_path: Path) -> None:
    pool = Pool([], tmp_path, memory="64MB")
    try:
        cursor = pool.cursor()
        assert cursor.execute(KEEP_ONE_OF_EACH).fetchall() == [(ROWS,)]
        cursor.close()
    finally:
        pool.close()
