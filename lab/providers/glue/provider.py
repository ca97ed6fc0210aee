"""The Data Catalog's operations. Those that are not listed in ``Provider.operations`` are refused
by name.

Source: AWS Glue API reference, "Catalog objects".
"""

import re
from collections.abc import Callable

from localstack.aws.api import RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service

from lab.providers.glue import statistics
from lab.providers.glue.errors import GlueError, invalid
from lab.providers.glue.models import DataCatalog, Record, catalog_of
from lab.providers.pages import page

Handler = Callable[[RequestContext, Record], Record]
PAGE = 100


def create_service() -> Service:
    return Service("glue", skeleton=Skeleton(load_service("glue"), operations()))


def _catalog(context: RequestContext) -> DataCatalog:
    return catalog_of(context.account_id, context.region)


def operations() -> dict[str, Handler]:
    """Handlers by the name of the operation."""
    own = (
        create_database,
        get_database,
        get_databases,
        update_database,
        delete_database,
        create_table,
        get_table,
        get_tables,
        update_table,
        delete_table,
        batch_delete_table,
        get_table_version,
        get_table_versions,
        create_partition,
        batch_create_partition,
        get_partition,
        get_partitions,
        batch_get_partition,
        update_partition,
        delete_partition,
        batch_delete_partition,
    )
    found = {_camel(handler.__name__): handler for handler in own}
    return {**found, **statistics.operations(_catalog)}


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def create_database(context: RequestContext, request: Record) -> Record:
    _catalog(context).create_database(request["DatabaseInput"])
    return {}


def get_database(context: RequestContext, request: Record) -> Record:
    return {"Database": _catalog(context).database(request["Name"]).description}


def get_databases(context: RequestContext, request: Record) -> Record:
    return page(_catalog(context).databases(), request, "DatabaseList", PAGE, invalid)


def update_database(context: RequestContext, request: Record) -> Record:
    _catalog(context).update_database(request["Name"], request["DatabaseInput"])
    return {}


def delete_database(context: RequestContext, request: Record) -> Record:
    _catalog(context).delete_database(request["Name"])
    return {}


def create_table(context: RequestContext, request: Record) -> Record:
    if request.get("OpenTableFormatInput"):
        raise GlueError(
            "InvalidInputException", "OpenTableFormatInput is not supported by this lab"
        )
    _catalog(context).create_table(request["DatabaseName"], request["TableInput"])
    return {}


def get_table(context: RequestContext, request: Record) -> Record:
    return {"Table": _catalog(context).table(request["DatabaseName"], request["Name"]).describe()}


def get_tables(context: RequestContext, request: Record) -> Record:
    tables = [table.describe() for table in _catalog(context).tables(request["DatabaseName"])]
    if expression := request.get("Expression"):
        tables = [table for table in tables if re.fullmatch(expression, table["Name"])]
    return page(tables, request, "TableList", PAGE, invalid)


def update_table(context: RequestContext, request: Record) -> Record:
    _catalog(context).update_table(
        request["DatabaseName"],
        request["TableInput"],
        request.get("VersionId"),
        bool(request.get("SkipArchive")),
    )
    return {}


def delete_table(context: RequestContext, request: Record) -> Record:
    _catalog(context).delete_table(request["DatabaseName"], request["Name"])
    return {}


def batch_delete_table(context: RequestContext, request: Record) -> Record:
    errors = []
    for name in request["TablesToDelete"]:
        try:
            _catalog(context).delete_table(request["DatabaseName"], name)
        except GlueError as error:
            errors.append({"TableName": name, "ErrorDetail": _detail(error)})
    return {"Errors": errors}


def _detail(error: GlueError) -> Record:
    return {"ErrorCode": error.code, "ErrorMessage": error.message}


