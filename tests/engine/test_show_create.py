"""SHOW CREATE TABLE prints a statement that makes the table again; SHOW CREATE VIEW the view's."""

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena

PARQUET = """\
CREATE EXTERNAL TABLE `t`(
  `a` int COMMENT 'it\\'s first',\x20
  `b` struct<x:string,y:array<int>>)
COMMENT 'c'
PARTITIONED BY (\x20
  `dt` string,\x20
  `h` int)
CLUSTERED BY (\x20
  a)\x20
INTO 4 BUCKETS
ROW FORMAT SERDE\x20
  'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'\x20
STORED AS INPUTFORMAT\x20
  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'\x20
OUTPUTFORMAT\x20
  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
LOCATION
  's3://data/t'
TBLPROPERTIES (
  'k'='v',\x20
  'parquet.compression'='SNAPPY',\x20
  'transient_lastDdlTime'='1767323045')"""

TEXT = """\
CREATE EXTERNAL TABLE `lab.t`(
  `a` int)
ROW FORMAT DELIMITED\x20
  FIELDS TERMINATED BY '\\t'\x20
  ESCAPED BY '\\\\'\x20
STORED AS INPUTFORMAT\x20
  'org.apache.hadoop.mapred.TextInputFormat'\x20
OUTPUTFORMAT\x20
  'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION
  's3://data/t'
TBLPROPERTIES (
  'transient_lastDdlTime'='1767323045')"""

JSON = """\
CREATE EXTERNAL TABLE `t`(
  `a` int COMMENT 'from deserializer')
ROW FORMAT SERDE\x20
  'org.openx.data.jsonserde.JsonSerDe'\x20
WITH SERDEPROPERTIES (\x20
  'ignore.malformed.json'='true',\x20
  'mapping.a'='A')\x20
STORED AS INPUTFORMAT\x20
  'org.apache.hadoop.mapred.TextInputFormat'\x20
OUTPUTFORMAT\x20
  'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION
  's3://data/t'
TBLPROPERTIES (
  'transient_lastDdlTime'='1767323045')"""


@pytest.mark.parametrize(("name", "statement"), [("t", PARQUET), ("lab.t", TEXT), ("t", JSON)])
def test_the_statement_makes_the_table_again(athena: Athena, name: str, statement: str) -> None:
    athena.run(statement)
    made = athena.catalog.table("lab", "t")
    assert athena.run(f"SHOW CREATE TABLE {name}") == [[line] for line in statement.split("\n")]
    athena.run("DROP TABLE t")
    athena.run(statement)
    assert athena.catalog.table("lab", "t") == made


def test_view(athena: Athena) -> None:
    athena.run("CREATE VIEW v AS SELECT 1 AS one,\n 2 AS two")
    lines = [["CREATE VIEW lab.v AS"], ["SELECT 1 AS one,"], [" 2 AS two"]]
    assert athena.run("SHOW CREATE VIEW v") == lines
    assert athena.run('SHOW CREATE VIEW "lab"."v"') == lines


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        (
            "SHOW CREATE TABLE nowhere",
            "FAILED: SemanticException [Error 10001]: Table not found lab.nowhere",
        ),
        (
            "SHOW CREATE VIEW nowhere",
            "TABLE_NOT_FOUND: line 1:1: View 'awsdatacatalog.lab.nowhere' does not exist",
        ),
        (
            "SHOW CREATE VIEW t",
            "NOT_SUPPORTED: line 1:1: Relation 'awsdatacatalog.lab.t' is a table, not a view",
        ),
        (
            "SHOW CREATE TABLE v",
            "NOT_SUPPORTED: SHOW CREATE TABLE of a view is not supported by this lab",
        ),
    ],
)
def test_errors(athena: Athena, sql: str, error: str) -> None:
    athena.run(TEXT.replace("`lab.t`", "t"))
    athena.run("CREATE VIEW v AS SELECT 1 AS one")
    with pytest.raises(QueryError) as raised:
        athena.run(sql)
    assert str(raised.value) == error
