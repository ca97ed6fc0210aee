"""Workflows with real jobs: what a script knows of its run, and how it is stopped."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.providers.glue.jobs.bench import Bench
from tests.providers.glue.workflows.stage import condition
from tests.providers.lambda_.functions import eventually

pytestmark = pytest.mark.lab

SCRIPT = """
    import sys
    import boto3
    from awsglue.utils import getResolvedOptions

    given = getResolvedOptions(sys.argv, ["WORKFLOW_NAME", "WORKFLOW_RUN_ID", "step"])
    glue = boto3.client("glue")
    where = {"Name": given["WORKFLOW_NAME"], "RunId": given["WORKFLOW_RUN_ID"]}
    found = glue.get_workflow_run_properties(**where)["RunProperties"]
    found["path"] = found.get("path", "") + given["step"]
    glue.put_workflow_run_properties(**where, RunProperties=found)
"""
SLOW = "import time; time.sleep(600)"


@pytest.fixture
def bench(client: Callable[..., Any]) -> Iterator[Bench]:
    found = Bench(client, f"wfjobs{uuid.uuid4().hex[:10]}")
    found.glue.create_workflow(Name=found.bucket)
    yield found
    for name in found.glue.list_triggers()["TriggerNames"]:
        if name.startswith(found.bucket):
            found.glue.delete_trigger(Name=name)
    found.glue.delete_workflow(Name=found.bucket)
    found.forget()


def trigger(bench: Bench, part: str, kind: str, job: str, **more: Any) -> str:
    name, step = f"{bench.bucket}-{part}", {"--step": part}
    actions = [{"JobName": job, "Arguments": step, "Timeout": 7}]
    given = {"Type": kind, "Actions": actions, "WorkflowName": bench.bucket}
    bench.glue.create_trigger(Name=name, **given, **more)
    return name


def wait(bench: Bench, run: str, *states: str) -> dict[str, Any]:
    def look() -> dict[str, Any]:
        where = {"Name": bench.bucket, "RunId": run, "IncludeGraph": True}
        found: dict[str, Any] = bench.glue.get_workflow_run(**where)["Run"]
        return found if found["Status"] in states else {}

    return eventually(look, within=120)


@pytest.mark.fidelity("glue_workflows.properties")
def test_jobs_hand_properties_on(bench: Bench) -> None:
    first, second = bench.job(SCRIPT), bench.job(SCRIPT)
    trigger(bench, "a", "ON_DEMAND", first)
    more = {"Predicate": {"Conditions": [condition(first, "SUCCEEDED")]}, "StartOnCreation": True}
    then = trigger(bench, "b", "CONDITIONAL", second, **more)
    run = bench.glue.start_workflow_run(Name=bench.bucket)["RunId"]
    found = wait(bench, run, "COMPLETED")
    assert found["WorkflowRunProperties"] == {"path": "ab"}
    assert found["Statistics"]["SucceededActions"] == 2
    runs = {
        node["Name"]: node["JobDetails"]["JobRuns"]
        for node in found["Graph"]["Nodes"]
        if node["Type"] == "JOB"
    }
    [before], [after] = runs[first], runs[second]
    assert (after["TriggerName"], after["Timeout"]) == (then, 7)
    assert after["PredecessorRuns"] == [{"JobName": first, "RunId": before["Id"]}]
    assert after["Arguments"] == {
        "--WORKFLOW_NAME": bench.bucket,
        "--WORKFLOW_RUN_ID": run,
        "--step": "b",
    }
    assert after == bench.show(second, after["Id"])


@pytest.mark.fidelity("glue_workflows.stop")
def test_a_job_is_stopped_with_its_workflow(bench: Bench) -> None:
    job = bench.job(SLOW)
    trigger(bench, "a", "ON_DEMAND", job)
    where = {
        "Name": bench.bucket,
        "RunId": bench.glue.start_workflow_run(Name=bench.bucket)["RunId"],
    }
    eventually(lambda: bench.glue.get_job_runs(JobName=job)["JobRuns"], within=60)
    bench.glue.stop_workflow_run(**where)
    found = wait(bench, where["RunId"], "STOPPED")
    assert found["Statistics"]["StoppedActions"] == 1
    [run] = bench.glue.get_job_runs(JobName=job)["JobRuns"]
    assert run["JobRunState"] == "STOPPED"
