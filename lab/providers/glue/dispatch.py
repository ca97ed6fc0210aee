"""How an operation reaches its handler: the request is validated, its catalogue found, then the
handler is called with both.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext

from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.events import announce
from lab.providers.glue.models import DataCatalog, catalog_of
from lab.providers.glue.storage import Key, Record
from lab.providers.pages import page
from lab.providers.validation import FrontEnd

LOG = logging.getLogger(__name__)
FRONT_END = FrontEnd()

Handler = Callable[[DataCatalog, Record], Record]


def answering(handler: Handler) -> Callable[[RequestContext, Record], Record]:
    """The handler as LocalStack's skeleton calls it."""

    def answer(context: RequestContext, request: Record) -> Record:
        FRONT_END.validate(context.operation.input_shape, request)
        catalog = catalog_of(context.account_id, context.region)
        asked = request.get("CatalogId")
        if asked and asked != catalog.account:
            raise not_found(f"Catalog {asked} not found.")
        try:
            answered = handler(catalog, request)
        except sqlite3.Error as error:
            LOG.exception("the file of the Data Catalog in %s cannot be used", catalog.region)
            message = f"The file of the Data Catalog cannot be used: {error}"
            raise GlueError("InternalServiceException", message, status=500) from error
        announce(catalog, context.operation.name, request, answered)
        return answered

    return answer


def page_of(catalog: DataCatalog, kind: str, keys: list[Key], request: Record, name: str) -> Record:
    """A page of records by their keys: only those of the page are read."""
    answer: dict[str, Any] = page(keys, request, name, 100, invalid)
    found = (catalog.storage.get(kind, key) for key in answer[name])
    return {**answer, name: [record for record in found if record is not None]}
