"""Double quotes around names in Hive's DDL, which reads them as texts: Athena wants back quotes."""

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena


def refusal(athena: Athena, sql: str) -> str:
    with pytest.raises(QueryError) as caught:
        athena.engine.read(sql)
    assert caught.value.name == "SYNTAX_ERROR"
    return caught.value.message


@pytest.mark.fidelity("athena_statements.quotes")
@pytest.mark.parametrize(
    ("sql", "place", "unreadable"),
    [
        ('ALTER TABLE "t" RENAME TO x', "1:13", 'ALTER TABLE "t"'),
        ('ALTER TABLE lab."t" DROP COLUMN m', "1:17", 'ALTER TABLE lab."t"'),
        ('DROP TABLE lab."t"', "1:16", 'lab."t"'),
        ('CREATE TABLE "t" (n int)', "1:14", 'CREATE TABLE "t"'),
        (
            "CREATE EXTERNAL TABLE lab.\"t\" (n int) LOCATION 's3://b/t/'",
            "1:27",
            'CREATE EXTERNAL TABLE lab."t"',
        ),
        ('SHOW TABLES IN cat."db"', "1:20", 'cat."db"'),
    ],
)
def test_no_viable_alternative(athena: Athena, sql: str, place: str, unreadable: str) -> None:
    expected = f"line {place}: no viable alternative at input '{unreadable}'"
    assert refusal(athena, sql) == expected


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ('DROP TABLE "t"', "line 1:12: mismatched input '\"t\"'"),
        ('DROP TABLE IF EXISTS "lab".t', "line 1:22: mismatched input '\"lab\"'"),
        ('SHOW TABLES IN\n"lab"', "line 2:1: mismatched input '\"lab\"'"),
        ('SHOW CREATE TABLE "t"', "Queries of this type are not supported"),
        ("DESCRIBE a.b.c.d", "Invalid table name a.b.c.d"),
        ("CREATE OR REPLACE TABLE x AS SELECT 1 AS a", "line 1:19: mismatched input 'TABLE'"),
    ],
)
def test_mismatched_input(athena: Athena, sql: str, message: str) -> None:
    assert refusal(athena, sql) == message


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ('DESCRIBE "t"', "line 1:10: no viable alternative at input 'DESCRIBE \"t\"'"),
        ('DESC lab."t"', "line 1:10: no viable alternative at input 'lab.\"t\"'"),
        ('DESCRIBE awsdatacatalog.lab."t"', "line 1:29: mismatched input '\"t\"'"),
        ('SHOW COLUMNS FROM "t"', "line 1:19: mismatched input '\"t\"'"),
    ],
)
def test_what_is_described_may_be_a_view(athena: Athena, sql: str, message: str) -> None:
    """The statement is good for a view, and says what to answer for a table."""
    found = getattr(athena.engine.read(sql), "refusal")  # noqa: B009  of two kinds of statements
    assert found.message == message


def test_trinos_statements_take_them(athena: Athena) -> None:
    athena.run('CREATE TABLE "q" AS SELECT 1 AS "a"')
    athena.run('CREATE VIEW "v" AS SELECT a FROM "q"')
    assert athena.run('SHOW CREATE VIEW "v"')[0] == ["CREATE VIEW lab.v AS"]
    athena.run('INSERT INTO "q" VALUES 2')
    athena.run('DROP VIEW "v"')
    athena.run("DROP TABLE `q`")
