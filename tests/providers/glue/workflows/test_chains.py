"""Triggers outside workflows: what fires them, and what they start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.providers.clock import agenda, clock
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.workflows import recovery
from tests.providers.glue.workflows.stage import Stage


@pytest.mark.fidelity("glue_workflows.triggers")
def test_on_demand(stage: Stage) -> None:
    action = {"JobName": "j1", "Arguments": {"--day": "1"}, "Timeout": 5}
    stage.call("CreateTrigger", Name="t", Type="ON_DEMAND", Actions=[action, {"CrawlerName": "c1"}])
    assert stage.names == []
    assert stage.call("StartTrigger", Name="t") == {"Name": "t"}
    assert stage.started == [
        ("j1", {"TriggerName": "t", "PredecessorRuns": []}),
        ("c1", {"TriggerName": "t", "PredecessorRuns": []}),
    ]
    assert stage.call("GetTrigger", Name="t")["Trigger"]["State"] == "CREATED"
    assert stage.engine.under_way() == 1
    stage.end("j1")
    stage.end("c1", "FAILED")
    assert stage.engine.under_way() == 0
    assert stage.catalog.storage.records("trigger_chain") == []
    assert stage.catalog.storage.records("flow_member") == []


@pytest.mark.fidelity("glue_workflows.conditions")
def test_all_conditions(stage: Stage) -> None:
    stage.trigger("t", "ON_DEMAND", "j1", "c1")
    stage.after("both", {"j1": "SUCCEEDED", "c1": "SUCCEEDED"}, "j2")
    stage.call("StartTrigger", Name="t")
    stage.end("j1", "RUNNING")
    stage.end("j1")
    assert stage.names == ["j1", "c1"]
    first = stage.ids["j1"]
    stage.end("c1")
    assert stage.started[2:] == [
        ("j2", {"TriggerName": "both", "PredecessorRuns": [{"JobName": "j1", "RunId": first}]})
    ]
    stage.end("j2")
    assert stage.engine.under_way() == 0


@pytest.mark.fidelity("glue_workflows.conditions")
def test_all_conditions_are_of_one_chain(stage: Stage) -> None:
    stage.trigger("t", "ON_DEMAND", "j1")
    stage.trigger("u", "ON_DEMAND", "j2")
    stage.after("both", {"j1": "SUCCEEDED", "j2": "SUCCEEDED"}, "j3")
    for trigger, job in (("t", "j1"), ("u", "j2")):
        stage.call("StartTrigger", Name=trigger)
        stage.end(job)
    assert stage.names == ["j1", "j2"]


@pytest.mark.fidelity("glue_workflows.conditions")
@pytest.mark.parametrize("ended", ["FAILED", "TIMEOUT", "STOPPED"])
def test_another_state(stage: Stage, ended: str) -> None:
    stage.trigger("t", "ON_DEMAND", "j1")
    stage.after("good", {"j1": "SUCCEEDED"}, "j2")
    stage.after("bad", {"j1": ended}, "j3")
    stage.call("StartTrigger", Name="t")
    stage.end("j1", ended)
    assert stage.names == ["j1", "j3"]


@pytest.mark.fidelity("glue_workflows.conditions")
def test_any_condition_fires_once(stage: Stage) -> None:
    stage.trigger("t", "ON_DEMAND", "j1", "j2")
    stage.after("any", {"j1": "SUCCEEDED", "j2": "SUCCEEDED"}, "c1", logical="ANY")
    stage.call("StartTrigger", Name="t")
    stage.end("j1", "FAILED")
    assert stage.names == ["j1", "j2"]
    stage.end("j2")
    assert stage.names == ["j1", "j2", "c1"]
    stage.end("c1")
    stage.call("StartTrigger", Name="t")
    stage.end("j1")
    stage.end("j2")
    assert stage.names == ["j1", "j2", "c1", "j1", "j2", "c1"]


@pytest.mark.fidelity("glue_workflows.conditions")
def test_what_no_trigger_started_fires_none(stage: Stage) -> None:
    stage.trigger("t", "ON_DEMAND", "j1")
    stage.after("then", {"j1": "SUCCEEDED"}, "j2")
    stage.call("StartTrigger", Name="t")
    stage.ids["j1"] = "somebody's own run"
    stage.end("j1")
    assert stage.names == ["j1"]


@pytest.mark.fidelity("glue_workflows.conditions")
def test_only_an_activated_trigger_fires(stage: Stage) -> None:
    stage.trigger("t", "ON_DEMAND", "j1")
    stage.after("then", {"j1": "SUCCEEDED"}, "j2")
    stage.call("StopTrigger", Name="then")
    stage.call("StartTrigger", Name="t")
    stage.end("j1")
    assert stage.names == ["j1"]
    stage.call("StartTrigger", Name="then")
    stage.call("StartTrigger", Name="t")
    stage.end("j1")
    assert stage.names == ["j1", "j1", "j2"]


@pytest.mark.fidelity("glue_workflows.conditions")
def test_an_action_that_cannot_start_stops_no_other(stage: Stage) -> None:
    stage.refusing["j1"] = "Concurrent runs exceeded for j1"
    stage.trigger("t", "ON_DEMAND", "j1", "j2")
    stage.call("StartTrigger", Name="t")
    assert stage.names == ["j2"]
    stage.end("j2")
    assert stage.engine.under_way() == 0


@pytest.fixture
def stopped_clock() -> Any:
    time = clock()
    time.stop()
    time.set(1_772_323_200.0)  # 2026-03-01, midnight
    yield time
    time.reset()


@pytest.mark.fidelity("glue_workflows.schedules")
@pytest.mark.usefixtures("stopped_clock")
def test_a_schedule_goes_by_the_clock_of_the_lab(stage: Stage) -> None:
    stage.trigger("daily", "SCHEDULED", "c1", Schedule="cron(15 6 * * ? *)")
    key = stage.catalog.arn("trigger/daily")
    assert agenda().due(key) == clock().now() + 6.25 * 3600
    for step in agenda().advance(86_400, 3600, 0.01):
        if stage.names and stage.engine.under_way():
            stage.end("c1")
        assert not step.stuck or step.now == 1_772_323_200.0 + 6.25 * 3600
    assert stage.names == ["c1"]
    stage.call("StopTrigger", Name="daily")
    assert agenda().due(key) is None
    stage.call("StartTrigger", Name="daily")
    update = {"Schedule": "cron(0 12 * * ? *)", "Actions": [{"CrawlerName": "c1"}]}
    stage.call("UpdateTrigger", Name="daily", TriggerUpdate=update)
    assert (agenda().due(key) or 0) % 86_400 == 12 * 3600
    stage.call("DeleteTrigger", Name="daily")
    assert agenda().due(key) is None


@pytest.mark.fidelity("glue_workflows.restart")
def test_a_chain_goes_on_after_a_restart(
    stage: Stage, open_catalog: Callable[[Path], DataCatalog], tmp_path: Path
) -> None:
    stage.trigger("t", "ON_DEMAND", "j1", "j2")
    stage.after("both", {"j1": "SUCCEEDED", "j2": "FAILED"}, "j3")
    stage.trigger("daily", "SCHEDULED", "c1", Schedule="cron(15 6 * * ? *)")
    stage.call("StartTrigger", Name="t")
    stage.end("j1")
    key = stage.catalog.arn("trigger/daily")
    agenda().remove(key)
    stage.states[stage.ids["j2"]] = "FAILED"
    stage.catalog.storage.close()
    stage.catalog = open_catalog(tmp_path)
    made = stage.with_engine()
    stage.patch.setattr(recovery, "engine", lambda: made)
    recovery.recover(stage.catalog)
    assert stage.names == ["j1", "j2", "j3"]
    assert agenda().due(key) is not None
    stage.end("j3")
    assert made.under_way() == 0
    agenda().remove(key)
