"""Products of decimals, which DuckDB would make in 64 bits and Trino does not."""

from pathlib import Path

import pytest

from tests.engine.support import Athena

LARGE = "CAST(999999999999999999 AS DECIMAL(18,0))"
SQUARE = "999999999999999998000000000000000001"
SMALL = "CAST(2 AS DECIMAL(15,2))"
GREAT = "CAST(9999999999999.99 AS DECIMAL(15,2))"
GREAT_SQUARE = "99999999999999800000000000.0001"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (f"SELECT {LARGE} * {LARGE}", [[SQUARE]]),
        (f"SELECT x * x FROM (VALUES {LARGE}, 2) AS t(x) ORDER BY 1", [["4"], [SQUARE]]),
        (
            "SELECT x * y * z FROM (VALUES (CAST(99999999.99 AS DECIMAL(10,2)),"
            " CAST(99999999.99 AS DECIMAL(10,2)), CAST(9999999.999 AS DECIMAL(10,3))),"
            " (2, 3, 4)) AS t(x, y, z) ORDER BY 1",
            [["24.0000000"], ["99999999970000000002999.9999999"]],
        ),
        (f"SELECT max(x) * min(x) FROM (VALUES {LARGE}) AS t(x)", [[SQUARE]]),
        (f"SELECT x * (SELECT max(x) FROM (VALUES {LARGE}) AS t(x)) FROM (VALUES {LARGE}) AS t(x)",
         [[SQUARE]]),
        (f"SELECT avg(x) FROM (VALUES {LARGE}, {LARGE}, 1) AS t(x)", [["666666666666666666"]]),
        ("SELECT avg(x) FROM (VALUES 0.05, 0.06, -0.99) AS t(x)", [["-0.29"]]),
        # Sums of products that 64 bits hold, do not hold, and hold in part.
        *(
            (f"SELECT sum(x * y), avg(x * y) FROM (VALUES {rows}) AS t(x, y)", [found])
            for rows, found in (
                (f"({SMALL}, {SMALL}), (NULL, {SMALL})", ["4.0000", "4.0000"]),
                (f"({GREAT}, {GREAT}), ({GREAT}, NULL)", [GREAT_SQUARE, GREAT_SQUARE]),
                (f"({GREAT}, {GREAT}), (-{SMALL}, {SMALL})",
                 ["99999999999999799999999996.0001", "49999999999999899999999998.0001"]),
                (f"(NULL, {SMALL})", [None, None]),
            )
        ),
        (f"SELECT sum(DISTINCT x * x) FROM (VALUES {SMALL}, {SMALL}) AS t(x)", [["4.0000"]]),
        (f"SELECT sum(x * x) OVER (ORDER BY x) FROM (VALUES {SMALL}, {SMALL}) AS t(x)",
         [["8.0000"], ["8.0000"]]),
        (f"SELECT sum(y), sum(y * 2) FROM (SELECT x * x AS y FROM (VALUES {SMALL}) AS t(x))",
         [["4.0000", "8.0000"]]),
        (f"SELECT sum(y * {SMALL}) FROM (SELECT {SMALL} * x AS y FROM (VALUES {SMALL}) AS t(x))",
         [["8.000000"]]),
        ("SELECT CAST(1.00 AS DECIMAL(15,2)) / CAST(3.00 AS DECIMAL(15,2))", [["0.33"]]),
        ("SELECT CAST(-2.00 AS DECIMAL(38,2)) / CAST(3.00 AS DECIMAL(38,2))", [["-0.67"]]),
    ],
)  # fmt: skip
def test_products_and_means(tmp_path: Path, sql: str, rows: list[list[str]]) -> None:
    athena = Athena(tmp_path)
    assert athena.run(sql) == rows
    athena.pool.close()
