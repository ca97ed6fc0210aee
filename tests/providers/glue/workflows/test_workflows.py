"""Workflows with real crawlers, through boto3."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.providers.glue.support import refused
from tests.providers.glue.workflows.stage import condition

pytestmark = pytest.mark.lab
LOOKS = 6000
"""So often a state is looked at before a test gives up; each look is a call."""


class Flow:
    """A workflow of a test's own, of crawlers over a bucket of the same name."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.name = f"cwf{uuid.uuid4().hex[:10]}"
        self.glue = client("glue")
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket=self.name)
        self.glue.create_database(DatabaseInput={"Name": self.name})
        self.triggers: list[str] = []
        self.crawlers: list[str] = []

    def crawler(self, part: str) -> str:
        name = f"{self.name}_{part}"
        self.s3.put_object(Bucket=self.name, Key=f"{part}/a.csv", Body=b"n,t\n1,a\n2,b\n")
        target = {"S3Targets": [{"Path": f"s3://{self.name}/{part}/"}]}
        given = {"Role": "r", "DatabaseName": self.name, "Targets": target}
        self.glue.create_crawler(Name=name, **given)
        self.crawlers.append(name)
        return name

    def trigger(self, part: str, kind: str, *crawlers: str, **more: Any) -> str:
        name = f"{self.name}_{part}"
        actions = [{"CrawlerName": one} for one in crawlers]
        given = {"Type": kind, "Actions": actions, "WorkflowName": self.name}
        self.glue.create_trigger(Name=name, **given, **more)
        self.triggers.append(name)
        return name

    def after(self, part: str, before: str, *crawlers: str) -> str:
        predicate = {"Conditions": [condition(before, "SUCCEEDED")]}
        more = {"Predicate": predicate, "StartOnCreation": True}
        return self.trigger(part, "CONDITIONAL", *crawlers, **more)

    def runs(self) -> list[dict[str, Any]]:
        return list(self.glue.get_workflow_runs(Name=self.name)["Runs"])

    def wait(self, run: str) -> dict[str, Any]:
        for _ in range(LOOKS):
            answer = self.glue.get_workflow_run(Name=self.name, RunId=run, IncludeGraph=True)
            found: dict[str, Any] = answer["Run"]
            if found["Status"] not in {"RUNNING", "STOPPING"}:
                return found
        raise AssertionError(found)

    def forget(self) -> None:
        for name in self.triggers:
            self.glue.delete_trigger(Name=name)
        self.glue.delete_workflow(Name=self.name)
        for name in self.crawlers:
            self.glue.delete_crawler(Name=name)
        self.glue.delete_database(Name=self.name)


@pytest.fixture
def flow(client: Callable[..., Any]) -> Iterator[Flow]:
    made = Flow(client)
    yield made
    made.forget()


@pytest.mark.fidelity("glue_workflows.runs")
def test_one_crawler_after_the_other(flow: Flow) -> None:
    flow.glue.create_workflow(Name=flow.name, DefaultRunProperties={"a": "1"})
    first, second = flow.crawler("first"), flow.crawler("second")
    start = flow.trigger("start", "ON_DEMAND", first)
    then = flow.after("then", first, second)
    assert flow.glue.start_trigger(Name=start)["Name"] == start
    [begun] = flow.runs()
    run = flow.wait(begun["WorkflowRunId"])
    assert run["Status"] == "COMPLETED"
    assert run["Statistics"]["SucceededActions"] == run["Statistics"]["TotalActions"] == 2
    nodes = {node["Name"]: node for node in run["Graph"]["Nodes"]}
    assert set(nodes) == {start, then, first, second}
    [crawl] = nodes[second]["CrawlerDetails"]["Crawls"]
    assert (crawl["State"], crawl["LogGroup"]) == ("SUCCEEDED", "/aws-glue/crawlers")
    assert crawl["StartedOn"] <= crawl["CompletedOn"]
    tables = flow.glue.get_tables(DatabaseName=flow.name)["TableList"]
    assert {table["Name"] for table in tables} == {"first", "second"}


