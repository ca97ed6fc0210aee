"""LazySimpleSerDe: delimiters by depth, escapes, NULL, types, and files that are not tidy."""

import gzip
from typing import Any

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena

COMMA = "ROW FORMAT DELIMITED FIELDS TERMINATED BY ','"


def table(athena: Athena, columns: str, how: str, content: bytes, *, tail: str = "") -> None:
    athena.objects.write("s3://data/t/1", content)
    athena.run(f"CREATE EXTERNAL TABLE t ({columns}) {how} LOCATION 's3://data/t/' {tail}")


@pytest.mark.fidelity("athena_storage.lazy_simple")
def test_collections_by_their_delimiters(athena: Athena) -> None:
    how = (
        f"{COMMA} COLLECTION ITEMS TERMINATED BY '|' MAP KEYS TERMINATED BY ':'"
        " NULL DEFINED AS 'none'"
    )
    columns = "a array<int>, m map<string,int>, s struct<x:int,y:array<string>>, z string"
    content = b"1|x|3,k:1|q:none|k:9,7|p:q,none\nnone,none,none,\n,,,z\n"
    table(athena, columns, how, content)
    assert athena.run("SELECT * FROM t") == [
        ["[1, null, 3]", "{k=1, q=null}", "{x=7, y=[p, q]}", None],
        [None, None, None, ""],
        ["[]", "{}", "{x=null, y=null}", "z"],
    ]
    made = athena.catalog.table("lab", "t")
    assert made is not None
    assert dict(made.serde_parameters) == {
        "field.delim": ",", "colelction.delim": "|", "mapkey.delim": ":",
        "serialization.null.format": "none", "serialization.format": ",",
    }  # fmt: skip


def test_control_characters_part_what_the_statement_does_not_say(athena: Athena) -> None:
    columns = "a array<array<int>>, m map<string,array<int>>"
    table(athena, columns, "STORED AS TEXTFILE", b"1\x032\x023\x01k\x031\x042\x02q\x03\n")
    assert athena.run("SELECT * FROM t") == [["[[1, 2], [3]]", "{k=[1, 2], q=[]}"]]


def test_escapes_hold_at_every_depth(athena: Athena) -> None:
    how = f"{COMMA} ESCAPED BY '\\\\' COLLECTION ITEMS TERMINATED BY '|'"
    table(athena, "a string, b array<string>, c int", how, b"x\\,y\\\\,p\\|q|r\\,,1\nplain,q,2\n")
    assert athena.run("SELECT * FROM t ORDER BY c") == [
        ["x,y\\", "[p|q, r,]", "1"],
        ["plain", "[q]", "2"],
    ]


def test_types_that_texts_are_read_as(athena: Athena) -> None:
    columns = "b binary, c char(3), v varchar(2), l boolean, d decimal(5,2), t timestamp"
    content = b"AP8=,abcd,xyz,TRUE,1.005,2024-01-01 10:00:00.25\n???,a,x,yes,12345,2024-01-01\n"
    table(athena, columns, COMMA, content)
    assert athena.run("SELECT * FROM t ORDER BY v DESC") == [
        ["00 ff", "abc", "xy", "true", "1.01", "2024-01-01 10:00:00.250"],
        ["3f 3f 3f", "a  ", "x", None, None, None],
    ]


NUMBERS = [
    ("7", "7"), ("+7", "7"), ("007", "7"), ("-0", "0"), (" 7", None), ("7 ", None), ("7.0", None),
    ("1e2", None), ("0x1F", None), ("1_000", None), ("9223372036854775808", None), ("", None),
    ("-9223372036854775808", "-9223372036854775808"), ("\\N", None),
]  # fmt: skip
MOMENTS = [
    ("2024-02-29 23:59:59", "2024-02-29 23:59:59.000"),
    ("2024-02-29 23:59:59.5", "2024-02-29 23:59:59.500"),
    ("2024-02-29 23:59:59.500", "2024-02-29 23:59:59.500"),
    ("2024-02-29 23:59:59.1234", "2024-02-29 23:59:59.123"),
    ("2024-02-29 23:59:59.123456789", "2024-02-29 23:59:59.123"),
    ("0001-01-01 00:00:00", "0001-01-01 00:00:00.000"),
    ("2023-02-29 00:00:00", None), ("2024-02-29", None), ("2024-02-29T00:00:00", None),
    ("2024-02-29 00:00:0Z", None), ("2024-02-29 00:00:00Z", None), (" 2024-02-29 00:00:0", None),
    ("2024-02-29  0:00:00", None), ("2024/02/29 00:00:00", None), ("12024-02-29 00:00:00", None),
    ("infinity", None), ("", None), ("\\N", None),
]  # fmt: skip
DAYS = [
    ("2024-02-29", "2024-02-29"), ("0001-01-01", "0001-01-01"), ("9999-12-31", "9999-12-31"),
    ("2023-02-29", None), ("2024-2-29", None), ("2024/02/29", None), (" 2024-02-29", None),
    ("12024-02-29", None), ("infinity", None), ("2024-02-29 00:00:00", None), ("", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "texts"), [("bigint", NUMBERS), ("timestamp", MOMENTS), ("date", DAYS)]
)
def test_texts_that_are_of_a_type_and_that_are_not(
    athena: Athena, kind: str, texts: list[tuple[str, str | None]]
) -> None:
    """Whatever DuckDB would take for one."""
    lines = "".join(f"{number},{text}\n" for number, (text, _) in enumerate(texts))
    table(athena, f"n int, x {kind}", COMMA, lines.encode())
    assert athena.run("SELECT n, x FROM t ORDER BY n") == [
        [str(number), shown] for number, (_, shown) in enumerate(texts)
    ]


