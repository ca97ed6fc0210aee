"""What StartQueryExecution takes and refuses."""

import pytest

from tests.providers.athena.support import BUCKET, Sql, refused

pytestmark = pytest.mark.lab
INVALID = "InvalidRequestException"


@pytest.mark.fidelity("athena.syntax_errors")
def test_what_is_no_sql_is_refused_at_once(sql: Sql) -> None:
    with pytest.raises(sql.athena.exceptions.InvalidRequestException) as caught:
        sql.start("SELECT 1 AS a,")
    assert caught.value.response["AthenaErrorCode"] == "MALFORMED_QUERY"
    message = caught.value.response["Error"]["Message"]
    assert message.startswith("SYNTAX_ERROR: line 1:15: mismatched input '<EOF>'")


@pytest.mark.fidelity("athena.tokens")
def test_tokens(sql: Sql) -> None:
    token = "s" * 40
    first = sql.start("SELECT 1", ClientRequestToken=token)
    sql.wait(first)
    assert sql.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(sql.athena.exceptions.InvalidRequestException) as caught:
        sql.start("SELECT 2", ClientRequestToken=token)
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


def test_unknown_catalog(sql: Sql) -> None:
    context = {"Catalog": "other", "Database": "x"}
    assert refused(sql.start, sql="SELECT 1", QueryExecutionContext=context) == (
        INVALID,
        "Catalog other does not exist",
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
