"""Operations on workflows. Source: AWS Glue API reference, "Workflows"."""

from lab.providers.clock import clock
from lab.providers.glue.errors import already_exists, invalid, not_found
from lab.providers.glue.models import DataCatalog, without_nothing
from lab.providers.glue.storage import Record
from lab.providers.glue.tags import put_tags
from lab.providers.glue.workflows import batches, graph
from lab.providers.glue.workflows.flow import RUN
from lab.providers.glue.workflows.runs import newest, shown_run
from lab.providers.glue.workflows.starting import WORKFLOW
from lab.providers.handlers import handlers
from lab.providers.pages import page

GIVEN = ("Description", "DefaultRunProperties", "MaxConcurrentRuns")
PAGE = 25


def create_workflow(catalog: DataCatalog, request: Record) -> Record:
    name, now = request["Name"], clock().utc()
    record = {"Name": name, **_given(request), "CreatedOn": now, "LastModifiedOn": now}
    with catalog.transaction():
        if not catalog.storage.add(WORKFLOW, (name,), record):
            raise already_exists(f"Workflow with name {name} already exists")
        put_tags(catalog, catalog.arn(f"workflow/{name}"), request.get("Tags") or {})
    return {"Name": name}


def _given(request: Record) -> Record:
    most = request.get("MaxConcurrentRuns")
    if most is not None and most < 1:
        raise invalid("MaxConcurrentRuns must be at least 1")
    return without_nothing({key: request.get(key) for key in GIVEN})


def update_workflow(catalog: DataCatalog, request: Record) -> Record:
    name = request["Name"]
    with catalog.transaction():
        record = {**_found(catalog, name), **_given(request), "LastModifiedOn": clock().utc()}
        catalog.storage.put(WORKFLOW, (name,), record)
    return {"Name": name}


def delete_workflow(catalog: DataCatalog, request: Record) -> Record:
    """Its triggers stay; its runs are forgotten. What is not there needs no deleting."""
    name = request["Name"]
    with catalog.transaction():
        catalog.storage.delete(WORKFLOW, (name,))
        catalog.storage.delete("tags", (catalog.arn(f"workflow/{name}"),))
        catalog.storage.delete_under((name,), RUN)
        batches.forget(catalog, name)
    return {"Name": name}


def get_workflow(catalog: DataCatalog, request: Record) -> Record:
    found = _found(catalog, request["Name"])
    return {"Workflow": _shown(catalog, found, bool(request.get("IncludeGraph")))}


def batch_get_workflows(catalog: DataCatalog, request: Record) -> Record:
    found = {name: catalog.storage.get(WORKFLOW, (name,)) for name in request["Names"]}
    with_graph = bool(request.get("IncludeGraph"))
    answer = {
        "Workflows": [_shown(catalog, one, with_graph) for one in found.values() if one],
        "MissingWorkflows": [name for name, one in found.items() if not one],
    }
    return {key: value for key, value in answer.items() if value}


def list_workflows(catalog: DataCatalog, request: Record) -> Record:
    names = [key[0] for key in catalog.storage.keys(WORKFLOW)]
    return page(names, request, "Workflows", PAGE, invalid)


def _found(catalog: DataCatalog, name: str) -> Record:
    found = catalog.storage.get(WORKFLOW, (name,))
    if found is None:
        raise not_found("Entity not found")
    return found


def _shown(catalog: DataCatalog, workflow: Record, with_graph: bool) -> Record:
    shown = dict(workflow)
    if runs := newest(catalog, workflow["Name"], 1):
        shown["LastRun"] = shown_run(runs[0], with_graph)
    if with_graph:
        shown["Graph"] = graph.of_workflow(catalog, workflow["Name"])
    return shown


HANDLERS = handlers(
    create_workflow,
    update_workflow,
    delete_workflow,
    get_workflow,
    batch_get_workflows,
    list_workflows,
)
