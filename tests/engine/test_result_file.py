"""The CSV that DuckDB writes is the one that Python would write."""

from pathlib import Path

import pytest

from lab.engine.run import Job
from tests.engine.support import NOW, Athena

DOUBLES = (
    *(sign * 10.0**power for power in range(-300, 300, 7) for sign in (1, -1)),
    *(0.001, 0.00099999999999, 9999999.999999998, 1e7, 1e16, 9999999999999998.0, 1.5e-5),
    *(5e-324, 1.7976931348623157e308, -0.0, 0.1, 1 / 3, 2 / 3e9, 4e20 / 3, 123456789.0),
)  # fmt: skip


def written(athena: Athena, sql: str) -> tuple[str, int] | None:
    """The file and the number of rows; None when the engine leaves the writing to others."""
    job, path = Job(athena.pool), athena.scratch / "result"
    try:
        outcome = athena.engine.run(athena.engine.read(sql), "lab", job, "s3://out/", NOW)
        if outcome.write is None:
            return None
        count = outcome.write(path)
        return path.read_text(encoding="utf-8"), count
    finally:
        job.close()


def by_rows(athena: Athena, sql: str) -> str:
    rows = athena.run(sql)
    names: list[str | None] = [column.name for column in athena.outcome.columns]
    lines = [names, *rows]
    return "".join(
        ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in line) + "\n"
        for line in lines
    )


@pytest.mark.parametrize(
    "sql",
    [
        """SELECT 1 AS "a""b", CAST(NULL AS varchar) AS b, '' AS c, 'x,"y"' || chr(10) AS d""",
        "SELECT true AS a, DATE '0999-01-02' AS b, CAST(-5 AS tinyint) AS c",
        "SELECT CAST(-0.05 AS decimal(3,2)) AS a, CAST(1234567890123456.5 AS decimal(38,9)) AS b",
        "SELECT CAST('x' AS char(5)) AS a, count(*) AS b",
        "SELECT TIMESTAMP '2024-01-02 03:04:05.678' AS a, TIMESTAMP '0012-01-02 03:04:05' AS b",
        "SELECT CAST(TIMESTAMP '1969-12-31 23:59:59.999999' AS timestamp(6)) AS a",
        "SELECT CAST(NULL AS double) AS a", "SELECT 1 AS a WHERE false",
        "SELECT x, x * x FROM UNNEST(sequence(1, 5000)) AS t(x) ORDER BY x DESC",
        "SELECT x FROM UNNEST(sequence(1, 5000)) AS t(x) ORDER BY x DESC LIMIT 2500",
        f"SELECT x FROM UNNEST(ARRAY[{', '.join(f'{one:.17e}' for one in DOUBLES)}]) AS t(x)",
        "SELECT nan() AS a, infinity() AS b, -infinity() AS c",
    ],
)  # fmt: skip
def test_same_text(athena: Athena, sql: str) -> None:
    found = written(athena, sql)
    assert found is not None
    assert found == (by_rows(athena, sql), found[1])
    assert found[1] == len(athena.run(sql))


@pytest.mark.parametrize(
    "sql",
    ["SELECT 1 AS a, 2 AS A", "SELECT ARRAY[1] AS a", "SELECT X'00' AS a", "SELECT REAL '1.5' AS a",
     "SELECT CAST(0.5 AS decimal(2,2)) AS a"],
)  # fmt: skip
def test_what_sql_does_not_print(athena: Athena, sql: str) -> None:
    assert written(athena, sql) is None


def test_a_query_that_fails_while_it_is_written(athena: Athena, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="DIVISION_BY_ZERO: Division by zero"):
        written(athena, "SELECT 1 / (x - 2500) FROM UNNEST(sequence(1, 5000)) AS t(x)")
    assert tmp_path.is_dir()
