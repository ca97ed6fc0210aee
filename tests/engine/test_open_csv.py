"""OpenCSVSerde: what its parser makes of quotes and escapes, line by line, and its types."""

from pathlib import Path

import pytest

from lab.engine.errors import QueryError
from lab.engine.open_csv import fields_of
from tests.engine.support import Athena

SERDE = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"


def table(athena: Athena, columns: str, content: bytes, *, how: str = "", tail: str = "") -> None:
    athena.objects.write("s3://data/t/1", content)
    athena.run(f"CREATE EXTERNAL TABLE t ({columns}) {SERDE} {how} LOCATION 's3://data/t/' {tail}")


@pytest.mark.fidelity("athena_storage.open_csv")
@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("a,b,c", ["a", "b", "c"]),
        (",,", ["", "", ""]),
        ('"a,b","c""d",""', ["a,b", 'c"d', ""]),
        ('"a\\"b","x\\\\y"', ['a"b', "x\\y"]),
        ("C:\\dir,\\t", ["C:dir", "t"]),
        ('a,b "c" d,e', ["a", 'b "c" d', "e"]),
        ('abc,  "x, y"', ["abc", "x, y"]),
        ('"a, "b"', []),
        ('x,"never ends', ["x"]),
        ('""""', ['"']),
    ],
)
def test_fields_of_a_line(athena: Athena, line: str, fields: list[str]) -> None:
    """The same by the rules of the parser and by the SQL that stands for them."""
    assert fields_of(line, ",", '"', "\\") == fields
    table(athena, "a string, b string, c string", f"{line}\n".encode())
    assert athena.run("SELECT * FROM t") == [(fields + [None] * 3)[:3]]  # type: ignore[list-item]


def test_a_quoted_field_does_not_go_on_in_the_next_line(athena: Athena) -> None:
    table(athena, "a string, b string", b'1,"open\n2,x"y"z\n3,"q"\n')
    assert athena.run("SELECT * FROM t ORDER BY a") == [["1", None], ["2", 'x"y"z'], ["3", "q"]]


def test_characters_of_ones_own(athena: Athena) -> None:
    how = "WITH SERDEPROPERTIES ('separatorChar' = ';', 'quoteChar' = '`', 'escapeChar' = '!')"
    table(athena, "a string, b string", b'`x;y`;`!`z`\np;"q"\n', how=how)
    assert athena.run("SELECT * FROM t ORDER BY a DESC") == [["x;y", "`z"], ["p", '"q"']]


@pytest.mark.fidelity("athena_storage.open_csv")
@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [("int", "1.0", "1.0"), ("int", "", ""), ("bigint", "99999999999999999999", "9" * 20),
     ("double", "N/A", "N/A"), ("boolean", "yes", "yes"), ("date", "2024-01-01", "2024-01-01")],
)  # fmt: skip
def test_what_does_not_fit(athena: Athena, kind: str, text: str, shown: str) -> None:
    table(athena, f"a string, b {kind}", f"x,{text}\n".encode())
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT b FROM t")
    assert str(caught.value) == (
        f"HIVE_BAD_DATA: Error parsing field value '{shown}' for field 1: For input string:"
        f' "{shown}"'
    )


def test_null_for_invalid_data(athena: Athena) -> None:
    tail = "TBLPROPERTIES ('use.null.for.invalid.data' = 'TRUE')"
    table(athena, "a int, t timestamp, d date", b"1,1579059880000,18276\nx,,no\n", tail=tail)
    assert athena.run("SELECT * FROM t ORDER BY a") == [
        ["1", "2020-01-15 03:44:40.000", "2020-01-15"],
        [None, None, None],
    ]


def test_insert_quotes_every_field(athena: Athena) -> None:
    table(athena, "a string, b int, d date", b'"x","1","0"\n')
    athena.run("""INSERT INTO t VALUES ('y, "z"', 2, DATE '1970-01-03')""")
    assert athena.run("SELECT * FROM t ORDER BY b") == [
        ["x", "1", "1970-01-01"],
        ['y, "z"', "2", "1970-01-03"],
    ]
    made = next(Path(f.path) for f in athena.objects.list("s3://data/t/2"))
    assert made.name.endswith(".gz")
