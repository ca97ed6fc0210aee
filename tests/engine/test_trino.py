"""The translation table: statements with what a real Trino answered.

``trino/statements.json`` holds rows, or the name of the error. NOT_SUPPORTED stands for what Athena
can do and this engine refuses; such a line changes when the engine learns it.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.engine.catalog import Column, Table
from lab.engine.errors import QueryError
from lab.engine.scan import PARQUET_SERDE
from tests.engine.support import Athena

# Of the statements of the table, so many are answered as Trino answers them; it only grows.
RIGHT = 433
FOLDER = Path(__file__).parent / "trino"
DATA = json.loads((FOLDER / "statements.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def trino(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Athena]:
    made = Athena(tmp_path_factory.mktemp("trino"))
    for name, columns in DATA["tables"].items():
        made.objects.write(f"s3://b/{name}/1", (FOLDER / f"{name}.parquet").read_bytes())
        made.catalog.create_table(
            Table(
                "lab",
                name,
                tuple(Column(column, kind) for column, kind in columns),
                location=f"s3://b/{name}/",
                serde=PARQUET_SERDE,
            )
        )
    yield made
    made.pool.close()


@pytest.mark.parametrize(
    "statement", [pytest.param(one, id=one["id"]) for one in DATA["statements"]]
)
def test_statement(trino: Athena, statement: dict[str, Any]) -> None:
    if "error" in statement:
        with pytest.raises(QueryError) as caught:
            trino.run(statement["sql"])
        assert (caught.value.name, caught.value.message) == (
            statement["error"],
            statement["message"],
        )
        return
    rows = trino.run(statement["sql"])
    assert [[c.name, str(c.type)] for c in trino.outcome.columns] == statement["columns"]
    wanted = statement["rows"]
    if not statement.get("ordered"):
        rows, wanted = sorted(rows, key=repr), sorted(wanted, key=repr)
    assert len(rows) == len(wanted)
    for row, other in zip(rows, wanted, strict=True):
        assert all(same(a, b) for a, b in zip(row, other, strict=True)), (row, other)


@pytest.mark.fidelity("athena_sql.trino_answers")
def test_number_of_right_answers() -> None:
    refused = [one for one in DATA["statements"] if "by this lab" in one.get("message", "")]
    assert len(DATA["statements"]) - len(refused) >= RIGHT


def same(one: str | None, other: str | None) -> bool:
    """Equal, or doubles whose last digits depend on the order of summation."""
    if one == other or one is None or other is None or "." not in one:
        return one == other
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9)
    except ValueError:
        return False