@pytest.mark.fidelity("athena_storage.timestamp_formats")
def test_timestamps_by_the_tables_patterns(athena: Athena) -> None:
    tail = "TBLPROPERTIES ('timestamp.formats' = 'dd/MM/yyyy HH:mm, yyyyMMdd')"
    content = b"31/12/2023 23:59\n20240102\n2024-01-03 00:00:00\nno\n"
    table(athena, "t timestamp", COMMA, content, tail=tail)
    assert athena.run("SELECT t FROM t ORDER BY t") == [
        ["2023-12-31 23:59:00.000"],
        ["2024-01-02 00:00:00.000"],
        ["2024-01-03 00:00:00.000"],
        [None],
    ]


@pytest.mark.fidelity("athena_storage.dirty_text")
@pytest.mark.parametrize("packed", [False, True])
def test_lines_that_end_in_several_ways(athena: Athena, packed: bool) -> None:
    """CRLF with a lone LF, a lone CR, empty lines, and what is no UTF-8."""
    content = b"h\r\n1,a\r\n2,b\n3,c\r4,\xff\xe9\r\n\r\n\n5,e"
    if packed:
        athena.objects.write("s3://data/t/1.gz", gzip.compress(content))
        content = b""
    tail = "TBLPROPERTIES ('skip.header.line.count' = '1')"
    table(athena, "s string, t string", COMMA, content, tail=tail)
    assert athena.run("SELECT * FROM t ORDER BY s, t") == [
        ["", None], ["", None], ["1", "a"], ["2", "b"], ["3", "c"], ["4", "\ufffd\ufffd"],
        ["5", "e"],
    ]  # fmt: skip
    assert athena.run("SELECT count(*) FROM t WHERE \"$path\" LIKE 's3://data/t/1%'") == [["7"]]


TRIPS = (
    "vendor_id,pickup,dropoff,passengers,distance,flag,total,surcharge\r\n"
    "1,2019-01-15 03:36:12,2019-01-15 03:42:19,1,1.0,N,9.75,\r\n"
    "1,2019-01-25 18:20:32,2019-01-25 18:26:55,1,0.8,N,9.35,0.0\n"
    "2,2019-01-05 06:47:31,2019-01-05 06:52:19,2,1.1,Y,6.8,2.5\r\n"
)
TRIP_COLUMNS = (
    "vendor_id int, pickup timestamp, dropoff timestamp, passengers int, distance double,"
    " flag string, total double, surcharge double"
)


@pytest.mark.fidelity("athena_storage.dirty_text")
@pytest.mark.parametrize(
    ("how", "columns", "null"),
    [
        (COMMA, TRIP_COLUMNS, None),
        (
            "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'",
            TRIP_COLUMNS.replace("timestamp", "string").replace("charge double", "charge string"),
            "",
        ),
    ],
)  # fmt: skip
def test_taxi_trips_with_one_bare_newline(
    athena: Athena, how: str, columns: str, null: Any
) -> None:
    tail = "TBLPROPERTIES ('skip.header.line.count' = '1')"
    table(athena, columns, how, TRIPS.encode(), tail=tail)
    rows = athena.run("SELECT count(*), sum(passengers), max(total), min(surcharge) FROM t")
    assert rows == [["3", "4", "9.75", "0.0" if null is None else ""]]
    assert athena.run("SELECT flag, surcharge FROM t WHERE total > 9 ORDER BY total DESC") == [
        ["N", null],
        ["N", "0.0"],
    ]


@pytest.mark.parametrize(
    ("tail", "error"),
    [
        ("TBLPROPERTIES ('skip.header.line.count' = 'x')",
         "HIVE_INVALID_METADATA: Invalid value for skip.header.line.count property: x"),
        ("TBLPROPERTIES ('skip.footer.line.count' = '1')",
         "NOT_SUPPORTED: skip.footer.line.count is not supported by this lab"),
    ],
)  # fmt: skip
def test_properties_that_are_refused(athena: Athena, tail: str, error: str) -> None:
    table(athena, "a string", COMMA, b"x\n", tail=tail)
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT a FROM t")
    assert str(caught.value) == error