def _versions(context: RequestContext, request: Record) -> list[Record]:
    table = _catalog(context).table(request["DatabaseName"], request["TableName"])
    all_versions = {**table.versions, table.version: table.describe()}
    return [
        {"Table": all_versions[number], "VersionId": str(number)}
        for number in sorted(all_versions, reverse=True)
    ]


def get_table_versions(context: RequestContext, request: Record) -> Record:
    return page(_versions(context, request), request, "TableVersions", PAGE, invalid)


def get_table_version(context: RequestContext, request: Record) -> Record:
    versions = _versions(context, request)
    wanted = request.get("VersionId") or versions[0]["VersionId"]
    for version in versions:
        if version["VersionId"] == wanted:
            return {"TableVersion": version}
    raise GlueError("EntityNotFoundException", f"Version {wanted} not found.")


def create_partition(context: RequestContext, request: Record) -> Record:
    _catalog(context).create_partition(
        request["DatabaseName"], request["TableName"], request["PartitionInput"]
    )
    return {}


def batch_create_partition(context: RequestContext, request: Record) -> Record:
    catalog, errors = _catalog(context), []
    catalog.table(request["DatabaseName"], request["TableName"])
    for given in request["PartitionInputList"]:
        try:
            catalog.create_partition(request["DatabaseName"], request["TableName"], given)
        except GlueError as error:
            errors.append({"PartitionValues": given.get("Values"), "ErrorDetail": _detail(error)})
    return {"Errors": errors}


def get_partition(context: RequestContext, request: Record) -> Record:
    found = _catalog(context).partition(
        request["DatabaseName"], request["TableName"], request["PartitionValues"]
    )
    return {"Partition": found}


def get_partitions(context: RequestContext, request: Record) -> Record:
    catalog = _catalog(context)
    found = catalog.partitions(request["DatabaseName"], request["TableName"])
    if expression := request.get("Expression"):
        # Here, since only filters need sqlglot, which is heavy.
        from lab.providers.glue.expression import PartitionFilter

        keys = catalog.table(request["DatabaseName"], request["TableName"]).description[
            "PartitionKeys"
        ]
        chosen = PartitionFilter(expression, keys)
        found = [partition for partition in found if chosen.accepts(partition["Values"])]
    if segment := request.get("Segment"):
        found = found[segment["SegmentNumber"] :: segment["TotalSegments"]]
    if request.get("ExcludeColumnSchema"):
        found = [_without_columns(partition) for partition in found]
    return page(found, request, "Partitions", 1000, invalid)


def _without_columns(partition: Record) -> Record:
    storage = dict(partition.get("StorageDescriptor") or {})
    storage.pop("Columns", None)
    return {**partition, "StorageDescriptor": storage}


def batch_get_partition(context: RequestContext, request: Record) -> Record:
    catalog, found = _catalog(context), []
    table = catalog.table(request["DatabaseName"], request["TableName"])
    for wanted in request["PartitionsToGet"]:
        partition = table.partitions.get(tuple(wanted["Values"]))
        if partition is not None:
            found.append(partition)
    return {"Partitions": found, "UnprocessedKeys": []}


def update_partition(context: RequestContext, request: Record) -> Record:
    _catalog(context).update_partition(
        request["DatabaseName"],
        request["TableName"],
        request["PartitionValueList"],
        request["PartitionInput"],
    )
    return {}


def delete_partition(context: RequestContext, request: Record) -> Record:
    _catalog(context).delete_partition(
        request["DatabaseName"], request["TableName"], request["PartitionValues"]
    )
    return {}


def batch_delete_partition(context: RequestContext, request: Record) -> Record:
    catalog, errors = _catalog(context), []
    catalog.table(request["DatabaseName"], request["TableName"])
    for item in request["PartitionsToDelete"]:
        try:
            catalog.delete_partition(request["DatabaseName"], request["TableName"], item["Values"])
        except GlueError as error:
            errors.append({"PartitionValues": item["Values"], "ErrorDetail": _detail(error)})
    return {"Errors": errors}
