"""Data catalogues, databases and tables as Athena's own API shows them. There is one catalogue:
AwsDataCatalog.
"""

import fnmatch

from localstack.aws.api import RequestContext

from lab.providers.athena.errors import AthenaError, invalid
from lab.providers.athena.models import Record
from lab.providers.glue.errors import GlueError
from lab.providers.glue.models import DataCatalog, catalog_of
from lab.providers.pages import page

NAME = "AwsDataCatalog"
MAX_PAGE = 50


def _catalog(context: RequestContext, request: Record) -> DataCatalog:
    if request["CatalogName"].lower() != NAME.lower():
        raise invalid(f"DataCatalog {request['CatalogName']} was not found")
    return catalog_of(context.account_id, context.region)


def list_data_catalogs(_context: RequestContext, _request: Record) -> Record:
    return {"DataCatalogsSummary": [{"CatalogName": NAME, "Type": "GLUE"}]}


def get_data_catalog(context: RequestContext, request: Record) -> Record:
    if request["Name"].lower() != NAME.lower():
        raise invalid(f"DataCatalog {request['Name']} was not found")
    parameters = {"catalog-id": context.account_id}
    return {"DataCatalog": {"Name": NAME, "Type": "GLUE", "Parameters": parameters}}


def _database(record: Record) -> Record:
    found = {"Name": record["Name"], "Parameters": record.get("Parameters") or {}}
    return {**found, "Description": record["Description"]} if "Description" in record else found


def list_databases(context: RequestContext, request: Record) -> Record:
    found = [_database(record) for record in _catalog(context, request).databases()]
    return page(found, request, "DatabaseList", MAX_PAGE, invalid)


def get_database(context: RequestContext, request: Record) -> Record:
    try:
        return {
            "Database": _database(
                _catalog(context, request).database(request["DatabaseName"]).description
            )
        }
    except GlueError as error:
        raise AthenaError("MetadataException", error.message) from error


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


def get_table_metadata(context: RequestContext, request: Record) -> Record:
    try:
        table = _catalog(context, request).table(request["DatabaseName"], request["TableName"])
    except GlueError as error:
        raise AthenaError("MetadataException", error.message) from error
    return {"TableMetadata": _table(table.description)}


def list_table_metadata(context: RequestContext, request: Record) -> Record:
    try:
        tables = _catalog(context, request).tables(request["DatabaseName"])
    except GlueError as error:
        raise AthenaError("MetadataException", error.message) from error
    pattern = request.get("Expression") or "*"
    found = [
        _table(t.description) for t in tables if fnmatch.fnmatchcase(t.description["Name"], pattern)
    ]
    return page(found, request, "TableMetadataList", MAX_PAGE, invalid)


HANDLERS = {
    "ListDataCatalogs": list_data_catalogs,
    "GetDataCatalog": get_data_catalog,
    "ListDatabases": list_databases,
    "GetDatabase": get_database,
    "ListTableMetadata": list_table_metadata,
    "GetTableMetadata": get_table_metadata,
}
