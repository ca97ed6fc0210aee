"""What StartQueryExecution takes and refuses."""

import re
from typing import Any

import pytest

from tests.providers.athena.support import BUCKET, Sql, refused

pytestmark = pytest.mark.lab
INVALID = "InvalidRequestException"
NO_LOCATION = "No location was specified for table. An S3 location must be specified"


@pytest.mark.fidelity("athena.syntax_errors")
def test_what_is_no_sql_is_refused_at_once(sql: Sql) -> None:
    with pytest.raises(sql.athena.exceptions.InvalidRequestException) as caught:
        sql.start("SELECT 1 AS a,")
    assert caught.value.response["AthenaErrorCode"] == "MALFORMED_QUERY"
    message = caught.value.response["Error"]["Message"]
    assert message.startswith("SYNTAX_ERROR: line 1:15: mismatched input '<EOF>'")


LOCATED = f"LOCATION 's3://{BUCKET}/x/'"


@pytest.mark.fidelity("athena.refused_at_start")
@pytest.mark.parametrize(
    ("statement", "code", "message"),
    [
        ("GRANT SELECT ON t TO u", "MALFORMED_QUERY", "Queries of this type are not supported"),
        ("SELECT * FROM f(1)", "MALFORMED_QUERY", "line 1:15: mismatched input '('"),
        ("SELECT {'a': 1} AS s", "MALFORMED_QUERY", "mismatched input in 'STRUCT(1 AS a)'"),
        ("SELECT * EXCLUDE (a) FROM t", "MALFORMED_QUERY", "mismatched input 'EXCEPT'"),
        ("SELECT a,, b FROM t", "MALFORMED_QUERY", "line 1:10: mismatched input ','"),
        ("CREATE TABLE x (n int)", "MALFORMED_QUERY", NO_LOCATION),
        ("CREATE EXTERNAL TABLE x (n int) STORED AS ORC", "MALFORMED_QUERY", NO_LOCATION),
        (
            f"CREATE EXTERNAL TABLE x (n int) {LOCATED} TBLPROPERTIES ('table_type' = 'ICEBERG')",
            "MALFORMED_QUERY",
            "External keyword not supported for table type ICEBERG",
        ),
        *(
            (statement, "DATACATALOG_NOT_FOUND", "Catalog 'other' does not exist")
            for statement in (
                "DESCRIBE other.d.t",
                "SHOW COLUMNS IN other.d.t",
                f"CREATE EXTERNAL TABLE other.d.t (n int) {LOCATED}",
            )
        ),
    ],
)
def test_refused_at_once(sql: Sql, statement: str, code: str, message: str) -> None:
    with pytest.raises(sql.athena.exceptions.InvalidRequestException) as caught:
        sql.start(statement)
    found = caught.value.response
    assert found["AthenaErrorCode"] == code
    assert found["Error"]["Message"].endswith(message)


def test_a_table_is_not_described_in_double_quotes(sql: Sql) -> None:
    sql.run(f"CREATE EXTERNAL TABLE dq (a int) {LOCATED}")
    sql.run("CREATE VIEW dqv AS SELECT 1 AS n")
    assert sql.rows('DESCRIBE "dqv"') == sql.rows('SHOW COLUMNS FROM "dqv"') == [["n\tinteger"]]
    assert refused(sql.start, sql='DESCRIBE "dq"') == (
        INVALID,
        "line 1:10: no viable alternative at input 'DESCRIBE \"dq\"'",
    )


@pytest.mark.fidelity("athena.refused_at_start")
@pytest.mark.parametrize(
    "statement",
    ["DESCRIBE nope", "DESC no_such.nope", "SHOW COLUMNS IN nope", "SHOW COLUMNS FROM no_such.x"],
)
def test_what_is_described_must_be_there(sql: Sql, statement: str) -> None:
    with pytest.raises(sql.athena.exceptions.InvalidRequestException) as caught:
        sql.start(statement)
    found = caught.value.response
    assert found["AthenaErrorCode"] == "INVALID_INPUT"
    assert re.fullmatch(
        r"Entity Not Found \(Service: AmazonDataCatalog; Status Code: 400; Error Code:"
        r" EntityNotFoundException; Request ID: [0-9a-f-]{36}; Proxy: null\)",
        found["Error"]["Message"],
    )


@pytest.mark.fidelity("athena.tokens")
def test_tokens(sql: Sql) -> None:
    token = "s" * 40
    first = sql.start("SELECT 1", ClientRequestToken=token)
    sql.wait(first)
    assert sql.start("SELECT 1", ClientRequestToken=token) == first
    # Athena compares neither parameters nor work groups.
    assert sql.start("SELECT 1", ClientRequestToken=token, ExecutionParameters=["7"]) == first


@pytest.mark.fidelity("athena.tokens")
@pytest.mark.parametrize(
    "other",
    [
        {"sql": "SELECT 2"},
        {"QueryExecutionContext": {"Database": "other"}},
        {"QueryExecutionContext": {"Catalog": "AwsDataCatalog"}},
        {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/other/"}},
    ],
)
def test_a_token_of_another_call(sql: Sql, other: dict[str, Any]) -> None:
    token = "t" * 40
    sql.start("SELECT 1", ClientRequestToken=token)
    with pytest.raises(sql.athena.exceptions.InvalidRequestException) as caught:
        sql.start(**{"sql": "SELECT 1", "ClientRequestToken": token, **other})
    assert caught.value.response["AthenaErrorCode"] == "IDEMPOTENT_PARAMETER_MISMATCH"
    assert caught.value.response["Message"] == "Idempotent parameters do not match"


@pytest.mark.fidelity("athena.parameters")
@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("'abc'", "abc"),
        ("1 + 1", "2"),
        ("DATE '2020-01-01'", "2020-01-01"),
        ("abc def", "abc def"),
        ("it's", "it's"),
        ("x + 1", "x + 1"),
        ("1) FROM t WHERE (1", "1) FROM t WHERE (1"),
        ("1 -- c", "1 -- c"),
    ],
)
def test_execution_parameters(sql: Sql, given: str, value: str) -> None:
    assert sql.rows("SELECT ? AS v", ExecutionParameters=[given]) == [["v"], [value]]


