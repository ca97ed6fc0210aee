"""Operations on databases. Source: AWS Glue API reference, "Database API"."""

from lab.providers.glue.dispatch import page_of
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.glue.tags import put_tags
from lab.providers.handlers import handlers

SHARED = ("FOREIGN", "FEDERATED")
"""Kinds of databases that other accounts share: no account of the lab does."""


def create_database(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        catalog.create_database(request["DatabaseInput"])
        name = request["DatabaseInput"]["Name"].lower()
        put_tags(catalog, catalog.arn(f"database/{name}"), request.get("Tags") or {})
    return {}


def get_database(catalog: DataCatalog, request: Record) -> Record:
    return {"Database": catalog.database(request["Name"]).description}


def get_databases(catalog: DataCatalog, request: Record) -> Record:
    keys = list(catalog.storage.keys("database"))
    if request.get("ResourceShareType") in SHARED:
        keys = []
    answer = page_of(catalog, "database", keys, request, "DatabaseList")
    if wanted := request.get("AttributesToGet"):
        names = {"NAME": "Name", "TARGET_DATABASE": "TargetDatabase"}
        kept = {names[attribute] for attribute in wanted}
        answer["DatabaseList"] = [
            {key: value for key, value in record.items() if key in kept}
            for record in answer["DatabaseList"]
        ]
    return answer


def update_database(catalog: DataCatalog, request: Record) -> Record:
    catalog.update_database(request["Name"], request["DatabaseInput"])
    return {}


def delete_database(catalog: DataCatalog, request: Record) -> Record:
    catalog.delete_database(request["Name"])
    return {}


HANDLERS = handlers(create_database, get_database, get_databases, update_database, delete_database)
