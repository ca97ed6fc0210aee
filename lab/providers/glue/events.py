"""What EventBridge learns of the catalogue: databases and tables whose state changed.

Source: AWS Glue Developer Guide, "Automating AWS Glue with EventBridge".
"""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.plugins import SERVICE_PLUGINS

from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record

LOG = logging.getLogger(__name__)

MOST = 100
"""How many tables or partitions one event names."""

OF_DATABASE = ("CreateDatabase", "DeleteDatabase", "CreateTable", "DeleteTable", "BatchDeleteTable")
OF_TABLE = (
    *("UpdateTable", "CreatePartition", "BatchCreatePartition", "UpdatePartition"),
    *("DeletePartition", "BatchUpdatePartition", "BatchDeletePartition"),
)


def announce(catalog: DataCatalog, operation: str, request: Record, answer: Record) -> None:
    """Put what an operation has changed on the default event bus, if anybody uses EventBridge."""
    if operation not in OF_DATABASE + OF_TABLE or not SERVICE_PLUGINS.is_running("events"):
        return
    database = _database(request)
    if operation in OF_DATABASE:
        resource, detail = f"database/{database}", {"databaseName": database}
        kind, field, changed = "Database", "changedTables", _tables(request, answer)
    else:
        table = (request.get("TableName") or request["TableInput"]["Name"]).lower()
        resource = f"table/{database}/{table}"
        detail = {"databaseName": database, "tableName": table}
        kind, field, changed = "Table", "changedPartitions", _partitions(request, answer)
    for start in range(0, max(len(changed), 1), MOST):
        part = changed[start : start + MOST]
        content = {**({field: part} if part else {}), **detail, "typeOfChange": operation}
        _submit(catalog, f"Glue Data Catalog {kind} State Change", [resource], content)


def send(
    catalog: DataCatalog, detail_type: str, resources: list[str], detail: dict[str, Any]
) -> None:
    """Put an event of Glue's on the default event bus, if anybody uses EventBridge. ``resources``
    are ends of ARNs: ``table/d/t``.
    """
    if SERVICE_PLUGINS.is_running("events"):
        _submit(catalog, detail_type, resources, detail)


def _submit(
    catalog: DataCatalog, detail_type: str, resources: list[str], detail: dict[str, Any]
) -> None:
    entry = {
        "Source": "aws.glue",
        "Resources": [catalog.arn(resource) for resource in resources],
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
    }
    _sender().submit(_send, catalog.account, catalog.region, entry)


def _database(request: Record) -> str:
    given = request.get("DatabaseInput") or request
    return str(request.get("DatabaseName") or given["Name"]).lower()


def _tables(request: Record, answer: Record) -> list[str]:
    if "TablesToDelete" in request:
        failed = {error["TableName"] for error in answer["Errors"]}
        return [name.lower() for name in request["TablesToDelete"] if name not in failed]
    if request.get("DatabaseName"):
        return [str((request.get("TableInput") or request)["Name"]).lower()]
    return []


def _partitions(request: Record, answer: Record) -> list[str]:
    """The values of the partitions that were changed, joined by commas."""
    failed = [
        error.get("PartitionValues") or error.get("PartitionValueList")
        for error in answer.get("Errors") or []
    ]
    return [",".join(values) for values in _values(request) if values not in failed]


def _values(request: Record) -> list[list[str]]:
    items: list[Any] = (
        request.get("PartitionInputList")
        or request.get("PartitionsToDelete")
        or request.get("Entries")
        or [request]
    )
    found = []
    for item in items:
        values = item.get("Values") or item.get("PartitionValues") or item.get("PartitionValueList")
        values = values or (item.get("PartitionInput") or {}).get("Values")
        if values:
            found.append(list(values))
    return found


@cache
def _sender() -> ThreadPoolExecutor:
    """One thread, so that events arrive in their order; a call does not wait for it."""
    return ThreadPoolExecutor(1, thread_name_prefix="glue-events")


def _send(account: str, region: str, entry: dict[str, Any]) -> None:
    client = connect_to(aws_access_key_id=account, region_name=region).events
    try:
        client.put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:
        LOG.warning("change of the Data Catalog not announced: %s", error)
