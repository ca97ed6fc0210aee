"""Operations on tables. Source: AWS Glue API reference, "Table API"."""

from lab.providers.glue import iceberg, indexes
from lab.providers.glue.dispatch import page_of
from lab.providers.glue.errors import GlueError, invalid
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.name_pattern import compiled
from lab.providers.glue.refused import refuse
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers

ATTRIBUTES = {"NAME": "Name", "TABLE_TYPE": "TableType"}


def _input(request: Record) -> Record:
    """The TableInput; what only governed tables and views of several dialects have is refused."""
    given = request.get("TableInput")
    for name in ("ViewUpdateAction", "TransactionId"):
        if request.get(name):
            raise refuse(name)
    if given is None:
        raise invalid("TableInput must be provided.")
    if given.get("ViewDefinition"):
        raise refuse("TableInput.ViewDefinition")
    return given


def create_table(catalog: DataCatalog, request: Record) -> Record:
    if request.get("OpenTableFormatInput"):
        request = {**request, "TableInput": iceberg.created(catalog, request)}
    given = _input(request)
    with catalog.transaction():
        catalog.create_table(request["DatabaseName"], given)
        table = catalog.table(request["DatabaseName"], given["Name"])
        for index in request.get("PartitionIndexes") or []:
            indexes.add(catalog, table, index)
    return {}


def get_table(catalog: DataCatalog, request: Record) -> Record:
    if request.get("QueryAsOfTime"):
        raise refuse("QueryAsOfTime")
    return {"Table": catalog.table(request["DatabaseName"], request["Name"]).description}


def get_tables(catalog: DataCatalog, request: Record) -> Record:
    if request.get("QueryAsOfTime"):
        raise refuse("QueryAsOfTime")
    home = catalog.home(request["DatabaseName"])
    keys = [(home, *key) for key in catalog.storage.keys("table", (home,))]
    if expression := request.get("Expression"):
        matches = compiled(expression).fullmatch
        keys = [key for key in keys if matches(key[1])]
    answer = page_of(catalog, "table", keys, request, "TableList")
    if wanted := request.get("AttributesToGet"):
        kept = {"DatabaseName", *(ATTRIBUTES[name] for name in wanted)}
        answer["TableList"] = [
            {key: value for key, value in table.items() if key in kept}
            for table in answer["TableList"]
        ]
    return answer


def update_table(catalog: DataCatalog, request: Record) -> Record:
    if request.get("UpdateOpenTableFormatInput"):
        raise refuse("UpdateOpenTableFormatInput")
    catalog.update_table(
        request["DatabaseName"],
        _input(request),
        request.get("VersionId"),
        bool(request.get("SkipArchive")),
    )
    return {}


def delete_table(catalog: DataCatalog, request: Record) -> Record:
    catalog.delete_table(request["DatabaseName"], request["Name"])
    return {}


def batch_delete_table(catalog: DataCatalog, request: Record) -> Record:
    catalog.database(request["DatabaseName"])
    errors = []
    with catalog.transaction():
        for name in request["TablesToDelete"]:
            try:
                catalog.delete_table(request["DatabaseName"], name)
            except GlueError as error:
                detail = {**error.detail(), "ErrorMessage": error.message.removesuffix(".")}
                errors.append({"TableName": name, "ErrorDetail": detail})
    return {"Errors": errors}


HANDLERS = handlers(
    create_table, get_table, get_tables, update_table, delete_table, batch_delete_table
)
