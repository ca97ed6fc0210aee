"""Runs of workflows, from their start to their end, and once more."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.providers.glue.models import DataCatalog
from lab.providers.glue.workflows import recovery, starting
from tests.providers.glue.workflows.stage import Stage

ZEROS = {
    "TimeoutActions": 0,
    "FailedActions": 0,
    "StoppedActions": 0,
    "SucceededActions": 0,
    "ErroredActions": 0,
    "WaitingActions": 0,
    "RunningActions": 0,
}


def pipeline(stage: Stage) -> None:
    """j1, then j2 and j3, then j4 after j2 and j5 after j3: AWS's own example of a workflow."""
    of = {"WorkflowName": "w"}
    stage.workflow("w", DefaultRunProperties={"env": "test", "day": "1"})
    stage.trigger("t1", "ON_DEMAND", "j1", **of)
    stage.after("t2", {"j1": "SUCCEEDED"}, "j2", **of)
    stage.after("t3", {"j1": "SUCCEEDED"}, "j3", **of)
    stage.after("t4", {"j2": "SUCCEEDED"}, "j4", **of)
    stage.after("t5", {"j3": "SUCCEEDED"}, "j5", **of)


@pytest.mark.fidelity("glue_workflows.runs")
def test_a_run(stage: Stage) -> None:
    pipeline(stage)
    run = stage.run("w", RunProperties={"day": "2"})
    assert stage.started[0][1] == {
        "--WORKFLOW_NAME": "w",
        "--WORKFLOW_RUN_ID": run,
        "TriggerName": "t1",
        "PredecessorRuns": [],
    }
    found = stage.look("w", run)
    assert found["WorkflowRunProperties"] == {"env": "test", "day": "2"}
    assert found["Status"] == "RUNNING"
    assert found["Statistics"] == {**ZEROS, "TotalActions": 5, "RunningActions": 1}
    for job in ("j1", "j2", "j3", "j4", "j5"):
        assert stage.names[-1] != job or stage.engine.under_way() == 1
        stage.end(job)
    assert stage.names == ["j1", "j2", "j3", "j4", "j5"]
    found = stage.look("w", run)
    assert found["Status"] == "COMPLETED"
    assert found["StartedOn"] <= found["CompletedOn"]
    assert found["Statistics"] == {**ZEROS, "TotalActions": 5, "SucceededActions": 5}
    assert "PreviousRunId" not in found
    assert stage.engine.under_way() == 0


@pytest.mark.fidelity("glue_workflows.runs")
def test_a_run_whose_jobs_fail_is_completed(stage: Stage) -> None:
    pipeline(stage)
    run = stage.run("w")
    stage.end("j1")
    stage.end("j2", "FAILED")
    stage.end("j3", "TIMEOUT")
    found = stage.look("w", run)
    expected = {"TotalActions": 5, "SucceededActions": 1, "FailedActions": 1, "TimeoutActions": 1}
    assert (found["Status"], found["Statistics"]) == ("COMPLETED", {**ZEROS, **expected})


@pytest.mark.fidelity("glue_workflows.snapshot")
def test_a_run_keeps_the_triggers_that_it_began_with(stage: Stage) -> None:
    pipeline(stage)
    run = stage.run("w")
    stage.call("DeleteTrigger", Name="t2")
    predicate = {"Conditions": [{"LogicalOperator": "EQUALS", "JobName": "j1", "State": "FAILED"}]}
    update = {"Predicate": predicate, "Actions": [{"JobName": "j3"}]}
    stage.call("UpdateTrigger", Name="t3", TriggerUpdate=update)
    stage.end("j1")
    assert stage.names == ["j1", "j2", "j3"]
    nodes = stage.look("w", run, graph=True)["Graph"]["Nodes"]
    assert [node["Name"] for node in nodes if node["Type"] == "TRIGGER"] == [
        *("t1", "t2", "t3", "t4", "t5")
    ]


@pytest.mark.fidelity("glue_workflows.separate")
def test_triggers_inside_and_outside_do_not_meet(stage: Stage) -> None:
    stage.workflow("w")
    stage.trigger("in", "ON_DEMAND", "j1", WorkflowName="w")
    stage.after("in then", {"j1": "SUCCEEDED"}, "j2", WorkflowName="w")
    stage.trigger("out", "ON_DEMAND", "j1")
    stage.after("out then", {"j1": "SUCCEEDED"}, "j3")
    stage.run("w")
    stage.end("j1")
    assert stage.names == ["j1", "j2"]
    stage.end("j2")
    stage.call("StartTrigger", Name="out")
    stage.end("j1")
    assert stage.names == ["j1", "j2", "j1", "j3"]


