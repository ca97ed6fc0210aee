"""What concerns the catalogue as a whole: itself, its encryption settings, the import of Athena's
old one.

The settings are kept and shown; the lab's file is not encrypted with them.

Source: AWS Glue API reference, "Catalog API", "Data Catalog settings".
"""

from lab.providers.glue.errors import invalid
from lab.providers.glue.models import ANYONE, DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers
from lab.providers.pages import page

DEFAULT = {
    "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
    "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
}


def get_data_catalog_encryption_settings(catalog: DataCatalog, _request: Record) -> Record:
    kept = catalog.storage.get("settings", ("encryption",)) or {}
    return {"DataCatalogEncryptionSettings": {**DEFAULT, **kept}}


def put_data_catalog_encryption_settings(catalog: DataCatalog, request: Record) -> Record:
    given = request["DataCatalogEncryptionSettings"]
    catalog.storage.put("settings", ("encryption",), given)
    return {}


def _described(catalog: DataCatalog) -> Record:
    return {
        "CatalogId": catalog.account,
        "Name": catalog.account,
        "ResourceArn": catalog.arn("catalog"),
        "CreateTableDefaultPermissions": ANYONE,
        "CreateDatabaseDefaultPermissions": ANYONE,
    }


def get_catalog(catalog: DataCatalog, _request: Record) -> Record:
    return {"Catalog": _described(catalog)}


def get_catalogs(catalog: DataCatalog, request: Record) -> Record:
    """Those below the account's own, of which there are none; with itself when that is asked."""
    found = [_described(catalog)] if request.get("IncludeRoot") else []
    return page(found, request, "CatalogList", 100, invalid)


def get_catalog_import_status(_catalog: DataCatalog, _request: Record) -> Record:
    """There is no older catalogue of Athena's to import: it is done."""
    return {"ImportStatus": {"ImportCompleted": True}}


def import_catalog_to_glue(_catalog: DataCatalog, _request: Record) -> Record:
    return {}


HANDLERS = handlers(
    get_data_catalog_encryption_settings,
    put_data_catalog_encryption_settings,
    get_catalog,
    get_catalogs,
    get_catalog_import_status,
    import_catalog_to_glue,
)
