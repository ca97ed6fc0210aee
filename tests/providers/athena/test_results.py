"""The result file, written and read back without a server."""

from pathlib import Path

import pytest

from lab.engine.compiler import Named
from lab.engine.types import Type
from lab.providers.athena.metadata_file import metadata_of
from lab.providers.athena.models import Execution
from lab.providers.athena.results import (
    columns_of,
    read_page,
    split_record,
    write_lines,
    write_table,
)


@pytest.mark.parametrize(
    ("record", "row"),
    [
        ('"a","b"', ["a", "b"]),
        ('"a",', ["a", None]),
        (",", [None, None]),
        ('""', [""]),
        ('"x""y",,"1,2"', ['x"y', None, "1,2"]),
    ],
)
def test_split_record(record: str, row: list[str | None]) -> None:
    assert split_record(record) == row


def test_rows_come_back_page_by_page(tmp_path: Path) -> None:
    rows: list[list[str | None]] = [["1", None], ["", 'é\n"quoted"'], [None, "x,y"]]
    path = tmp_path / "r.csv"
    write_table(path, ["a", "b"], rows)
    first, token = read_page(path, False, None, 2)
    second, end = read_page(path, False, token, 2)
    assert [*first, *second] == [["a", "b"], *rows]
    # A full page has a token, as Athena's do; nothing may come after it.
    assert read_page(path, False, end, 2) == ([], None)


def test_lines(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    write_lines(path, [["one"], [""], ["three"]])
    assert read_page(path, True, None, 10) == ([["one"], [""], ["three"]], None)


@pytest.mark.fidelity("athena.results")
def test_metadata_is_what_drivers_read() -> None:
    execution = Execution("0", "r", "SELECT 1", "primary", "s3://b/x.csv", {}, {}, id="q")
    columns = [
        Named("i", Type("integer")),
        Named("d", Type("decimal", (10, 2))),
        Named("b", Type("boolean")),
        Named("dt", Type("date")),
        Named("a", Type("array", (Type("integer"),))),
    ]
    execution.columns = columns_of(columns, False)
    assert metadata_of(execution).hex() == (
        "0a0171"
        "221d0a0468697665220169" "2a0169" "3207696e7465676572" "380a" "4000" "4803" "5000"
        "221d0a0468697665220164" "2a0164" "3207646563696d616c" "380a" "4002" "4803" "5000"
        "22190a0468697665220162" "2a0162" "3207626f6f6c65616e" "4803" "5000"
        "221a0a046869766522026474" "2a026474" "320464617465" "4000" "4803" "5000"
        "22150a0468697665220161" "2a0161" "32056172726179" "4803"
    )  # fmt: skip