@pytest.mark.fidelity("glue_workflows.events")
def test_an_event_of_eventbridge(flow: Flow, client: Callable[..., Any]) -> None:
    flow.glue.create_workflow(Name=flow.name)
    batch = {"BatchSize": 2, "BatchWindow": 900}
    flow.trigger("event", "EVENT", flow.crawler("first"), EventBatchingCondition=batch)
    bridge = client("events")
    bridge.put_rule(Name=flow.name, EventPattern=json.dumps({"source": [flow.name]}))
    arn = f"arn:aws:glue:us-east-1:000000000000:workflow/{flow.name}"
    target = {"Id": "w", "Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/r"}
    bridge.put_targets(Rule=flow.name, Targets=[target])
    entry = {"Source": flow.name, "DetailType": "d", "Detail": "{}"}
    ids = [bridge.put_events(Entries=[entry])["Entries"][0]["EventId"] for _ in range(2)]
    found: list[dict[str, Any]] = []
    for _ in range(LOOKS):
        if found := flow.runs():
            break
    run = flow.wait(found[0]["WorkflowRunId"])
    shown = run["WorkflowRunProperties"]["aws:eventIds"]
    assert set(shown[1:-1].split(", ")) == set(ids)
    assert run["StartingEventBatchCondition"]["BatchSize"] == 2
    assert run["Status"] == "COMPLETED"
    expected = ("InvalidInputException", "Trigger Type EVENT cannot be started")
    assert refused(flow.glue.start_trigger, Name=flow.triggers[0]) == expected
    bridge.remove_targets(Rule=flow.name, Ids=["w"])
    bridge.delete_rule(Name=flow.name)


@pytest.mark.fidelity("glue_workflows.workflows")
def test_workflows_are_made_changed_and_deleted(flow: Flow) -> None:
    glue, name = flow.glue, flow.name
    given = {"Description": "d", "DefaultRunProperties": {"a": "1"}, "MaxConcurrentRuns": 2}
    assert glue.create_workflow(Name=name, **given, Tags={"k": "v"})["Name"] == name
    found = glue.get_workflow(Name=name)["Workflow"]
    assert found.pop("CreatedOn") == found.pop("LastModifiedOn")
    assert found == {"Name": name, **given}
    expected = ("AlreadyExistsException", f"Workflow with name {name} already exists")
    assert refused(glue.create_workflow, Name=name) == expected
    assert glue.update_workflow(Name=name, Description="e")["Name"] == name
    assert glue.get_workflow(Name=name)["Workflow"]["Description"] == "e"
    assert name in glue.list_workflows()["Workflows"]
    answer = glue.batch_get_workflows(Names=[name, "none"], IncludeGraph=True)
    assert answer["Workflows"][0]["Graph"] == {"Nodes": [], "Edges": []}
    assert answer["MissingWorkflows"] == ["none"]
    arn = f"arn:aws:glue:us-east-1:000000000000:workflow/{name}"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"k": "v"}
    assert (
        glue.delete_workflow(Name=name)["Name"] == name == glue.delete_workflow(Name=name)["Name"]
    )
    missing = ("EntityNotFoundException", "Entity not found")
    for call in (glue.get_workflow, glue.update_workflow, glue.start_workflow_run):
        assert refused(call, Name=name) == missing
    assert refused(glue.get_workflow_runs, Name=name) == missing
    where = {"Name": name, "RunId": "wr_1"}
    for call in (glue.get_workflow_run, glue.get_workflow_run_properties, glue.stop_workflow_run):
        assert refused(call, **where) == missing
    assert refused(glue.put_workflow_run_properties, **where, RunProperties={}) == missing
    assert refused(glue.resume_workflow_run, **where, NodeIds=["n"]) == missing


@pytest.mark.fidelity("glue_workflows.workflows")
def test_one_starting_trigger(flow: Flow) -> None:
    flow.glue.create_workflow(Name=flow.name)
    crawler = flow.crawler("first")
    code, message = refused(flow.glue.start_workflow_run, Name=flow.name)
    assert (code, message) == (
        "InvalidInputException",
        f"Workflow {flow.name} has no starting trigger",
    )
    first = flow.trigger("start", "ON_DEMAND", crawler)
    more = {"Schedule": "cron(0 3 * * ? *)"}
    assert refused(lambda: flow.trigger("second", "SCHEDULED", crawler, **more)) == (
        "InvalidInputException",
        f"Workflow {flow.name} already has the starting trigger {first}",
    )
    assert flow.runs() == []


@pytest.mark.fidelity("glue_workflows.blueprints")
def test_blueprints_are_refused(glue: Any) -> None:
    given = {"Name": "b", "BlueprintLocation": "s3://b/b.zip"}
    assert refused(glue.create_blueprint, **given) == (
        "OperationNotSupportedException",
        "CreateBlueprint is not supported by this lab's Glue, which comes without blueprints.",
    )
