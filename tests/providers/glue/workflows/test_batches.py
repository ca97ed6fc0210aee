"""Events that start workflows, one by one and in batches."""

from collections.abc import Iterator

import pytest

from lab.providers.clock import agenda, clock
from lab.providers.clock.lab_time import LabTime
from lab.providers.glue.errors import GlueError
from lab.providers.glue.workflows import batches
from tests.providers.glue.workflows.stage import Stage

NOON = 1_772_366_400.0


@pytest.fixture(autouse=True)
def noon() -> Iterator[LabTime]:
    clock().stop()
    clock().set(NOON)
    yield clock()
    clock().reset()


def make(stage: Stage, **condition: int) -> None:
    stage.patch.setattr(batches, "catalog_of", lambda *_: stage.catalog)
    stage.workflow("w")
    more = {"EventBatchingCondition": condition} if condition else {}
    stage.trigger("t", "EVENT", "c1", WorkflowName="w", **more)


def notify(*ids: str) -> None:
    for one in ids:
        batches.notify("a", "r", "w", one)


@pytest.mark.fidelity("glue_workflows.events")
def test_an_event_starts_a_run(stage: Stage) -> None:
    make(stage)
    notify("e1")
    [run] = stage.call("GetWorkflowRuns", Name="w")["Runs"]
    assert run["WorkflowRunProperties"] == {"aws:eventIds": "[e1]"}
    assert run["StartingEventBatchCondition"] == {"BatchSize": 1, "BatchWindow": 0}
    assert stage.names == ["c1"]


@pytest.mark.fidelity("glue_workflows.events")
def test_a_batch_is_full(stage: Stage, noon: LabTime) -> None:
    make(stage, BatchSize=3)
    notify("e1", "e2")
    key = stage.catalog.arn("workflow/w#events")
    assert agenda().due(key) == NOON + 900
    noon.set(NOON + 40)
    notify("e3")
    assert agenda().due(key) is None
    [run] = stage.call("GetWorkflowRuns", Name="w")["Runs"]
    assert run["WorkflowRunProperties"] == {"aws:eventIds": "[e1, e2, e3]"}
    assert run["StartingEventBatchCondition"] == {"BatchSize": 3, "BatchWindow": 40}


@pytest.mark.fidelity("glue_workflows.events")
def test_a_window_is_over(stage: Stage) -> None:
    make(stage, BatchSize=3, BatchWindow=60)
    notify("e1", "e2")
    key = stage.catalog.arn("workflow/w#events")
    agenda().remove(key)
    batches.recover(stage.catalog)  # as after a restart
    assert agenda().due(key) == NOON + 60
    assert stage.names == []
    list(agenda().advance(120, 120, 0.01))
    assert stage.names == ["c1"]
    stage.end("c1")
    [run] = stage.call("GetWorkflowRuns", Name="w")["Runs"]
    assert run["WorkflowRunProperties"] == {"aws:eventIds": "[e1, e2]"}
    assert run["StartingEventBatchCondition"] == {"BatchSize": 2, "BatchWindow": 60}
    notify("e3")
    assert agenda().due(key) is not None
    stage.call("DeleteWorkflow", Name="w")
    assert agenda().due(key) is None


@pytest.mark.fidelity("glue_workflows.events")
def test_only_a_trigger_for_events_takes_them(stage: Stage) -> None:
    stage.patch.setattr(batches, "catalog_of", lambda *_: stage.catalog)
    with pytest.raises(GlueError) as missing:
        notify("e1")
    assert (missing.value.code, missing.value.message) == (
        "EntityNotFoundException",
        "Entity not found",
    )
    stage.workflow("w")
    stage.trigger("t", "ON_DEMAND", "c1", WorkflowName="w")
    with pytest.raises(GlueError) as caught:
        notify("e1")
    assert caught.value.code == "InvalidInputException"
    assert stage.names == []
