"""What EventBridge learns of changes."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.glue.support import columns

pytestmark = pytest.mark.lab
ARN = "arn:aws:glue:us-east-1:000000000000"
DATABASE = "glue_events"


@pytest.fixture(scope="module")
def events(client: Callable[..., Any]) -> Callable[[int], list[dict[str, Any]]]:
    """``events(3)`` waits for the next three events of this module's database."""
    bridge, sqs = client("events"), client("sqs")
    queue = sqs.create_queue(QueueName=DATABASE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.glue"], "detail": {"databaseName": [DATABASE]}}
    bridge.put_rule(Name=DATABASE, EventPattern=json.dumps(pattern))
    bridge.put_targets(Rule=DATABASE, Targets=[{"Id": "1", "Arn": arn["QueueArn"]}])

    def receive(count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 60
        while len(found) < count:
            assert time.monotonic() < deadline, found
            answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(found, key=lambda event: json.dumps(event["detail"], sort_keys=True))

    return receive


def shown(event: dict[str, Any]) -> tuple[str, list[str], dict[str, Any]]:
    assert event["source"] == "aws.glue"
    return event["detail-type"], event["resources"], event["detail"]


@pytest.mark.fidelity("glue_catalog.events")
def test_databases_and_tables(glue: Any, events: Callable[[int], list[dict[str, Any]]]) -> None:
    kind, resources = "Glue Data Catalog Database State Change", [f"{ARN}:database/{DATABASE}"]
    glue.create_database(DatabaseInput={"Name": DATABASE.upper()})
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "T"})
    glue.batch_delete_table(DatabaseName=DATABASE, TablesToDelete=["t", "never"])
    glue.delete_database(Name=DATABASE)
    of = {"databaseName": DATABASE}
    assert [shown(event) for event in events(4)] == [
        (kind, resources, {**of, "changedTables": ["t"], "typeOfChange": "BatchDeleteTable"}),
        (kind, resources, {**of, "changedTables": ["t"], "typeOfChange": "CreateTable"}),
        (kind, resources, {**of, "typeOfChange": "CreateDatabase"}),
        (kind, resources, {**of, "typeOfChange": "DeleteDatabase"}),
    ]


@pytest.mark.fidelity("glue_catalog.events")
def test_partitions(glue: Any, events: Callable[[int], list[dict[str, Any]]]) -> None:
    kind, resources = "Glue Data Catalog Table State Change", [f"{ARN}:table/{DATABASE}/p"]
    glue.create_database(DatabaseInput={"Name": DATABASE})
    given = {"Name": "p", "PartitionKeys": columns("y", "m")}
    glue.create_table(DatabaseName=DATABASE, TableInput=given)
    events(2)
    where = {"DatabaseName": DATABASE, "TableName": "P"}
    glue.create_partition(**where, PartitionInput={"Values": ["2018", "01"]})
    inputs = [{"Values": ["2018", "01"]}, {"Values": ["2018", "02"]}]
    glue.batch_create_partition(**where, PartitionInputList=inputs)
    glue.update_table(DatabaseName=DATABASE, TableInput=given)
    of = {"databaseName": DATABASE, "tableName": "p"}
    first, second = ["2018,01"], ["2018,02"]
    assert [shown(event) for event in events(3)] == [
        (
            kind,
            resources,
            {**of, "changedPartitions": first, "typeOfChange": "CreatePartition"},
        ),
        (
            kind,
            resources,
            {**of, "changedPartitions": second, "typeOfChange": "BatchCreatePartition"},
        ),
        (kind, resources, {**of, "typeOfChange": "UpdateTable"}),
    ]
