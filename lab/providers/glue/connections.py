"""Connections to data stores. They are kept, and nothing connects.

Source: AWS Glue API reference, "Connection API".
"""

from lab.providers.glue.errors import GlueError, already_exists, invalid, not_found
from lab.providers.glue.models import DataCatalog, now, without_nothing
from lab.providers.glue.storage import Record
from lab.providers.glue.tags import put_tags
from lab.providers.handlers import handlers
from lab.providers.pages import page

NOT_KEPT = ("ValidateCredentials", "ValidateForComputeEnvironments")
PASSWORDS = ("PASSWORD", "ENCRYPTED_PASSWORD")


def _record(catalog: DataCatalog, given: Record) -> Record:
    moment = now()
    return {
        **{key: value for key, value in without_nothing(given).items() if key not in NOT_KEPT},
        "CreationTime": moment,
        "LastUpdatedTime": moment,
        "LastUpdatedBy": f"arn:aws:iam::{catalog.account}:root",
        "Status": "READY",
        "ConnectionSchemaVersion": 1,
    }


def _found(catalog: DataCatalog, name: str) -> Record:
    found = catalog.storage.get("connection", (name,))
    if found is None:
        raise not_found(f"Connection {name} not found.")
    return found


def create_connection(catalog: DataCatalog, request: Record) -> Record:
    given = request["ConnectionInput"]
    with catalog.transaction():
        if not catalog.storage.add("connection", (given["Name"],), _record(catalog, given)):
            raise already_exists("Connection already exists.")
        put_tags(catalog, catalog.arn(f"connection/{given['Name']}"), request.get("Tags") or {})
    return {"CreateConnectionStatus": "READY"}


def _shown(connection: Record, request: Record) -> Record:
    if not request.get("HidePassword"):
        return connection
    properties = connection.get("ConnectionProperties") or {}
    kept = {key: value for key, value in properties.items() if key not in PASSWORDS}
    return {**connection, "ConnectionProperties": kept}


def get_connection(catalog: DataCatalog, request: Record) -> Record:
    return {"Connection": _shown(_found(catalog, request["Name"]), request)}


def get_connections(catalog: DataCatalog, request: Record) -> Record:
    asked = request.get("Filter") or {}
    found = [_shown(record, request) for record in catalog.storage.records("connection")]
    if kind := asked.get("ConnectionType"):
        found = [record for record in found if record.get("ConnectionType") == kind]
    if criteria := asked.get("MatchCriteria"):
        found = [one for one in found if set(criteria) <= set(one.get("MatchCriteria") or [])]
    return page(found, request, "ConnectionList", 100, invalid)


def update_connection(catalog: DataCatalog, request: Record) -> Record:
    name, given = request["Name"], request["ConnectionInput"]
    with catalog.transaction():
        old = _found(catalog, name)
        record = {**_record(catalog, given), "Name": name, "CreationTime": old["CreationTime"]}
        catalog.storage.put("connection", (name,), record)
    return {}


def _delete(catalog: DataCatalog, name: str) -> None:
    with catalog.transaction():
        _found(catalog, name)
        catalog.storage.delete("connection", (name,))
        catalog.storage.delete("tags", (catalog.arn(f"connection/{name}"),))


def delete_connection(catalog: DataCatalog, request: Record) -> Record:
    _delete(catalog, request["ConnectionName"])
    return {}


def batch_delete_connection(catalog: DataCatalog, request: Record) -> Record:
    succeeded, errors = [], {}
    with catalog.transaction():
        for name in request["ConnectionNameList"]:
            try:
                _delete(catalog, name)
            except GlueError as error:
                errors[name] = error.detail()
            else:
                succeeded.append(name)
    return {"Succeeded": succeeded, "Errors": errors}


HANDLERS = handlers(
    create_connection,
    get_connection,
    get_connections,
    update_connection,
    delete_connection,
    batch_delete_connection,
)
