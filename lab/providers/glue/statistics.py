"""Column statistics of tables and partitions: what a query engine writes after a CREATE TABLE AS.
Kept as given.

Source: AWS Glue API reference, "Column statistics API".
"""

from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Key, Record
from lab.providers.handlers import handlers

NOT_FOUND = {
    "ErrorCode": "EntityNotFoundException",
    "ErrorMessage": "Statistics for column are not found",
}


def _table(catalog: DataCatalog, request: Record) -> tuple[str, Key]:
    """The kind and the key under which statistics of a table are kept."""
    return "statistics", catalog.table(request["DatabaseName"], request["TableName"]).key


def _partition(catalog: DataCatalog, request: Record) -> tuple[str, Key]:
    table = catalog.table(request["DatabaseName"], request["TableName"])
    values = request["PartitionValues"]
    catalog.partition(table, values)
    return "partition_statistics", (*table.key, *values)


def _get(catalog: DataCatalog, place: tuple[str, Key], names: list[str]) -> Record:
    kind, owner = place
    found = {name: catalog.storage.get(kind, (*owner, name.lower())) for name in names}
    return {
        "ColumnStatisticsList": [record for record in found.values() if record is not None],
        "Errors": [
            {"ColumnName": name, "Error": NOT_FOUND}
            for name, record in found.items()
            if record is None
        ],
    }


def _update(catalog: DataCatalog, place: tuple[str, Key], given: list[Record]) -> Record:
    kind, owner = place
    with catalog.transaction():
        for one in given:
            catalog.storage.put(kind, (*owner, one["ColumnName"].lower()), one)
    return {"Errors": []}


def _delete(catalog: DataCatalog, place: tuple[str, Key], name: str) -> Record:
    """What is not there is deleted already."""
    kind, owner = place
    catalog.storage.delete(kind, (*owner, name.lower()))
    return {}


def get_column_statistics_for_table(catalog: DataCatalog, request: Record) -> Record:
    return _get(catalog, _table(catalog, request), request["ColumnNames"])


def get_column_statistics_for_partition(catalog: DataCatalog, request: Record) -> Record:
    return _get(catalog, _partition(catalog, request), request["ColumnNames"])


def update_column_statistics_for_table(catalog: DataCatalog, request: Record) -> Record:
    return _update(catalog, _table(catalog, request), request["ColumnStatisticsList"])


def update_column_statistics_for_partition(catalog: DataCatalog, request: Record) -> Record:
    return _update(catalog, _partition(catalog, request), request["ColumnStatisticsList"])


def delete_column_statistics_for_table(catalog: DataCatalog, request: Record) -> Record:
    return _delete(catalog, _table(catalog, request), request["ColumnName"])


def delete_column_statistics_for_partition(catalog: DataCatalog, request: Record) -> Record:
    return _delete(catalog, _partition(catalog, request), request["ColumnName"])


HANDLERS = handlers(
    get_column_statistics_for_table,
    get_column_statistics_for_partition,
    update_column_statistics_for_table,
    update_column_statistics_for_partition,
    delete_column_statistics_for_table,
    delete_column_statistics_for_partition,
)
