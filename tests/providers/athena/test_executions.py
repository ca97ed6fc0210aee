"""The life of a query: start, states, figures, results, stop."""

import pytest

from tests.providers.athena.support import LONG, OUTPUT, Sql, refused

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("athena.results")
def test_result_is_complete_when_the_query_has_succeeded(sql: Sql) -> None:
    found = sql.run("SELECT 1 AS a, CAST(NULL AS varchar) AS b, '' AS c, 'x\"y,\nz' AS \"D d\"")
    identifier = found["QueryExecutionId"]
    assert found["Status"]["State"] == "SUCCEEDED"
    location = found["ResultConfiguration"]["OutputLocation"]
    assert location == f"{OUTPUT['OutputLocation']}/{identifier}.csv"
    assert sql.body(location) == b'"a","b","c","D d"\n"1",,"","x""y,\nz"\n'
    answer = sql.athena.get_query_results(QueryExecutionId=identifier)
    assert answer["ResultSet"]["Rows"] == [
        {"Data": [{"VarCharValue": name} for name in ("a", "b", "c", "D d")]},
        {"Data": [{"VarCharValue": "1"}, {}, {"VarCharValue": ""}, {"VarCharValue": 'x"y,\nz'}]},
    ]


def test_column_info(sql: Sql) -> None:
    found = sql.run(
        "SELECT 1 AS i, BIGINT '2' AS b, 1.50 AS d, 1e0 AS f, 'x' AS v, CAST('x' AS varchar) AS u,"
        " TIMESTAMP '2024-01-01 00:00:00.000' AS t, DATE '2024-01-01' AS day, true AS ok,"
        " ARRAY[1] AS a, MAP(ARRAY['k'], ARRAY[1]) AS m, ROW(1) AS r"
    )
    answer = sql.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    columns = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    shown = [
        (c["Name"], c["Type"], c["Precision"], c["Scale"], c["CaseSensitive"]) for c in columns
    ]
    assert shown == [
        ("i", "integer", 10, 0, False),
        ("b", "bigint", 19, 0, False),
        ("d", "decimal", 3, 2, False),
        ("f", "double", 17, 0, False),
        ("v", "varchar", 1, 0, True),
        ("u", "varchar", 2147483647, 0, True),
        ("t", "timestamp", 3, 0, False),
        ("day", "date", 0, 0, False),
        ("ok", "boolean", 0, 0, False),
        ("a", "array", 0, 0, False),
        ("m", "map", 0, 0, False),
        ("r", "row", 0, 0, False),
    ]
    assert answer["ResultSet"]["Rows"][1]["Data"] == [
        {"VarCharValue": value}
        for value in (
            "1", "2", "1.50", "1.0", "x", "x", "2024-01-01 00:00:00.000", "2024-01-01", "true",
            "[1]", "{k=1}", "{field0=1}",
        )
    ]  # fmt: skip


@pytest.mark.fidelity("athena.results")
def test_pages(sql: Sql) -> None:
    found = sql.run("SELECT x, 'a\nb' AS t FROM UNNEST(sequence(1, 25)) AS s(x) ORDER BY x")
    identifier, values, token = found["QueryExecutionId"], [], None
    sizes = []
    while True:
        more: dict[str, str] = {"NextToken": token} if token else {}
        answer = sql.athena.get_query_results(QueryExecutionId=identifier, MaxResults=10, **more)
        page = answer["ResultSet"]["Rows"]
        sizes.append(len(page))
        values += [row["Data"][0]["VarCharValue"] for row in page]
        token = answer.get("NextToken")
        if not token:
            break
    assert sizes == [10, 10, 6]
    assert values == ["x", *(str(number) for number in range(1, 26))]


@pytest.mark.fidelity("athena.errors")
def test_a_failure_says_why(sql: Sql) -> None:
    found = sql.run("SELECT 1 / 0")
    assert found["Status"]["State"] == "FAILED"
    assert found["Status"]["StateChangeReason"] == "DIVISION_BY_ZERO: Division by zero"
    assert found["Status"]["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 1001,
        "Retryable": False,
        "ErrorMessage": "DIVISION_BY_ZERO: Division by zero",
    }
    code, message = refused(
        sql.athena.get_query_results, QueryExecutionId=found["QueryExecutionId"]
    )
    assert code == "InvalidRequestException"
    assert message == "Query did not finish successfully. Final query state: FAILED"


@pytest.mark.fidelity("athena.errors")
def test_unknown_column_in_athenas_words(sql: Sql) -> None:
    found = sql.run("SELECT nope FROM (VALUES 1) AS t(a)")
    reason = (
        "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not"
        " authorized to access requested resources"
    )
    assert found["Status"]["StateChangeReason"] == reason
    assert found["Status"]["AthenaError"]["ErrorType"] == 1006


