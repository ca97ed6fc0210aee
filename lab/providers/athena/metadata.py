"""Data catalogues, databases and tables as Athena's own API shows them.

There is one catalogue, AwsDataCatalog; others (LAMBDA, HIVE, FEDERATED, GLUE of another account)
are refused by name. Source: Amazon Athena API reference, "DataCatalog", "TableMetadata".
"""

import re

from lab.providers.athena import work_groups
from lab.providers.athena.errors import AthenaError, entity_not_found, invalid
from lab.providers.athena.models import Record
from lab.providers.athena.store import Store
from lab.providers.athena.validation import page
from lab.providers.glue.errors import GlueError
from lab.providers.glue.models import DataCatalog, catalog_of

NAME = "AwsDataCatalog"


def _check_name(name: str) -> None:
    if name.lower() != NAME.lower():
        raise invalid(f"DataCatalog {name} was not found")


def _catalog(store: Store, request: Record) -> DataCatalog:
    _check_name(request["CatalogName"])
    if "WorkGroup" in request:
        work_groups.find(store, request["WorkGroup"])
    return catalog_of(store.account, store.region)


def list_data_catalogs(_store: Store, request: Record) -> Record:
    return page([{"CatalogName": NAME, "Type": "GLUE"}], request, "DataCatalogsSummary")


def get_data_catalog(store: Store, request: Record) -> Record:
    _check_name(request["Name"])
    parameters = {"catalog-id": store.account}
    return {"DataCatalog": {"Name": NAME, "Type": "GLUE", "Parameters": parameters}}


def create_data_catalog(_store: Store, request: Record) -> Record:
    if request["Name"].lower() == NAME.lower():
        raise invalid(f"DataCatalog {request['Name']} already exists")
    raise invalid(f"A DataCatalog of type {request['Type']} is not supported by this lab")


def change_data_catalog(_store: Store, request: Record) -> Record:
    _check_name(request["Name"])
    raise invalid(f"DataCatalog {NAME} cannot be updated or deleted")


def _database(record: Record) -> Record:
    found = {"Name": record["Name"], "Parameters": record.get("Parameters") or {}}
    return {**found, "Description": record["Description"]} if "Description" in record else found


def list_databases(store: Store, request: Record) -> Record:
    found = [_database(record) for record in _catalog(store, request).databases()]
    return page(found, request, "DatabaseList")


def get_database(store: Store, request: Record) -> Record:
    try:
        return {
            "Database": _database(
                _catalog(store, request).database(request["DatabaseName"]).description
            )
        }
    except GlueError as error:
        raise _not_there(error) from error


def _not_there(error: GlueError) -> AthenaError:
    missing = error.code == "EntityNotFoundException"
    return AthenaError("MetadataException", entity_not_found() if missing else error.message)


def _column(column: Record) -> Record:
    return {key: column[key] for key in ("Name", "Type", "Comment") if key in column}


def _table(record: Record) -> Record:
    storage = record.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    parameters = {
        **(record.get("Parameters") or {}),
        "location": storage.get("Location"),
        "inputformat": storage.get("InputFormat"),
        "outputformat": storage.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
    }
    for key, value in (serde.get("Parameters") or {}).items():
        parameters[f"serde.param.{key}"] = value
    return {
        "Name": record["Name"],
        "CreateTime": record["CreateTime"],
        "TableType": record.get("TableType", ""),
        "Columns": [_column(column) for column in storage.get("Columns") or []],
        "PartitionKeys": [_column(column) for column in record.get("PartitionKeys") or []],
        "Parameters": {key: value for key, value in parameters.items() if value is not None},
    }


def get_table_metadata(store: Store, request: Record) -> Record:
    try:
        table = _catalog(store, request).table(request["DatabaseName"], request["TableName"])
    except GlueError as error:
        raise _not_there(error) from error
    return {"TableMetadata": _table(table.description)}


def list_table_metadata(store: Store, request: Record) -> Record:
    try:
        tables = _catalog(store, request).tables(request["DatabaseName"])
    except GlueError as error:
        raise _not_there(error) from error
    try:
        pattern = re.compile(request.get("Expression") or ".*")
    except re.error as error:
        raise AthenaError("MetadataException", f"Invalid expression: {error}") from error
    found = [_table(t.description) for t in tables if pattern.fullmatch(t.description["Name"])]
    return page(found, request, "TableMetadataList")


HANDLERS = {
    "ListDataCatalogs": list_data_catalogs,
    "GetDataCatalog": get_data_catalog,
    "CreateDataCatalog": create_data_catalog,
    "UpdateDataCatalog": change_data_catalog,
    "DeleteDataCatalog": change_data_catalog,
    "ListDatabases": list_databases,
    "GetDatabase": get_database,
    "ListTableMetadata": list_table_metadata,
    "GetTableMetadata": get_table_metadata,
}
