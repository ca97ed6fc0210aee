"""Views: what they keep of their query, and what happens when the tables below them change."""

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena

TABLE = "CREATE EXTERNAL TABLE t (a int, b string) STORED AS PARQUET LOCATION 's3://data/t/'"


@pytest.fixture
def views(athena: Athena) -> Athena:
    """Two views over a table, one of them over the other."""
    athena.run(TABLE)
    athena.run("INSERT INTO t VALUES (1, 'x')")
    athena.run("CREATE VIEW v AS SELECT a, upper(b) AS b FROM t")
    athena.run('CREATE VIEW "lab"."w" AS SELECT * FROM v')
    return athena


def error(athena: Athena, sql: str) -> str:
    with pytest.raises(QueryError) as caught:
        athena.run(sql)
    return str(caught.value)


@pytest.mark.fidelity("athena_statements.views")
def test_views_over_views(views: Athena) -> None:
    assert views.run("SELECT b, a + 1 FROM w") == [["X", "2"]]
    views.run("CREATE OR REPLACE VIEW v AS SELECT a * 10 AS a, b FROM t")
    assert views.run("SELECT * FROM w") == [["10", "x"]]
    assert views.run("SELECT * FROM awsdatacatalog.lab.w AS x (n, s) WHERE n = 10") == [["10", "x"]]
    views.run("DROP VIEW IF EXISTS v")
    views.run("DROP VIEW IF EXISTS v")


@pytest.mark.fidelity("athena_statements.views")
def test_a_smaller_type_becomes_that_of_the_view(views: Athena) -> None:
    views.run("ALTER TABLE t CHANGE COLUMN a a smallint")
    views.run("ALTER TABLE t SET LOCATION 's3://data/empty/'")
    assert views.run("SELECT typeof(max(a)) FROM v") == [["integer"]]
    assert views.run("SELECT typeof(max(a)) FROM t") == [["smallint"]]


STALE = "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.lab.v' is stale or in invalid state: "


@pytest.mark.fidelity("athena_statements.stale_views")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "DROP TABLE t",
            "INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.lab.v': line"
            " 1:30: Table 'awsdatacatalog.lab.t' does not exist",
        ),
        (
            "ALTER TABLE t CHANGE COLUMN b c string",
            "INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.lab.v': line"
            " 1:17: Column 'b' cannot be resolved or requester is not authorized to access"
            " requested resources",
        ),
        (
            "ALTER TABLE t CHANGE COLUMN a a bigint",
            STALE + "column [a] of type bigint projected from query view at position 0 cannot be"
            " coerced to column [a] of type integer stored in view definition",
        ),
    ],
)
def test_a_changed_table(views: Athena, change: str, message: str) -> None:
    views.run(change)
    assert error(views, "SELECT * FROM v") == message


@pytest.mark.fidelity("athena_statements.stale_views")
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (
            "SELECT 1 AS a",
            "stored view column count (2) does not match column count derived from the view query"
            " analysis (1)",
        ),
        (
            "SELECT 1 AS x, 'a' AS b",
            "column [x] of type integer projected from query view at position 0 has a different"
            " name from column [a] of type integer stored in view definition",
        ),
    ],
)
def test_a_changed_view_below(views: Athena, query: str, reason: str) -> None:
    views.run(f"CREATE OR REPLACE VIEW v AS {query}")
    assert error(views, "SELECT * FROM w") == STALE.replace(".v'", ".w'") + reason


@pytest.mark.fidelity("athena_statements.views")
@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE VIEW x AS SELECT 1", "MISSING_COLUMN_NAME: line 1:1: Column name not specified at"
            " position 1"),
        ("CREATE VIEW x AS SELECT 1 AS a, 2 AS A",
            "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once"),
        ("CREATE VIEW x AS SELECT NULL AS a",
            "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown at position 1"),
        ("CREATE VIEW v AS SELECT 1 AS a",
            "TABLE_ALREADY_EXISTS: line 1:1: View already exists: 'awsdatacatalog.lab.v'"),
        ("CREATE OR REPLACE VIEW t AS SELECT 1 AS a",
            "TABLE_ALREADY_EXISTS: line 1:1: Table already exists: 'awsdatacatalog.lab.t'"),
        ("CREATE VIEW no.x AS SELECT 1 AS a",
            "SCHEMA_NOT_FOUND: line 1:1: Schema 'no' does not exist"),
        ("CREATE VIEW x (a) AS SELECT 1", "SYNTAX_ERROR: line 1:15: mismatched input '('"),
        ("CREATE VIEW x AS SELECT nope FROM t", "COLUMN_NOT_FOUND: line 1:25: Column 'nope' cannot"
            " be resolved or requester is not authorized to access requested resources"),
    ],
)  # fmt: skip
def test_refused_views(views: Athena, sql: str, message: str) -> None:
    assert error(views, sql) == message


@pytest.mark.fidelity("athena_statements.stale_views")
def test_a_view_of_itself(views: Athena) -> None:
    recursive = "View 'awsdatacatalog.lab.v' is recursive"
    direct = "CREATE OR REPLACE VIEW v AS SELECT * FROM v"
    assert error(views, direct) == f"VIEW_IS_RECURSIVE: line 1:43: {recursive}"
    assert error(views, direct[:-1] + "w") == (
        "INVALID_VIEW: line 1:43: Failed analyzing stored view 'awsdatacatalog.lab.w': line 1:15: "
        + recursive
    )
