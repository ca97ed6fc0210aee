"""The JSON SerDes beyond the plain case: types that differ, errors, properties."""

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena

OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
HCATALOG = "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'"


def table(athena: Athena, columns: str, content: bytes, *, how: str = OPENX) -> None:
    athena.objects.write("s3://data/t/1", content)
    athena.run(f"CREATE EXTERNAL TABLE t ({columns}) {how} LOCATION 's3://data/t/'")


@pytest.mark.fidelity("athena_storage.json")
def test_numbers_as_texts_and_the_reverse(athena: Athena) -> None:
    columns = "a int, b double, c string, d boolean, e decimal(5,2), f date, g string, h char(2)"
    content = (
        b'{"a":"7","b":"1.5","c":3,"d":"true","e":"2.5","f":"2024-02-29","g":{"x":[1]},"h":"abc"}\n'
        b'{"a":8,"b":2,"c":true,"d":false,"e":1.25,"f":null,"g":"t"}\n'
    )
    table(athena, columns, content)
    assert athena.run("SELECT * FROM t ORDER BY a") == [
        ["7", "1.5", "3", "true", "2.50", "2024-02-29", '{"x":[1]}', "ab"],
        ["8", "2.0", "true", "false", "1.25", None, "t", None],
    ]


@pytest.mark.fidelity("athena_storage.json")
@pytest.mark.parametrize(
    ("columns", "content", "error"),
    [
        ("a string, b int", b'{"b":"abc"}',
         "HIVE_BAD_DATA: Error parsing field value 'abc' for field 1: For input string: \"abc\""),
        ("a int", b'{"a":1.5}',
         "HIVE_BAD_DATA: Error parsing field value '1.5' for field 0: For input string: \"1.5\""),
        ("a int", b'{"a":3000000000}',
         "HIVE_BAD_DATA: Error parsing field value '3000000000' for field 0: For input string:"
         ' "3000000000"'),
        ("a timestamp", b'{"a":"soon"}',
         "HIVE_BAD_DATA: Error parsing field value 'soon' for field 0: For input string: \"soon\""),
        ("a array<int>", b'{"a":["x"]}',
         "HIVE_BAD_DATA: Error parsing field value 'x' for field 0: For input string: \"x\""),
        ("a struct<b:map<int,int>>", b'{"a":{"b":{"1":1.5}}}',
         "HIVE_BAD_DATA: Error parsing field value '1.5' for field 0: For input string: \"1.5\""),
        ("a int", b"not json",
         "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: A JSONObject text must"
         " begin with '{' at 1 [character 2 line 1]"),
        ("a int", b'{\n"a":1\n}',
         "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: A JSONObject text must"
         " end with '}' at 2 [character 3 line 1]"),
        ("a int", b'[{"a":1}]',
         "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: A JSONObject text must"
         " begin with '{' at 1 [character 2 line 1]"),
        ("a int", b'{"a":1,"a":2}',
         "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: Duplicate key \"a\""),
    ],
)  # fmt: skip
def test_what_does_not_fit(athena: Athena, columns: str, content: bytes, error: str) -> None:
    table(athena, columns, content + b"\n")
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT * FROM t")
    assert str(caught.value) == error


def test_nested_values_are_converted_too(athena: Athena) -> None:
    columns = "a array<struct<T:timestamp,m:map<int,array<double>>>>"
    content = b'{"a":[{"t":"2024-01-01T00:00:00Z","M":{"7":["0.5",2]}},null]}\n{"a":null}\n'
    table(athena, columns, content)
    assert athena.run("SELECT a FROM t WHERE a IS NOT NULL") == [
        ["[{t=2024-01-01 00:00:00.000, m={7=[0.5, 2.0]}}, null]"]
    ]
    assert athena.run("SELECT count(*) FROM t WHERE a IS NULL") == [["1"]]


def test_dots_in_keys(athena: Athena) -> None:
    how = f"{OPENX} WITH SERDEPROPERTIES ('dots.in.keys' = 'true')"
    table(athena, "a_b int, c string", b'{"A.b":1,"c":"x"}\n', how=how)
    assert athena.run("SELECT * FROM t") == [["1", "x"]]


def test_case_that_matters(athena: Athena) -> None:
    how = f"{OPENX} WITH SERDEPROPERTIES ('case.insensitive' = 'false', 'mapping.big' = 'ID')"
    table(athena, "id int, big int", b'{"id":1,"ID":2}\n', how=how)
    assert athena.run("SELECT id FROM t") == [["1"]]
    assert athena.run("SELECT big FROM t") == [["2"]]
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT id, big FROM t")
    assert str(caught.value) == (
        "NOT_SUPPORTED: reading the keys 'ID' and 'id' at once is not supported by this lab"
    )


@pytest.mark.fidelity("athena_storage.timestamp_formats")
@pytest.mark.parametrize("serde", [OPENX, HCATALOG])
def test_timestamps_by_the_tables_patterns(athena: Athena, serde: str) -> None:
    how = f"{serde} WITH SERDEPROPERTIES ('timestamp.formats' = 'dd.MM.yyyy HH:mm')"
    content = b'{"t":"31.12.2023 23:59"}\n{"t":"2024-01-01T00:00:00Z"}\n{"t":1704153600000}\n'
    table(athena, "t timestamp", content, how=how)
    assert athena.run("SELECT t FROM t ORDER BY t") == [
        ["2023-12-31 23:59:00.000"],
        ["2024-01-01 00:00:00.000"],
        ["2024-01-02 00:00:00.000"],
    ]


@pytest.mark.fidelity("athena_storage.json_keys")
def test_a_key_spelt_in_two_ways_is_refused(athena: Athena) -> None:
    table(athena, "id int", b'{"ID":1}\n{"Id":2}\n')
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT id FROM t")
    assert str(caught.value) == (
        "NOT_SUPPORTED: the key 'id' spelt in several ways in one file is not supported by this lab"
    )


@pytest.mark.fidelity("athena_storage.json_keys")
def test_empty_lines_are_no_rows(athena: Athena) -> None:
    table(athena, "id int", b'\n{"ID":1}\n\n')
    assert athena.run("SELECT id FROM t") == [["1"]]
