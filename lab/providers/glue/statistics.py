"""Column statistics of tables: what a query engine writes after a CREATE TABLE AS. Kept as given.

Source: AWS Glue API reference, "Column statistics".
"""

from collections.abc import Callable
from typing import Any

from lab.providers.glue.errors import not_found
from lab.providers.glue.models import DataCatalog, Record

Finder = Callable[[Any], DataCatalog]


def operations(catalog: Finder) -> dict[str, Callable[[Any, Record], Record]]:
    """Handlers by the name of the operation."""

    def table_of(context: Any, request: Record) -> Any:
        return catalog(context).table(request["DatabaseName"], request["TableName"])

    def get_for_table(context: Any, request: Record) -> Record:
        known = table_of(context, request).statistics
        return _found(known, request["ColumnNames"])

    def update_for_table(context: Any, request: Record) -> Record:
        known = table_of(context, request).statistics
        known.update({one["ColumnName"]: one for one in request["ColumnStatisticsList"]})
        return {"Errors": []}

    def delete_for_table(context: Any, request: Record) -> Record:
        if table_of(context, request).statistics.pop(request["ColumnName"], None) is None:
            raise not_found(f"Column statistics for {request['ColumnName']} not found.")
        return {}

    return {
        "GetColumnStatisticsForTable": get_for_table,
        "UpdateColumnStatisticsForTable": update_for_table,
        "DeleteColumnStatisticsForTable": delete_for_table,
    }


def _found(known: dict[str, Record], names: list[str]) -> Record:
    missing = [
        {
            "ColumnName": name,
            "Error": {
                "ErrorCode": "EntityNotFoundException",
                "ErrorMessage": "Statistics for column are not found",
            },
        }
        for name in names
        if name not in known
    ]
    answer: Record = {"ColumnStatisticsList": [known[name] for name in names if name in known]}
    return {**answer, "Errors": missing} if missing else answer
