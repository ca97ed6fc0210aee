"""Named queries: statements that a work group keeps under an id, to be started by clients.

Source: Amazon Athena API reference, "NamedQuery".
"""

import uuid

from lab.providers.athena import work_groups
from lab.providers.athena.errors import invalid
from lab.providers.athena.models import Record
from lab.providers.athena.store import Store
from lab.providers.athena.validation import fingerprint, page

KIND = work_groups.NAMED_QUERY
TOKEN = "named query token"  # noqa: S105 - a kind of record
FIELDS = ("Name", "Description", "Database", "QueryString")


def create(store: Store, request: Record) -> Record:
    asked = fingerprint(request)
    with store.lock:
        token = request.get("ClientRequestToken")
        if token and (known := store.get(TOKEN, token)):
            if known["fingerprint"] != asked:
                raise invalid("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
            return {"NamedQueryId": known["id"]}
        group = work_groups.find(store, request.get("WorkGroup") or work_groups.PRIMARY)
        made = {key: request[key] for key in FIELDS if key in request}
        made |= {"NamedQueryId": str(uuid.uuid4()), "WorkGroup": group["Name"]}
        store.put(KIND, made["NamedQueryId"], made)
        if token:
            store.put(TOKEN, token, {"fingerprint": asked, "id": made["NamedQueryId"]})
    return {"NamedQueryId": made["NamedQueryId"]}


def _find(store: Store, identifier: str) -> Record:
    found = store.get(KIND, identifier)
    if found is None:
        raise invalid(f"NamedQuery {identifier} was not found")
    return found


def get(store: Store, request: Record) -> Record:
    return {"NamedQuery": _find(store, request["NamedQueryId"])}


def get_many(store: Store, request: Record) -> Record:
    found, missing = [], []
    for identifier in request["NamedQueryIds"]:
        if one := store.get(KIND, identifier):
            found.append(one)
        else:
            missing.append(
                {
                    "NamedQueryId": identifier,
                    "ErrorCode": "INVALID_INPUT",
                    "ErrorMessage": f"NamedQuery {identifier} was not found",
                }
            )
    return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}


def list_all(store: Store, request: Record) -> Record:
    group = work_groups.find(store, request.get("WorkGroup") or work_groups.PRIMARY)["Name"]
    names = [one["NamedQueryId"] for one in store.all(KIND) if one["WorkGroup"] == group]
    return page(names, request, "NamedQueryIds")


def update(store: Store, request: Record) -> Record:
    with store.lock:
        found = _find(store, request["NamedQueryId"])
        found |= {key: request[key] for key in FIELDS if key in request}
        store.put(KIND, found["NamedQueryId"], found)
    return {}


def delete(store: Store, request: Record) -> Record:
    identifier = request["NamedQueryId"]
    if not store.remove(KIND, identifier):
        raise invalid(f"NamedQuery {identifier} was not found")
    return {}


HANDLERS = {
    "CreateNamedQuery": create,
    "GetNamedQuery": get,
    "BatchGetNamedQuery": get_many,
    "ListNamedQueries": list_all,
    "UpdateNamedQuery": update,
    "DeleteNamedQuery": delete,
}
