"""Operations on triggers. Source: AWS Glue API reference, "Triggers"."""

from lab.providers.glue.dispatch import page_of
from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog, without_nothing
from lab.providers.glue.storage import Key, Record
from lab.providers.glue.tags import put_tags
from lab.providers.glue.workflows import definitions, starting, timetable
from lab.providers.glue.workflows.flow import TRIGGER, starting_trigger, triggers_of
from lab.providers.handlers import handlers

GIVEN = (
    *("Name", "WorkflowName", "Type", "Schedule", "Predicate", "Actions", "Description"),
    "EventBatchingCondition",
)
REPLACED = ("Description", "Schedule", "Actions", "Predicate", "EventBatchingCondition")
STARTED = ("SCHEDULED", "CONDITIONAL")
"""The types that are activated and deactivated; others stay CREATED."""


def find(catalog: DataCatalog, name: str) -> Record:
    found = catalog.storage.get(TRIGGER, (name,))
    if found is None:
        raise not_found(f"Trigger {name} not found.")
    return found


def create_trigger(catalog: DataCatalog, request: Record) -> Record:
    """A second time with the same configuration, nothing happens."""
    name, kind = request["Name"], request["Type"]
    trigger = without_nothing({key: request.get(key) for key in GIVEN})
    if request.get("StartOnCreation") and kind not in STARTED:
        raise invalid(f"StartOnCreation is not supported for {kind} triggers")
    with catalog.transaction():
        if old := catalog.storage.get(TRIGGER, (name,)):
            if without_nothing({key: old.get(key) for key in GIVEN}) == trigger:
                return {"Name": name}
            message = f"Trigger with name '{name}' already submitted with different configuration"
            raise GlueError("IdempotentParameterMismatchException", message)
        definitions.check(catalog, trigger)
        _check_workflow(catalog, trigger)
        trigger["State"] = "ACTIVATED" if request.get("StartOnCreation") else "CREATED"
        put_tags(catalog, catalog.arn(f"trigger/{name}"), request.get("Tags") or {})
        _keep(catalog, trigger)
    return {"Name": name}


def _check_workflow(catalog: DataCatalog, trigger: Record) -> None:
    workflow = trigger.get("WorkflowName")
    if workflow is None:
        return
    if not catalog.storage.has(starting.WORKFLOW, (workflow,)):
        raise not_found("Entity not found")
    first = starting_trigger(triggers_of(catalog, workflow))
    if first and trigger["Type"] != "CONDITIONAL":
        raise invalid(f"Workflow {workflow} already has the starting trigger {first['Name']}")


def _keep(catalog: DataCatalog, trigger: Record) -> None:
    catalog.storage.put(TRIGGER, (trigger["Name"],), trigger)
    timetable.follow(catalog, trigger)


def get_trigger(catalog: DataCatalog, request: Record) -> Record:
    return {"Trigger": find(catalog, request["Name"])}


def get_triggers(catalog: DataCatalog, request: Record) -> Record:
    return page_of(catalog, TRIGGER, _keys(catalog, request), request, "Triggers")


def list_triggers(catalog: DataCatalog, request: Record) -> Record:
    answer = page_of(catalog, TRIGGER, _keys(catalog, request), request, "TriggerNames")
    return {**answer, "TriggerNames": [one["Name"] for one in answer["TriggerNames"]]}


def _keys(catalog: DataCatalog, request: Record) -> list[Key]:
    """The triggers that start the job which is asked for; all when there is none."""
    found = catalog.storage.records(TRIGGER)
    if job := request.get("DependentJobName"):
        starts = [
            one for one in found if any(each.get("JobName") == job for each in one["Actions"])
        ]
        found = starts or found
    if tags := request.get("Tags"):
        found = [one for one in found if tags.items() <= _tags(catalog, one).items()]
    return [(one["Name"],) for one in found]


def _tags(catalog: DataCatalog, trigger: Record) -> Record:
    return catalog.storage.get("tags", (catalog.arn(f"trigger/{trigger['Name']}"),)) or {}


def batch_get_triggers(catalog: DataCatalog, request: Record) -> Record:
    found = {name: catalog.storage.get(TRIGGER, (name,)) for name in request["TriggerNames"]}
    return {
        "Triggers": [trigger for trigger in found.values() if trigger],
        "TriggersNotFound": [name for name, trigger in found.items() if not trigger],
    }


def update_trigger(catalog: DataCatalog, request: Record) -> Record:
    """The new definition replaces the old one as a whole."""
    given = request["TriggerUpdate"]
    with catalog.transaction():
        old = find(catalog, request["Name"])
        kept = {key: value for key, value in old.items() if key not in REPLACED}
        trigger = {**kept, **without_nothing({key: given.get(key) for key in REPLACED})}
        definitions.check(catalog, trigger)
        _keep(catalog, trigger)
    return {"Trigger": trigger}


def delete_trigger(catalog: DataCatalog, request: Record) -> Record:
    """What is not there needs no deleting."""
    name = request["Name"]
    with catalog.transaction():
        catalog.storage.delete(TRIGGER, (name,))
        catalog.storage.delete("tags", (catalog.arn(f"trigger/{name}"),))
        timetable.forget(catalog, name)
    return {"Name": name}


def start_trigger(catalog: DataCatalog, request: Record) -> Record:
    """Activate it; one on demand fires, and starts its workflow when it has one."""
    name = request["Name"]
    with catalog.transaction():
        trigger = find(catalog, name)
        if trigger["Type"] == "EVENT":
            raise invalid("Trigger Type EVENT cannot be started")
        if trigger["Type"] in STARTED:
            _move(catalog, trigger, "ACTIVATED", unless=("ACTIVATED",))
            return {"Name": name}
    if workflow := trigger.get("WorkflowName"):
        starting.start_run(catalog, workflow, {})
    else:
        starting.fire(catalog, trigger)
    return {"Name": name}


def stop_trigger(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        trigger = find(catalog, request["Name"])
        _move(catalog, trigger, "DEACTIVATED", unless=("CREATED", "DEACTIVATED"))
    return {"Name": request["Name"]}


def _move(catalog: DataCatalog, trigger: Record, to: str, unless: tuple[str, ...]) -> None:
    if trigger["State"] in unless:
        state = trigger["State"]
        raise invalid(f"The operation is not allowed when trigger is in state: {state}")
    _keep(catalog, {**trigger, "State": to})


HANDLERS = handlers(
    create_trigger,
    get_trigger,
    get_triggers,
    list_triggers,
    batch_get_triggers,
    update_trigger,
    delete_trigger,
    start_trigger,
    stop_trigger,
)
