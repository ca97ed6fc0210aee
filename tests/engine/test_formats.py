"""What readers make of text: JSON lines and delimited files."""

import gzip

import pytest

from lab.engine.errors import QueryError
from lab.engine.run import Job
from tests.engine.support import NOW, Athena

OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
HCATALOG = "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'"
OPEN_CSV = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"


def table(
    athena: Athena, columns: str, how: str, content: bytes, *, tail: str = "", name: str = "1"
) -> None:
    athena.objects.write(f"s3://data/t/{name}", content)
    athena.run(f"CREATE EXTERNAL TABLE t ({columns}) {how} LOCATION 's3://data/t/' {tail}")


@pytest.mark.parametrize("serde", [OPENX, HCATALOG])
def test_json_keys_in_any_case_and_absent_ones(athena: Athena, serde: str) -> None:
    lines = b'{"Id":1,"Who":{"firstName":"Ada","Tags":["x",null]}}\n{"Id":"2"}\n'
    table(
        athena, "id int, who struct<firstname:string,tags:array<string>>, gone string", serde, lines
    )
    assert athena.run("SELECT id, who, who.firstname, gone FROM t ORDER BY id") == [
        ["1", "{firstname=Ada, tags=[x, null]}", "Ada", None],
        ["2", None, None, None],
    ]


def test_json_timestamps_maps_and_objects_as_text(athena: Athena) -> None:
    lines = (
        b'{"t":"2013-01-01T05:00:00Z","m":{"k":1},"o":{"a": 1}}\n{"t":"2013-01-01 06:00:00.5"}\n'
    )
    table(athena, "t timestamp, m map<string,int>, o string", OPENX, lines)
    assert athena.run("SELECT * FROM t ORDER BY t") == [
        ["2013-01-01 05:00:00.000", "{k=1}", '{"a":1}'],
        ["2013-01-01 06:00:00.500", None, None],
    ]


def test_json_that_is_broken_is_an_error_unless_ignored(athena: Athena) -> None:
    table(athena, "a int", OPENX, b'{"a":1}\nnot json\n')
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT a FROM t")
    assert caught.value.name == "HIVE_CURSOR_ERROR"
    athena.run("DROP TABLE t")
    lenient = f"{OPENX} WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')"
    athena.run(f"CREATE EXTERNAL TABLE t (a int) {lenient} LOCATION 's3://data/t/'")
    assert athena.run("SELECT a FROM t ORDER BY a") == [["1"], [None]]


def test_json_column_mapping(athena: Athena) -> None:
    mapped = f"{OPENX} WITH SERDEPROPERTIES ('mapping.ts' = '@timestamp')"
    table(athena, "ts string", mapped, b'{"@timestamp":"now"}\n')
    assert athena.run("SELECT ts FROM t") == [["now"]]


def test_delimited_text(athena: Athena) -> None:
    """Quotes are text, what does not fit is NULL, short lines end in NULL, long ones are cut."""
    content = b'h1,h2,h3\r\n1,"a b",2013-01-01\r\nx,\\N\n3,c,2013-02-30,more\n'
    how = "ROW FORMAT DELIMITED FIELDS TERMINATED BY ','"
    tail = "TBLPROPERTIES ('skip.header.line.count' = '1')"
    table(athena, "a int, b string, d date", how, gzip.compress(content), tail=tail, name="1.gz")
    assert athena.run("SELECT * FROM t ORDER BY a") == [
        ["1", '"a b"', "2013-01-01"],
        ["3", "c", None],
        [None, None, None],
    ]


def test_delimited_text_with_escapes(athena: Athena) -> None:
    how = "ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\\\'"
    table(athena, "a string, b string", how, b"x\\,y,\\N\np,q\n")
    assert athena.run("SELECT * FROM t ORDER BY a") == [["p", "q"], ["x,y", None]]


def test_tab_and_octal_delimiters(athena: Athena) -> None:
    table(athena, "a string, b int", "ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t'", b"x\t1\n")
    assert athena.run("SELECT * FROM t") == [["x", "1"]]


def test_open_csv(athena: Athena) -> None:
    content = b'"1","a, b",0\n"2","say ""x""",19000\n'
    how = f"{OPEN_CSV} WITH SERDEPROPERTIES ('separatorChar' = ',', 'escapeChar' = '\"')"
    table(athena, "a int, b string, d date", how, content)
    assert athena.run("SELECT * FROM t ORDER BY a") == [
        ["1", "a, b", "1970-01-01"],
        ["2", 'say "x"', "2022-01-08"],
    ]


def test_hidden_files_are_not_read(athena: Athena) -> None:
    athena.objects.write("s3://data/t/_SUCCESS", b'{"a":9}\n')
    athena.objects.write("s3://data/t/.part", b'{"a":9}\n')
    table(athena, "a int", OPENX, b'{"a":1}\n')
    assert athena.run("SELECT a FROM t") == [["1"]]


def test_a_file_that_is_gone_when_it_is_read(athena: Athena) -> None:
    table(athena, "a int", OPENX, b'{"a":1}\n')
    job = Job(athena.pool)
    outcome = athena.engine.run(athena.engine.read("SELECT a FROM t"), "lab", job, "", NOW)
    athena.objects.remove(["s3://data/t/1"])
    with pytest.raises(QueryError) as caught:
        list(outcome.rows)
    job.close()
    assert str(caught.value) == (
        "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split: The specified key does not exist."
    )


def test_an_empty_location_is_an_empty_table(athena: Athena) -> None:
    athena.run(
        "CREATE EXTERNAL TABLE t (a int, b string) STORED AS PARQUET LOCATION 's3://data/no/'"
    )
    assert athena.run("SELECT count(*), max(b) FROM t") == [["0", None]]
