"""What jobs remember of the data they have read. Source: AWS Glue API reference, "Job runs"
(GetJobBookmark, ResetJobBookmark); AWS Glue Developer Guide, "Tracking processed data using job
bookmarks".

A script reads and writes its state in a file of its run (:mod:`workspace`); here it is kept.
"""

import json

from lab.providers.glue.errors import not_found
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers

EMPTY = "{}"


def _entry(catalog: DataCatalog, name: str) -> Record:
    found = catalog.storage.get("job_bookmark", (name,))
    if found is None:
        raise not_found(f"Continuation for job {name} not found")
    return found


def get_job_bookmark(catalog: DataCatalog, request: Record) -> Record:
    return {"JobBookmarkEntry": _entry(catalog, request["JobName"])}


def reset_job_bookmark(catalog: DataCatalog, request: Record) -> Record:
    """Forget what was read; with a run, what was read after it."""
    name = request["JobName"]
    with catalog.transaction():
        entry = _entry(catalog, name)
        states = catalog.storage.get("job_bookmark_states", (name,)) or {}
        kept = states.get(request.get("RunId") or "", EMPTY)
        fresh = {**entry, "Version": entry["Version"] + 1, "JobBookmark": kept, "Attempt": 0}
        fresh["Run"] = 0 if kept == EMPTY else entry["Run"]
        catalog.storage.put("job_bookmark", (name,), fresh)
    return {"JobBookmarkEntry": fresh}


def state_of(catalog: DataCatalog, name: str) -> str:
    """What the job remembers, as the JSON text that its last run committed."""
    found = catalog.storage.get("job_bookmark", (name,))
    return str(found["JobBookmark"]) if found else EMPTY


def keep(catalog: DataCatalog, run: Record, state: str) -> None:
    """What a run has committed."""
    json.loads(state)
    name = run["JobName"]
    with catalog.transaction():
        old = catalog.storage.get("job_bookmark", (name,)) or {"Version": 0, "Run": 0}
        entry = {
            "JobName": name,
            "Version": old["Version"] + 1,
            "Run": old["Run"] + 1,
            "Attempt": run["Attempt"],
            "RunId": run["Id"],
            "JobBookmark": state,
        }
        if "RunId" in old:
            entry["PreviousRunId"] = old["RunId"]
        catalog.storage.put("job_bookmark", (name,), entry)
        states = catalog.storage.get("job_bookmark_states", (name,)) or {}
        catalog.storage.put("job_bookmark_states", (name,), {**states, run["Id"]: state})


HANDLERS = handlers(get_job_bookmark, reset_job_bookmark)
