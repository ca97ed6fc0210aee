"""Named queries and prepared statements: statements that a work group keeps."""

import pytest

from tests.providers.athena.support import Sql, refused

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("athena.named_queries")
def test_named_queries(sql: Sql) -> None:
    asked = {"Name": "n", "Database": "default", "QueryString": "SELECT 1"}
    token = "n" * 32
    identifier = sql.athena.create_named_query(**asked, ClientRequestToken=token)["NamedQueryId"]
    again = sql.athena.create_named_query(**asked, ClientRequestToken=token)["NamedQueryId"]
    assert again == identifier
    sql.athena.update_named_query(NamedQueryId=identifier, Name="m", QueryString="SELECT 2")
    found = sql.athena.get_named_query(NamedQueryId=identifier)["NamedQuery"]
    assert found == {
        "NamedQueryId": identifier,
        "Name": "m",
        "Database": "default",
        "QueryString": "SELECT 2",
        "WorkGroup": "primary",
    }
    assert identifier in sql.athena.list_named_queries()["NamedQueryIds"]
    many = sql.athena.batch_get_named_query(NamedQueryIds=[identifier, "nope"])
    assert many["NamedQueries"] == [found]
    assert many["UnprocessedNamedQueryIds"] == [
        {
            "NamedQueryId": "nope",
            "ErrorCode": "INVALID_INPUT",
            "ErrorMessage": "NamedQuery nope was not found",
        }
    ]
    sql.athena.delete_named_query(NamedQueryId=identifier)
    assert refused(sql.athena.get_named_query, NamedQueryId=identifier) == (
        "InvalidRequestException",
        f"NamedQuery {identifier} was not found",
    )


@pytest.mark.fidelity("athena.prepared_statements")
def test_prepared_statements_of_the_api(sql: Sql) -> None:
    place = {"StatementName": "ps", "WorkGroup": "primary"}
    sql.athena.create_prepared_statement(**place, QueryStatement="SELECT ? AS x")
    assert refused(sql.athena.create_prepared_statement, **place, QueryStatement="SELECT 1") == (
        "InvalidRequestException",
        "PreparedStatement ps already exists in workGroup primary",
    )
    assert sql.rows("EXECUTE ps USING 41 + 1") == [["x"], ["42"]]
    assert sql.rows("EXECUTE ps", ExecutionParameters=["'a'"]) == [["x"], ["a"]]
    sql.athena.update_prepared_statement(**place, QueryStatement="SELECT ? AS y", Description="d")
    found = sql.athena.get_prepared_statement(**place)["PreparedStatement"]
    assert (found["QueryStatement"], found["Description"]) == ("SELECT ? AS y", "d")
    listed = sql.athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    assert "ps" in [one["StatementName"] for one in listed]
    many = sql.athena.batch_get_prepared_statement(
        PreparedStatementNames=["ps", "no"], WorkGroup="primary"
    )
    assert [one["StatementName"] for one in many["PreparedStatements"]] == ["ps"]
    assert [one["StatementName"] for one in many["UnprocessedPreparedStatementNames"]] == ["no"]
    sql.athena.delete_prepared_statement(**place)
    expected = (
        "ResourceNotFoundException",
        "PreparedStatement ps was not found in workGroup primary",
    )
    assert refused(sql.athena.get_prepared_statement, **place) == expected
    assert refused(sql.athena.delete_prepared_statement, **place) == expected


@pytest.mark.fidelity("athena.prepared_statements")
def test_prepared_statements_of_sql(sql: Sql) -> None:
    assert sql.run("PREPARE made FROM SELECT ? + ? AS total")["Status"]["State"] == "SUCCEEDED"
    found = sql.athena.get_prepared_statement(StatementName="made", WorkGroup="primary")
    assert found["PreparedStatement"]["QueryStatement"] == "SELECT ? + ? AS total"
    assert sql.rows("EXECUTE made USING 1, 2") == [["total"], ["3"]]
    wrong = sql.run("EXECUTE made USING 1")["Status"]
    assert wrong["StateChangeReason"] == (
        "INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected 2 but found 1"
    )
    assert sql.run("DEALLOCATE PREPARE made")["Status"]["State"] == "SUCCEEDED"
    gone = sql.run("EXECUTE made USING 1, 2")["Status"]
    assert gone["StateChangeReason"] == "PreparedStatement made was not found in workGroup primary"