@pytest.mark.fidelity("athena.states")
def test_stop(sql: Sql) -> None:
    identifier = sql.start(LONG)
    while (
        sql.athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"][
            "State"
        ]
        == "QUEUED"
    ):
        continue
    code, message = refused(sql.athena.get_query_results, QueryExecutionId=identifier)
    assert (code, message) == (
        "InvalidRequestException",
        "Query has not yet finished. Current state: RUNNING",
    )
    sql.athena.stop_query_execution(QueryExecutionId=identifier)
    found = sql.wait(identifier)
    assert refused(sql.athena.get_query_results, QueryExecutionId=identifier) == (
        "InvalidRequestException",
        "Could not find results",
    )
    assert found["Status"]["State"] == "CANCELLED"
    assert found["Status"]["StateChangeReason"] == "Query cancelled by user"


@pytest.mark.fidelity("athena.states")
def test_twenty_queries_run_and_the_next_one_waits(sql: Sql) -> None:
    started = [sql.start(LONG) for _ in range(21)]
    answer = sql.athena.batch_get_query_execution(QueryExecutionIds=started)
    states = [one["Status"]["State"] for one in answer["QueryExecutions"]]
    for identifier in reversed(started):
        sql.athena.stop_query_execution(QueryExecutionId=identifier)
    assert states[20] == "QUEUED"
    ends = {sql.wait(identifier)["Status"]["State"] for identifier in started}
    assert ends == {"CANCELLED"}


@pytest.mark.fidelity("athena.statistics")
def test_figures(sql: Sql) -> None:
    found = sql.run("SELECT 1")
    figures = found["Statistics"]
    assert figures["DataScannedInBytes"] == 0
    parts = (
        "QueryQueueTimeInMillis",
        "EngineExecutionTimeInMillis",
        "ServiceProcessingTimeInMillis",
    )
    assert abs(figures["TotalExecutionTimeInMillis"] - sum(figures[part] for part in parts)) <= 3
    runtime = sql.athena.get_query_runtime_statistics(QueryExecutionId=found["QueryExecutionId"])
    statistics = runtime["QueryRuntimeStatistics"]
    assert statistics["Rows"] == {"InputBytes": 0, "OutputBytes": 12, "OutputRows": 1}
    assert statistics["Timeline"].items() <= figures.items()
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "SELECT")
    assert found["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"


@pytest.mark.fidelity("athena.locations")
def test_no_output_location(sql: Sql) -> None:
    code, message = refused(sql.athena.start_query_execution, QueryString="SELECT 1")
    assert code == "InvalidRequestException"
    assert message == (
        "No output location provided. An output location is required either through the Workgroup"
        " result configuration setting or as an API input."
    )


def test_unknown_execution(sql: Sql) -> None:
    identifier = "00000000-0000-0000-0000-000000000000"
    for call in (
        sql.athena.get_query_execution,
        sql.athena.get_query_results,
        sql.athena.stop_query_execution,
    ):
        code, message = refused(call, QueryExecutionId=identifier)
        assert (code, message) == (
            "InvalidRequestException",
            f"QueryExecution {identifier} was not found",
        )


@pytest.mark.fidelity("athena.locations")
def test_missing_result_bucket(sql: Sql) -> None:
    configuration = {"OutputLocation": "s3://no-such-bucket-here/"}
    assert refused(sql.start, sql="SELECT 1", ResultConfiguration=configuration) == (
        "InvalidRequestException",
        "Unable to verify/create output bucket no-such-bucket-here",
    )


def test_execution_parameters(sql: Sql) -> None:
    rows = sql.rows("SELECT ? AS a, '?' AS b WHERE ? > 1", ExecutionParameters=["'it''s'", "2"])
    assert rows == [["a", "b"], ["it's", "?"]]
    found = sql.run("SELECT ?", ExecutionParameters=["1", "2"])
    assert found["Status"]["StateChangeReason"] == (
        "INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected 1 but found 2"
    )


@pytest.mark.fidelity("athena.results")
def test_ddl_result_is_text_without_a_header(sql: Sql) -> None:
    found = sql.run("SHOW DATABASES LIKE 'test_exec.*'")
    assert found["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    assert (found["StatementType"], found["SubstatementType"]) == ("UTILITY", "SHOW_DATABASES")
    assert sql.body(found["ResultConfiguration"]["OutputLocation"]) == b"test_executions"
    assert sql.rows("SHOW DATABASES LIKE 'test_exec.*'") == [["test_executions"]]


def test_list(sql: Sql) -> None:
    newest = sql.run("SELECT 'newest'")["QueryExecutionId"]
    assert sql.athena.list_query_executions(MaxResults=1)["QueryExecutionIds"] == [newest]


def test_a_token_that_is_none_of_ours(sql: Sql) -> None:
    identifier = sql.run("SELECT 1")["QueryExecutionId"]
    for token in ("no token", "LTE="):
        expected = ("InvalidRequestException", f"The nextPageToken is malformed: {token}")
        assert refused(sql.athena.list_query_executions, NextToken=token) == expected
        expected = ("InvalidRequestException", f"Malformed nextPageToken {token}")
        asked = {"QueryExecutionId": identifier, "NextToken": token}
        assert refused(sql.athena.get_query_results, **asked) == expected