@pytest.mark.fidelity("athena.parameters")
def test_parameters_keep_together(sql: Sql) -> None:
    assert sql.rows("SELECT 2 * ? AS v", ExecutionParameters=["1 + 1"]) == [["v"], ["4"]]
    assert sql.rows("SELECT 1 AS v", ExecutionParameters=["2"]) == [["v"], ["1"]]


@pytest.mark.fidelity("athena.reuse")
def test_results_are_reused(sql: Sql) -> None:
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    statement = "SELECT rand() AS reused"
    first = sql.run(statement)
    again = sql.run(statement, ResultReuseConfiguration=reuse)
    assert again["Statistics"]["ResultReuseInformation"] == {"ReusedPreviousResult": True}
    assert again["Statistics"]["DataScannedInBytes"] == 0
    assert again["ResultReuseConfiguration"] == reuse
    assert again["ResultConfiguration"] == first["ResultConfiguration"]
    fresh = sql.run(statement)
    assert fresh["Statistics"]["ResultReuseInformation"] == {"ReusedPreviousResult": False}
    assert fresh["ResultConfiguration"] != first["ResultConfiguration"]


def test_the_database_may_be_in_back_quotes(sql: Sql) -> None:
    sql.run(f"CREATE EXTERNAL TABLE q (a int) STORED AS PARQUET LOCATION 's3://{BUCKET}/q/'")
    context = {"Database": f"`{sql.database}`"}
    assert sql.rows("DESCRIBE `q`", QueryExecutionContext=context)[0][0].split() == ["a", "int"]  # type: ignore[union-attr]


@pytest.mark.fidelity("athena.context")
def test_a_context_without_such_a_catalog(sql: Sql) -> None:
    """Only what reads a table of it fails."""
    context = {"Catalog": "Other", "Database": sql.database.upper()}
    found = sql.run("SELECT 1", QueryExecutionContext=context)
    assert found["Status"]["State"] == "SUCCEEDED"
    assert found["QueryExecutionContext"] == {"Catalog": "other", "Database": context["Database"]}
    assert ["q"] in sql.rows("SHOW TABLES", QueryExecutionContext=context)
    named = "WITH c AS (SELECT 1 AS a) SELECT * FROM c"
    assert sql.rows(named, QueryExecutionContext=context) == [["a"], ["1"]]
    failed = sql.run("SELECT * FROM q", QueryExecutionContext=context)["Status"]
    assert failed["StateChangeReason"] == (
        "CATALOG_NOT_FOUND: line 1:15: Catalog 'other' does not exist"
    )
    assert failed["AthenaError"]["ErrorType"] == 1006
    assert refused(sql.start, sql="SELECT 1", QueryExecutionContext={"Catalog": "System "}) == (
        INVALID,
        "System database is not supported",
    )


@pytest.mark.fidelity("athena.locations")
def test_locations(sql: Sql) -> None:
    for location in ("http://x/", "s3:/x", "x"):
        configuration = {"OutputLocation": location}
        assert refused(sql.start, sql="SELECT 1", ResultConfiguration=configuration) == (
            INVALID,
            "outputLocation is not a valid S3 path.",
        )
    for location in (f"s3://{BUCKET}", f"s3://{BUCKET}/", f"s3://{BUCKET}/a/b/"):
        found = sql.run("SELECT 1", ResultConfiguration={"OutputLocation": location})
        expected = f"{location.rstrip('/')}/{found['QueryExecutionId']}.csv"
        assert found["ResultConfiguration"]["OutputLocation"] == expected
    configuration = {"OutputLocation": f"s3://{BUCKET}/", "ExpectedBucketOwner": "111122223333"}
    assert refused(sql.start, sql="SELECT 1", ResultConfiguration=configuration) == (
        INVALID,
        f"Unable to verify/create output bucket {BUCKET}. If specifying an expected bucket owner,"
        " confirm the bucket is owned by the expected account.",
    )


@pytest.mark.fidelity("athena.enforced")
def test_an_enforced_location_takes_no_external_location(sql: Sql) -> None:
    configuration = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/central/"}}
    sql.athena.create_work_group(Name="central", Configuration=configuration)
    statement = f"CREATE TABLE c WITH (external_location = 's3://{BUCKET}/c/') AS SELECT 1 AS a"
    code, message = refused(sql.start, sql=statement, WorkGroup="central")
    assert code == INVALID
    assert message.startswith(
        "The Create Table As Select query failed because it was submitted with an"
        " 'external_location' property"
    )
    found = sql.run("CREATE TABLE c AS SELECT 1 AS a", WorkGroup="central")
    location = f"s3://{BUCKET}/central/tables/{found['QueryExecutionId']}"
    assert found["ResultConfiguration"]["OutputLocation"] == location
    table = sql.glue.get_table(DatabaseName=sql.database, Name="c")["Table"]
    assert table["StorageDescriptor"]["Location"].rstrip("/") == location
