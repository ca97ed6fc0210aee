"""Operations on the earlier versions of tables. Source: AWS Glue API reference, "Table API"."""

from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog, Table, version_key
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers
from lab.providers.pages import page


def _table(catalog: DataCatalog, request: Record) -> Table:
    return catalog.table(request["DatabaseName"], request["TableName"])


def _version(description: Record) -> Record:
    return {"Table": description, "VersionId": description["VersionId"]}


def get_table_versions(catalog: DataCatalog, request: Record) -> Record:
    """The current one first, then the archived ones, the newest first."""
    with catalog.lock:
        table = _table(catalog, request)
        archived = sorted(catalog.storage.keys("version", table.key), reverse=True)
        answer = page([(), *archived], request, "TableVersions", 100, invalid)
        records = [
            catalog.storage.get("version", (*table.key, *key)) if key else table.description
            for key in answer["TableVersions"]
        ]
    return {**answer, "TableVersions": [_version(record) for record in records if record]}


def get_table_version(catalog: DataCatalog, request: Record) -> Record:
    with catalog.lock:
        table = _table(catalog, request)
        wanted = request.get("VersionId") or str(table.version)
        if wanted == str(table.version):
            return {"TableVersion": _version(table.description)}
        found = catalog.storage.get("version", (*table.key, _key(wanted)))
    if found is None:
        raise not_found("Version not found.")
    return {"TableVersion": _version(found)}


def _key(version: str) -> str:
    if not version.isdecimal():
        raise invalid(f"Invalid version id: {version}")
    return version_key(int(version))


def _delete(catalog: DataCatalog, table: Table, version: str) -> None:
    key = _key(version)
    if int(version) == table.version:
        raise invalid("Cannot delete the current version of the table.")
    if not catalog.storage.delete("version", (*table.key, key)):
        raise not_found("Version not found.")


def delete_table_version(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        _delete(catalog, _table(catalog, request), request["VersionId"])
    return {}


def batch_delete_table_version(catalog: DataCatalog, request: Record) -> Record:
    errors = []
    with catalog.transaction():
        table = _table(catalog, request)
        for version in request["VersionIds"]:
            try:
                _delete(catalog, table, version)
            except GlueError as error:
                failed = {"TableName": table.key[1], "VersionId": version}
                errors.append({**failed, "ErrorDetail": error.detail()})
    return {"Errors": errors}


HANDLERS = handlers(
    get_table_versions, get_table_version, delete_table_version, batch_delete_table_version
)