@pytest.mark.fidelity("glue_workflows.graph")
def test_the_graph_of_a_run(stage: Stage) -> None:
    stage.workflow("w")
    stage.trigger("t", "ON_DEMAND", "c1", WorkflowName="w")
    stage.after("u", {"c1": "SUCCEEDED"}, "j1", WorkflowName="w")
    design = stage.call("GetWorkflow", Name="w", IncludeGraph=True)["Workflow"]
    assert "LastRun" not in design
    run = stage.run("w")
    stage.end("c1")
    stage.refusing["j1"] = "never"
    graph = stage.look("w", run, graph=True)["Graph"]
    assert graph["Edges"] == design["Graph"]["Edges"]
    ids = {node["Name"]: node["UniqueId"] for node in graph["Nodes"]}
    assert all(one.startswith("wnode_") and len(one) == 70 for one in ids.values())
    assert [(edge["SourceId"], edge["DestinationId"]) for edge in graph["Edges"]] == [
        (ids["t"], ids["c1"]),
        (ids["c1"], ids["u"]),
        (ids["u"], ids["j1"]),
    ]
    trigger = next(node for node in graph["Nodes"] if node["Name"] == "u")
    assert trigger["TriggerDetails"]["Trigger"]["State"] == "ACTIVATED"
    assert stage.node("w", run, "c1")["CrawlerDetails"] == {"Crawls": [{"State": "SUCCEEDED"}]}
    assert stage.node("w", run, "j1")["JobDetails"]["JobRuns"] == [
        {
            "Id": stage.ids["j1"],
            "JobName": "j1",
            "JobRunState": "RUNNING",
            "TriggerName": "u",
            "PredecessorRuns": [],
        }
    ]
    last = stage.call("GetWorkflow", Name="w", IncludeGraph=True)["Workflow"]["LastRun"]
    assert last == stage.look("w", run, graph=True)
    job = next(node for node in design["Graph"]["Nodes"] if node["Name"] == "j1")
    assert (job["Type"], job["JobDetails"]) == ("JOB", {"JobRuns": []})


@pytest.mark.fidelity("glue_workflows.runs")
def test_a_job_that_is_tried_again_has_not_ended(stage: Stage) -> None:
    pipeline(stage)
    stage.catalog.storage.put("job", ("j1",), {"MaxRetries": 1})
    run = stage.run("w")
    stage.end("j1", "FAILED")
    stage.end("j1", "RUNNING", attempt=1)
    assert stage.look("w", run)["Statistics"]["RunningActions"] == 1
    stage.end("j1", attempt=1)
    assert stage.names == ["j1", "j2", "j3"]
    first, second = stage.node("w", run, "j1")["JobDetails"]["JobRuns"]
    assert (first["JobRunState"], second["JobRunState"]) == ("FAILED", "SUCCEEDED")
    assert stage.started[1][1]["PredecessorRuns"] == [{"JobName": "j1", "RunId": second["Id"]}]


@pytest.mark.fidelity("glue_workflows.runs")
def test_what_cannot_start_is_an_action_in_error(stage: Stage) -> None:
    pipeline(stage)
    stage.refusing["j1"] = "Concurrent runs exceeded for j1"
    run = stage.run("w")
    found = stage.look("w", run)
    assert found["Status"] == "COMPLETED"
    assert found["Statistics"] == {**ZEROS, "TotalActions": 5, "ErroredActions": 1}
    [shown] = stage.node("w", run, "j1")["JobDetails"]["JobRuns"]
    assert shown["ErrorMessage"] == "Concurrent runs exceeded for j1"
    assert shown["JobRunState"] == "ERROR"


@pytest.mark.fidelity("glue_workflows.stop")
def test_stopping(stage: Stage) -> None:
    pipeline(stage)
    run = stage.run("w")
    where = {"Name": "w", "RunId": run}
    stage.call("StopWorkflowRun", **where)
    assert (stage.stopped, stage.look("w", run)["Status"]) == (["j1"], "STOPPING")
    stage.end("j1", "STOPPED")
    found = stage.look("w", run)
    assert found["Statistics"] == {**ZEROS, "TotalActions": 5, "StoppedActions": 1}
    assert (stage.names, found["Status"]) == (["j1"], "STOPPED")
    assert stage.refused("StopWorkflowRun", **where)[0] == "IllegalWorkflowStateException"
    refusal = stage.refused("ResumeWorkflowRun", **where, NodeIds=["x"])
    assert refusal[0] == "IllegalWorkflowStateException"


@pytest.mark.fidelity("glue_workflows.stop")
def test_stopping_between_two_attempts(stage: Stage) -> None:
    pipeline(stage)
    stage.catalog.storage.put("job", ("j1",), {"MaxRetries": 1})
    run = stage.run("w")
    stage.call("StopWorkflowRun", Name="w", RunId=run)
    stage.end("j1", "FAILED")
    assert stage.stopped == ["j1"]
    stage.end("j1", "STARTING", attempt=1)
    assert stage.stopped == ["j1", "j1"]
    stage.end("j1", "STOPPED", attempt=1)
    assert stage.look("w", run)["Status"] == "STOPPED"


@pytest.mark.fidelity("glue_workflows.workflows")
def test_a_workflow_is_deleted_while_it_runs(stage: Stage) -> None:
    pipeline(stage)
    stage.run("w")
    stage.call("DeleteWorkflow", Name="w")
    stage.end("j1")
    assert (stage.names, stage.engine.under_way()) == (["j1"], 0)
    triggers = stage.call("ListTriggers")["TriggerNames"]
    assert triggers == ["t1", "t2", "t3", "t4", "t5"]


