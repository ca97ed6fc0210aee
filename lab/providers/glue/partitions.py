"""Operations on partitions. Source: AWS Glue API reference, "Partition API".

A page begins after the partition that ended the one before, so that reading 100,000 partitions page
by page reads each once.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterator

from lab.providers.glue.errors import GlueError, invalid
from lab.providers.glue.expression import PartitionFilter
from lab.providers.glue.models import DataCatalog, Table, Values
from lab.providers.glue.refused import refuse
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers

PAGE = 1000


def _table(catalog: DataCatalog, request: Record) -> Table:
    return catalog.table(request["DatabaseName"], request["TableName"])


def create_partition(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        catalog.create_partition(_table(catalog, request), request["PartitionInput"])
    return {}


def _each(
    catalog: DataCatalog,
    items: list[Record],
    name: Callable[[Record], Record],
    change: Callable[[Record], None],
) -> Record:
    """Change what can be changed, in one transaction; ``name`` makes the errors' beginning."""
    errors = []
    with catalog.transaction():
        for item in items:
            try:
                change(item)
            except GlueError as error:
                errors.append({**name(item), "ErrorDetail": error.detail()})
    return {"Errors": errors}


def batch_create_partition(catalog: DataCatalog, request: Record) -> Record:
    table = _table(catalog, request)
    return _each(
        catalog,
        request["PartitionInputList"],
        lambda given: {"PartitionValues": given.get("Values") or []},
        lambda given: catalog.create_partition(table, given),
    )


def batch_update_partition(catalog: DataCatalog, request: Record) -> Record:
    table = _table(catalog, request)
    return _each(
        catalog,
        request["Entries"],
        lambda entry: {"PartitionValueList": entry["PartitionValueList"]},
        lambda entry: catalog.update_partition(
            table, entry["PartitionValueList"], entry["PartitionInput"]
        ),
    )


def batch_delete_partition(catalog: DataCatalog, request: Record) -> Record:
    table = _table(catalog, request)
    return _each(
        catalog,
        request["PartitionsToDelete"],
        lambda item: {"PartitionValues": item["Values"]},
        lambda item: catalog.delete_partition(table, item["Values"]),
    )


def get_partition(catalog: DataCatalog, request: Record) -> Record:
    found = catalog.partition(_table(catalog, request), request["PartitionValues"])
    return {"Partition": found}


def batch_get_partition(catalog: DataCatalog, request: Record) -> Record:
    table = _table(catalog, request)
    found = (
        catalog.storage.get("partition", (*table.key, *wanted["Values"]))
        for wanted in request["PartitionsToGet"]
    )
    partitions = [partition for partition in found if partition is not None]
    return {"Partitions": partitions, "UnprocessedKeys": []}


def update_partition(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        catalog.update_partition(
            _table(catalog, request), request["PartitionValueList"], request["PartitionInput"]
        )
    return {}


def delete_partition(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        catalog.delete_partition(_table(catalog, request), request["PartitionValues"])
    return {}


def get_partitions(catalog: DataCatalog, request: Record) -> Record:
    if request.get("QueryAsOfTime"):
        raise refuse("QueryAsOfTime")
    table = _table(catalog, request)
    size = request.get("MaxResults") or PAGE
    chosen: list[Values] = []
    for values in _chosen(catalog, table, request):
        chosen.append(values)
        if len(chosen) > size:
            break
    page = chosen[:size]
    found = [catalog.storage.get("partition", (*table.key, *values)) for values in page]
    partitions = [partition for partition in found if partition is not None]
    if request.get("ExcludeColumnSchema"):
        partitions = [_without_columns(partition) for partition in partitions]
    answer: Record = {"Partitions": partitions}
    return {**answer, "NextToken": _token(page[-1])} if len(chosen) > size else answer


def _chosen(catalog: DataCatalog, table: Table, request: Record) -> Iterator[Values]:
    """The values of the partitions that are asked for, after those of the page before."""
    found: Iterator[Values] = catalog.storage.keys(
        "partition", table.key, _place(request.get("NextToken"))
    )
    if expression := request.get("Expression"):
        found = filter(PartitionFilter(expression, table.partition_keys).accepts, found)
    if segment := request.get("Segment"):
        number, total = segment["SegmentNumber"], segment["TotalSegments"]
        if number >= total:
            raise invalid("SegmentNumber must be less than TotalSegments.")
        found = (values for values in found if _segment(values, total) == number)
    return found


def _segment(values: Values, total: int) -> int:
    """Which of ``total`` parts of a table a partition is in: always the same one."""
    return zlib.crc32("/".join(values).encode()) % total


def _token(values: Values) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def _place(token: str | None) -> Values:
    if not token:
        return ()
    try:
        values = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, binascii.Error) as error:
        raise invalid("Invalid NextToken") from error
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise invalid("Invalid NextToken")
    return tuple(values)


def _without_columns(partition: Record) -> Record:
    storage = dict(partition.get("StorageDescriptor") or {})
    storage.pop("Columns", None)
    return {**partition, "StorageDescriptor": storage}


HANDLERS = handlers(
    create_partition,
    batch_create_partition,
    batch_update_partition,
    batch_delete_partition,
    get_partition,
    batch_get_partition,
    update_partition,
    delete_partition,
    get_partitions,
)
