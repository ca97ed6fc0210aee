"""User-defined functions. They are kept for the clients that read them; nothing here runs them.

Source: AWS Glue API reference, "User-defined Function API".
"""

from lab.providers.glue.dispatch import page_of
from lab.providers.glue.errors import already_exists, invalid, not_found
from lab.providers.glue.models import DataCatalog, now, without_nothing
from lab.providers.glue.name_pattern import compiled
from lab.providers.glue.storage import Key, Record
from lab.providers.handlers import handlers


def _key(catalog: DataCatalog, database: str, name: str) -> Key:
    return catalog.home(database), name.lower()


def _found(catalog: DataCatalog, request: Record) -> tuple[Key, Record]:
    key = _key(catalog, request["DatabaseName"], request["FunctionName"])
    found = catalog.storage.get("function", key)
    if found is None:
        raise not_found("Cannot find function.")
    return key, found


def _record(catalog: DataCatalog, database: str, given: Record) -> Record:
    return {
        **without_nothing(given),
        "FunctionName": given["FunctionName"].lower(),
        "DatabaseName": database,
        "CatalogId": catalog.account,
        "CreateTime": now(),
    }


def create_user_defined_function(catalog: DataCatalog, request: Record) -> Record:
    given = request["FunctionInput"]
    if not given.get("FunctionName"):
        raise invalid("FunctionName must not be null or empty")
    with catalog.transaction():
        key = _key(catalog, request["DatabaseName"], given["FunctionName"])
        if not catalog.storage.add("function", key, _record(catalog, key[0], given)):
            raise already_exists("Function already exists.")
    return {}


def get_user_defined_function(catalog: DataCatalog, request: Record) -> Record:
    return {"UserDefinedFunction": _found(catalog, request)[1]}


def get_user_defined_functions(catalog: DataCatalog, request: Record) -> Record:
    """Of one database, or of all."""
    prefix: Key = (catalog.home(request["DatabaseName"]),) if request.get("DatabaseName") else ()
    matches = compiled(request["Pattern"]).fullmatch
    keys = [prefix + key for key in catalog.storage.keys("function", prefix) if matches(key[-1])]
    if kind := request.get("FunctionType"):
        records = {key: catalog.storage.get("function", key) or {} for key in keys}
        keys = [key for key in keys if records[key].get("FunctionType") == kind]
    return page_of(catalog, "function", keys, request, "UserDefinedFunctions")


def update_user_defined_function(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        key, old = _found(catalog, request)
        given = {**request["FunctionInput"], "FunctionName": key[1]}
        record = {**_record(catalog, key[0], given), "CreateTime": old["CreateTime"]}
        catalog.storage.put("function", key, record)
    return {}


def delete_user_defined_function(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        catalog.storage.delete("function", _found(catalog, request)[0])
    return {}


HANDLERS = handlers(
    create_user_defined_function,
    get_user_defined_function,
    get_user_defined_functions,
    update_user_defined_function,
    delete_user_defined_function,
)