@pytest.mark.fidelity("glue_workflows.resume")
def test_resuming(stage: Stage) -> None:
    pipeline(stage)
    old = stage.run("w", RunProperties={"day": "2"})
    stage.end("j1")
    first = stage.ids["j1"]
    stage.end("j2", "FAILED")
    stage.end("j3", "FAILED")
    ids = {name: stage.node("w", old, name)["UniqueId"] for name in ("j1", "j2", "j3", "j4", "t1")}
    where = {"Name": "w", "RunId": old}
    for name in ("j4", "t1"):
        code, message = stage.refused("ResumeWorkflowRun", **where, NodeIds=[ids[name]])
        assert code == "InvalidInputException"
        assert ids[name] in message
    answer = stage.call("ResumeWorkflowRun", **where, NodeIds=[ids["j2"], ids["j3"]])
    assert answer["NodeIds"] == [ids["j2"], ids["j3"]]
    run = answer["RunId"]
    for job in ("j2", "j3", "j4", "j5"):
        stage.end(job)
    assert stage.names == ["j1", "j2", "j3", "j2", "j3", "j4", "j5"]
    assert stage.started[3][1]["TriggerName"] == "t2"
    found = stage.look("w", run)
    assert (found["Status"], found["PreviousRunId"]) == ("COMPLETED", old)
    assert found["WorkflowRunProperties"]["day"] == "2"
    assert found["Statistics"] == {**ZEROS, "TotalActions": 5, "SucceededActions": 5}
    [kept] = stage.node("w", run, "j1")["JobDetails"]["JobRuns"]
    assert kept["Id"] == first
    assert stage.look("w", old)["Statistics"]["FailedActions"] == 2


@pytest.mark.fidelity("glue_workflows.resume")
def test_resuming_what_the_other_leads_to(stage: Stage) -> None:
    pipeline(stage)
    run = stage.run("w")
    stage.end("j1")
    stage.end("j2", "FAILED")
    stage.end("j3")
    stage.end("j5")
    ids = [stage.node("w", run, name)["UniqueId"] for name in ("j5", "j1", "j2")]
    answer = stage.call("ResumeWorkflowRun", Name="w", RunId=run, NodeIds=ids)
    assert answer["NodeIds"] == [ids[1]]
    assert stage.names[-1] == "j1"
    stage.end("j1")
    stage.end("j3")
    assert sorted(stage.names[5:]) == ["j2", "j3", "j5"]


@pytest.mark.fidelity("glue_workflows.concurrency")
def test_as_many_runs_as_may_be(stage: Stage) -> None:
    stage.workflow("w", MaxConcurrentRuns=1)
    stage.trigger("t", "SCHEDULED", "c1", WorkflowName="w", Schedule="cron(0 8 * * ? *)")
    first = stage.run("w")
    refusal = "Concurrent runs exceeded for workflow: w."
    expected = ("ConcurrentRunsExceededException", refusal)
    assert stage.refused("StartWorkflowRun", Name="w") == expected
    starting.fire(stage.catalog, stage.call("GetTrigger", Name="t")["Trigger"])
    runs = stage.call("GetWorkflowRuns", Name="w")["Runs"]
    assert {(one["Status"], one.get("ErrorMessage")) for one in runs} == {
        ("RUNNING", None),
        ("ERROR", refusal),
    }
    stage.end("c1")
    assert stage.look("w", first)["Status"] == "COMPLETED"
    assert stage.run("w") != first


@pytest.mark.fidelity("glue_workflows.properties")
def test_properties_are_changed_while_it_runs(stage: Stage) -> None:
    pipeline(stage)
    where = {"Name": "w", "RunId": stage.run("w")}
    stage.call("PutWorkflowRunProperties", **where, RunProperties={"rows": "9", "day": "3"})
    stage.end("j1")
    expected = {"env": "test", "day": "3", "rows": "9"}
    assert stage.call("GetWorkflowRunProperties", **where) == {"RunProperties": expected}


@pytest.mark.fidelity("glue_workflows.restart")
def test_a_run_goes_on_after_a_restart(
    stage: Stage, open_catalog: Callable[[Path], DataCatalog], tmp_path: Path
) -> None:
    pipeline(stage)
    lost = stage.run("w")
    gone = stage.ids["j1"]
    run = stage.run("w")
    stage.states[stage.ids["j1"]] = "SUCCEEDED"
    assert gone != stage.ids["j1"]
    stage.catalog.storage.close()
    stage.catalog = open_catalog(tmp_path)
    made = stage.with_engine()
    stage.patch.setattr(recovery, "engine", lambda: made)
    recovery.recover(stage.catalog)
    assert stage.names == ["j1", "j1", "j2", "j3"]
    assert stage.look("w", lost)["Statistics"]["ErroredActions"] == 1
    for job in ("j2", "j3", "j4", "j5"):
        stage.end(job)
    assert stage.look("w", run)["Status"] == "COMPLETED"
    assert made.under_way() == 0
