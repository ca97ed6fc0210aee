"""Trino's JSON in Athena's text, and statements read as far as Trino needs it."""

from typing import Any

import pytest

from lab.engine import statements as s
from lab.engine.errors import QueryError
from lab.providers.athena.trino.reading import Passed, read, text_of
from lab.providers.athena.trino.values import printer, type_of


def signature(kind: str, *arguments: Any) -> dict[str, Any]:
    return {"rawType": kind, "arguments": [{"value": value} for value in arguments]}


def field(name: str | None, kind: str) -> dict[str, Any]:
    return {"fieldName": {"name": name} if name else None, "typeSignature": signature(kind)}


@pytest.mark.parametrize(
    ("kind", "value", "name", "text"),
    [
        (signature("boolean"), True, "boolean", "true"),
        (signature("real"), -0.1, "real", "-0.1"),
        (signature("double"), 1e300, "double", "1.0E300"),
        (signature("double"), "-Infinity", "double", "-Infinity"),
        (signature("bigint"), 2**62, "bigint", str(2**62)),
        (signature("decimal", 38, 2), "1.50", "decimal(38,2)", "1.50"),
        (signature("varchar", 2**31 - 1), "a", "varchar", "a"),
        (signature("char", 3), "a  ", "char(3)", "a  "),
        (signature("varbinary"), "AP8=", "varbinary", "00 ff"),
        (signature("timestamp", 9), "2024-01-01 00:00:00.123456789", "timestamp(9)",
         "2024-01-01 00:00:00.123456789"),
        (signature("array", signature("double")), [1.0, None], "array(double)", "[1.0, null]"),
        (signature("map", signature("varchar", 2**31 - 1), signature("boolean")), {"a": False},
         "map(varchar,boolean)", "{a=false}"),
        (signature("row", field("a", "integer"), field(None, "varbinary")), [1, "AA=="],
         "row(a integer,varbinary)", "{a=1, field1=00}"),
    ],
)  # fmt: skip
def test_values(kind: dict[str, Any], value: Any, name: str, text: str) -> None:
    found = type_of(kind)
    assert str(found).replace(", ", ",") == name
    assert printer(found)(value) == text


@pytest.mark.parametrize(
    ("sql", "kind", "subkind"),
    [
        ("WITH a AS (SELECT 1) SELECT * FROM a;", "DML", "SELECT"),
        ("EXPLAIN ANALYZE SELECT 1", "DML", "EXPLAIN"),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "DML", "MERGE"),
        ("INSERT INTO d.t (a) SELECT 1", "DML", "INSERT"),
        ("UNLOAD (SELECT ')') TO 's3://b/u/' WITH (format = 'JSON')", "DML", "UNLOAD"),
        ("CREATE TABLE IF NOT EXISTS t AS SELECT 1", "DDL", "CREATE_TABLE_AS_SELECT"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "DDL", "CREATE_VIEW"),
        ("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/t/'", "DDL", "CREATE_TABLE"),
        ("SHOW TABLES", "UTILITY", "SHOW_TABLES"),
    ],
)
def test_kinds(sql: str, kind: str, subkind: str) -> None:
    found = read(sql)
    assert (found.kind, found.subkind) == (kind, subkind)


def test_what_trino_is_sent() -> None:
    found = read("SELECT 1; -- end")
    assert isinstance(found, s.Select)
    assert text_of(found.tree) == "SELECT 1"
    changed = read("DELETE FROM t WHERE a = 1 ;")
    assert isinstance(changed, Passed)
    assert changed.sql == "DELETE FROM t WHERE a = 1"
    made = read("CREATE TABLE t WITH (format = 'ORC') AS\nSELECT a FROM b WITH NO DATA")
    assert isinstance(made, s.CreateTableAs)
    assert (made.properties, made.with_data) == ({"format": "ORC"}, False)
    assert text_of(made.tree).split("\n")[1].strip() == "SELECT a FROM b"
    files = read("UNLOAD (SELECT ')' AS a) TO 's3://b/u/' WITH (partitioned_by = ARRAY['a'])")
    assert isinstance(files, s.Unload)
    assert text_of(files.tree).strip() == "SELECT ')' AS a"
    assert files.properties == {"partitioned_by": ("a",)}


def test_what_is_no_statement() -> None:
    with pytest.raises(QueryError, match="SYNTAX_ERROR"):
        read("SELEC 1")
