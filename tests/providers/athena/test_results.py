"""The result file, written and read back without a server."""

from pathlib import Path

import pytest

from lab.providers.athena.results import read_page, split_record, write_lines, write_table


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
    rows = [["1", None], ["", 'é\n"quoted"'], [None, "x,y"]]
    path = tmp_path / "r.csv"
    write_table(path, ["a", "b"], rows)
    first, token = read_page(path, False, None, 2)
    second, end = read_page(path, False, token, 2)
    assert [*first, *second] == [["a", "b"], *rows]
    assert end is None


def test_lines(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    write_lines(path, [["one"], [""], ["three"]])
    assert read_page(path, True, None, 10) == ([["one"], [""], ["three"]], None)
