"""Connections and tags."""

from typing import Any

import pytest

from tests.providers.glue.support import refused

pytestmark = pytest.mark.lab
PROPERTIES = {"JDBC_CONNECTION_URL": "jdbc:postgresql://h/d", "USERNAME": "u", "PASSWORD": "p"}
ARN = "arn:aws:glue:us-east-1:000000000000"


def given(name: str, **more: Any) -> dict[str, Any]:
    made = {"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": PROPERTIES}
    return {**made, **more}


@pytest.mark.fidelity("glue_catalog.connections")
def test_life_of_a_connection(glue: Any) -> None:
    answer = glue.create_connection(ConnectionInput=given("life", Description="d"))
    assert answer["CreateConnectionStatus"] == "READY"
    found = glue.get_connection(Name="life")["Connection"]
    assert found["ConnectionProperties"] == PROPERTIES
    hidden = glue.get_connection(Name="life", HidePassword=True)["Connection"]
    assert "PASSWORD" not in hidden["ConnectionProperties"]
    expected = ("AlreadyExistsException", "Connection already exists.")
    assert refused(glue.create_connection, ConnectionInput=given("life")) == expected
    glue.update_connection(Name="life", ConnectionInput=given("life"))
    changed = glue.get_connection(Name="life")["Connection"]
    assert "Description" not in changed
    assert changed["CreationTime"] == found["CreationTime"]
    glue.delete_connection(ConnectionName="life")
    missing = ("EntityNotFoundException", "Connection life not found.")
    assert refused(glue.get_connection, Name="life") == missing
    assert refused(glue.delete_connection, ConnectionName="life") == missing
    assert refused(glue.update_connection, Name="life", ConnectionInput=given("life")) == missing


@pytest.mark.fidelity("glue_catalog.connections")
def test_chosen_listed_and_deleted_together(glue: Any) -> None:
    glue.create_connection(ConnectionInput=given("list_a", MatchCriteria=["x", "y"]))
    glue.create_connection(ConnectionInput=given("list_b", ConnectionType="KAFKA"))

    def names(**arguments: Any) -> list[str]:
        found = glue.get_connections(HidePassword=True, **arguments)["ConnectionList"]
        assert all("PASSWORD" not in one["ConnectionProperties"] for one in found)
        return [one["Name"] for one in found]

    assert names() == ["list_a", "list_b"]
    assert names(Filter={"ConnectionType": "KAFKA"}) == ["list_b"]
    assert names(Filter={"MatchCriteria": ["y"]}) == ["list_a"]
    answer = glue.batch_delete_connection(ConnectionNameList=["list_a", "never", "list_b"])
    assert answer["Succeeded"] == ["list_a", "list_b"]
    detail = {
        "ErrorCode": "EntityNotFoundException",
        "ErrorMessage": "Connection never not found.",
    }
    assert answer["Errors"] == {"never": detail}


@pytest.mark.fidelity("glue_catalog.tags")
def test_tags(glue: Any) -> None:
    glue.create_connection(ConnectionInput=given("tagged"), Tags={"a": "1"})
    glue.create_database(DatabaseInput={"Name": "glue_tagged"}, Tags={"x": "y"})
    arn = f"{ARN}:connection/tagged"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"b": "2", "c": "3"})
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["a", "never"])
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"b": "2", "c": "3"}
    assert glue.get_tags(ResourceArn=f"{ARN}:database/glue_tagged")["Tags"] == {"x": "y"}
    glue.delete_database(Name="glue_tagged")
    glue.create_database(DatabaseInput={"Name": "glue_tagged"})
    assert glue.get_tags(ResourceArn=f"{ARN}:database/glue_tagged")["Tags"] == {}
    glue.delete_connection(ConnectionName="tagged")
    assert refused(glue.get_tags, ResourceArn=arn) == (
        "EntityNotFoundException",
        f"Resource {arn} not found.",
    )
    strange = f"{ARN}:table/a/b"
    expected = ("InvalidInputException", f"Invalid Arn: {strange}")
    assert refused(glue.tag_resource, ResourceArn=strange, TagsToAdd={"a": "b"}) == expected
