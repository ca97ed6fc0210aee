"""Events on their way to workflows: an EVENT trigger fires when its batch is full, or when its
window is over, which begins with the first event of a batch.

Source: AWS Glue user guide, "Starting an AWS Glue workflow with an Amazon EventBridge event".
"""

from lab.providers.clock import agenda, clock
from lab.providers.clock.schedules import At
from lab.providers.glue.errors import invalid, not_found
from lab.providers.glue.models import DataCatalog, catalog_of
from lab.providers.glue.storage import Record
from lab.providers.glue.workflows import starting
from lab.providers.glue.workflows.flow import starting_trigger, triggers_of

BATCH = "event_batch"
LONGEST_WINDOW = 900
IDS = "aws:eventIds"
"""The property of a run that holds the ids of the events that started it."""


def notify(account: str, region: str, workflow: str, event_id: str) -> None:
    """An event has come for a workflow. EntityNotFoundException without the workflow,
    InvalidInputException unless an EVENT trigger starts it.
    """
    catalog = catalog_of(account, region)
    with catalog.transaction():
        if not catalog.storage.has(starting.WORKFLOW, (workflow,)):
            raise not_found("Entity not found")
        trigger = starting_trigger(triggers_of(catalog, workflow))
        if trigger is None or trigger["Type"] != "EVENT":
            raise invalid(f"Workflow {workflow} has no starting trigger of type EVENT")
        batch = catalog.storage.get(BATCH, (workflow,)) or {
            "events": [],
            "since": clock().now(),
            "window": _condition(trigger).get("BatchWindow", LONGEST_WINDOW),
        }
        batch["events"].append(event_id)
        catalog.storage.put(BATCH, (workflow,), batch)
    if len(batch["events"]) >= _condition(trigger).get("BatchSize", 1):
        _fire(catalog, workflow)
    elif len(batch["events"]) == 1:
        _wait(catalog, workflow, batch)


def recover(catalog: DataCatalog) -> None:
    """After a restart: batches go on waiting, or fire when their window is over."""
    for (workflow,) in list(catalog.storage.keys(BATCH)):
        _wait(catalog, workflow, catalog.storage.get(BATCH, (workflow,)) or {})


def forget(catalog: DataCatalog, workflow: str) -> None:
    """The workflow is deleted."""
    catalog.storage.delete(BATCH, (workflow,))
    agenda().remove(_key(catalog, workflow))


def _condition(trigger: Record) -> Record:
    return trigger.get("EventBatchingCondition") or {}


def _wait(catalog: DataCatalog, workflow: str, batch: Record) -> None:
    over = max(batch["since"] + batch["window"], clock().now() + 0.001)
    agenda().put(_key(catalog, workflow), At(over).following, lambda _due: _fire(catalog, workflow))


def _fire(catalog: DataCatalog, workflow: str) -> None:
    with catalog.transaction():
        batch = catalog.storage.get(BATCH, (workflow,))
        forget(catalog, workflow)
    if batch is None or not catalog.storage.has(starting.WORKFLOW, (workflow,)):
        return
    seconds = round(clock().now() - batch["since"])
    size = {"BatchSize": len(batch["events"]), "BatchWindow": seconds}
    properties = {IDS: f"[{', '.join(batch['events'])}]"}
    more = {"StartingEventBatchCondition": size}
    starting.fire_workflow(catalog, workflow, properties, more)


def _key(catalog: DataCatalog, workflow: str) -> str:
    return catalog.arn(f"workflow/{workflow}#events")
