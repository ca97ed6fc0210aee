"""GetQueryResults of statements that print lines: columns, their types, UpdateCount, and what there
is of a statement that failed.
"""

from typing import Any

import pytest

from tests.providers.athena.support import BUCKET, Sql, refused

pytestmark = pytest.mark.lab
HIVE, TRINO = "string", "varchar"


@pytest.fixture(scope="module")
def shop(sql: Sql) -> Sql:
    """A Hive table, an Iceberg table and a view."""
    for statement in (
        "CREATE EXTERNAL TABLE h (a int) PARTITIONED BY (p string) STORED AS PARQUET"
        f" LOCATION 's3://{BUCKET}/answers/h/'",
        f"CREATE TABLE i (a int) LOCATION 's3://{BUCKET}/answers/i/'"
        " TBLPROPERTIES ('table_type'='ICEBERG')",
        "CREATE VIEW v AS SELECT 1 AS n",
    ):
        done = sql.run(statement)
        assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
    return sql


def answer(sql: Sql, statement: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The execution, and what GetQueryResults says of it."""
    found = sql.run(statement)
    return found, sql.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])


@pytest.mark.fidelity("athena.results")
@pytest.mark.parametrize(
    ("statement", "kind", "columns", "count"),
    [
        ("SELECT 1 AS a", "SELECT", {"a": "integer"}, 0),
        ("SHOW TABLES", "SHOW_TABLES", {"tab_name": HIVE}, 0),
        ("SHOW DATABASES", "SHOW_DATABASES", {"database_name": HIVE}, 0),
        ("SHOW VIEWS", "SHOW_VIEWS", {"views": TRINO}, 0),
        ("SHOW PARTITIONS h", "SHOW_PARTITIONS", {"partition": HIVE}, 0),
        ("SHOW COLUMNS IN h", "SHOW_COLUMNS", {"field": HIVE}, 0),
        ("SHOW COLUMNS IN i", "SHOW_COLUMNS", {"field": HIVE}, 0),
        ("SHOW COLUMNS IN v", "DESC_VIEW", {"column": TRINO, "type": TRINO}, 0),
        (
            "SHOW TBLPROPERTIES h",
            "SHOW_TABLE_PROPERTIES",
            {"prpt_name": HIVE, "prpt_value": HIVE},
            0,
        ),
        ("SHOW CREATE TABLE h", "SHOW_CREATE_TABLE", {"createtab_stmt": HIVE}, None),
        ("SHOW CREATE TABLE i", "SHOW_CREATE_TABLE", {"createtab_stmt": HIVE}, 0),
        ("SHOW CREATE VIEW v", "SHOW_CREATE_VIEW", {"create view": TRINO}, 0),
        ("DESCRIBE h", "DESCRIBE_TABLE", dict.fromkeys(("col_name", "data_type", "comment"), HIVE),
            None),
        ("DESC i", "DESCRIBE_TABLE", dict.fromkeys(("col_name", "data_type", "comment"), HIVE), 0),
        ("DESCRIBE v", "DESC_VIEW", {"column": TRINO, "type": TRINO}, 0),
        ("EXPLAIN SELECT 1", "EXPLAIN", {"Query Plan": TRINO}, None),
        ("EXPLAIN (TYPE VALIDATE) SELECT 1", "EXPLAIN", {"Valid": "boolean"}, None),
        ("MSCK REPAIR TABLE h", "MSCK_REPAIR", {}, None),
        ("ALTER TABLE h ADD COLUMNS (b int)", "ALTER_TABLE_ADD_COLUMN", {}, None),
    ],
)  # fmt: skip
def test_columns_and_counts(
    shop: Sql, statement: str, kind: str, columns: dict[str, str], count: int | None
) -> None:
    found, said = answer(shop, statement)
    assert found["SubstatementType"] == kind
    infos = said["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert {one["Name"]: one["Type"] for one in infos} == columns
    assert said.get("UpdateCount") == count
    if found["StatementType"] == "UTILITY":
        assert {(one["Precision"], one["CaseSensitive"]) for one in infos} == {(0, False)}


@pytest.mark.fidelity("athena_statements.explain")
def test_a_plan_has_its_length(shop: Sql) -> None:
    found, said = answer(shop, "EXPLAIN SELECT 1")
    (column,) = said["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    text = shop.body(found["ResultConfiguration"]["OutputLocation"]).decode()
    assert column["Precision"] == len(text) - len("Query Plan\n") - 1
    assert column["CaseSensitive"]


@pytest.mark.fidelity("athena.failed_results")
def test_hive_says_why_in_the_result_file(shop: Sql) -> None:
    found, said = answer(shop, "DROP TABLE nope")
    reason = found["Status"]["StateChangeReason"]
    assert reason.startswith("FAILED: SemanticException [Error 10001]: Table not found")
    assert shop.body(found["ResultConfiguration"]["OutputLocation"]).decode() == reason
    assert said["ResultSet"] == {"Rows": []}


@pytest.mark.fidelity("athena.failed_results")
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT * FROM nope", "Query did not finish successfully. Final query state: FAILED"),
        (
            "CREATE TABLE h AS SELECT 1 AS a",
            "Query did not finish successfully. Final query state: FAILED",
        ),
        ("ALTER TABLE i ADD PARTITION (a = 1)", "Could not find results"),
    ],
)
def test_others_have_no_results(shop: Sql, statement: str, message: str) -> None:
    found = shop.run(statement)
    assert found["Status"]["State"] == "FAILED"
    identifier = found["QueryExecutionId"]
    expected = ("InvalidRequestException", message)
    assert refused(shop.athena.get_query_results, QueryExecutionId=identifier) == expected


@pytest.mark.fidelity("athena_iceberg.refusals")
def test_ddl_that_is_none_of_icebergs(shop: Sql) -> None:
    said = shop.run("MSCK REPAIR TABLE i")["Status"]
    message = "Query type not supported by Athena Iceberg at this time"
    assert said["StateChangeReason"] == message
    assert (said["AthenaError"]["ErrorCategory"], said["AthenaError"]["ErrorType"]) == (2, 1200)


@pytest.mark.fidelity("athena_statements.functions")
def test_show_functions_is_a_table(sql: Sql) -> None:
    found, said = answer(sql, "SHOW FUNCTIONS LIKE 'array$_m%' ESCAPE '$'")
    assert (found["StatementType"], found["SubstatementType"]) == ("UTILITY", "SHOW_FUNCTIONS")
    assert found["ResultConfiguration"]["OutputLocation"].endswith(".csv")
    rows = [[one.get("VarCharValue") for one in row["Data"]] for row in said["ResultSet"]["Rows"]]
    assert rows == [
        ["Function", "Return Type", "Argument Types", "Function Type", "Deterministic",
            "Description"],
        ["array_max", "t", "array(t)", "scalar", "true", ""],
        ["array_min", "t", "array(t)", "scalar", "true", ""],
    ]  # fmt: skip
    assert ["rand", "double", "", "scalar", "false", ""] in sql.rows("SHOW FUNCTIONS LIKE 'rand'")
    assert len(sql.rows("SHOW FUNCTIONS")) > 700
