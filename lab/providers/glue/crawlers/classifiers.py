"""Operations on custom classifiers: grok, JSON and CSV. XML is refused by name.

Source: AWS Glue API reference, "Crawlers and classifiers API"; AWS Glue User Guide, "Writing custom
classifiers".
"""

from lab.providers.glue.errors import already_exists, invalid, not_found
from lab.providers.glue.models import DataCatalog, now, without_nothing
from lab.providers.glue.refused import refuse
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers
from lab.providers.pages import page

KINDS = ("GrokClassifier", "XMLClassifier", "JsonClassifier", "CsvClassifier")


def _given(request: Record) -> tuple[str, Record]:
    """The kind of classifier, and what is said of it."""
    found = [kind for kind in KINDS if request.get(kind)]
    if len(found) != 1:
        raise invalid("Exactly one of the classifier types must be specified.")
    [kind] = found
    if kind == "XMLClassifier":
        raise refuse("XMLClassifier")
    return kind, without_nothing(request[kind])


def _check(kind: str, given: Record) -> None:
    # The grok patterns and their engine are those of Athena, and are loaded when they are needed.
    if kind == "GrokClassifier":
        from lab.providers.glue.crawlers.log_lines import unknown_names

        if reason := unknown_names(given["GrokPattern"], given.get("CustomPatterns") or ""):
            raise invalid(f"The grok pattern is not valid: {reason}")
    elif kind == "JsonClassifier":
        from lab.providers.glue.crawlers.json_text import PathError, steps

        try:
            steps(given["JsonPath"])
        except PathError as error:
            raise invalid(f"The JSON path is not valid: {given['JsonPath']}") from error
    elif given.get("CustomDatatypeConfigured"):
        raise refuse("CsvClassifier.CustomDatatypeConfigured")
    elif given.get("Delimiter") and given.get("Delimiter") == given.get("QuoteSymbol"):
        raise invalid("The delimiter and the quote symbol must differ.")


def create_classifier(catalog: DataCatalog, request: Record) -> Record:
    kind, given = _given(request)
    _check(kind, given)
    moment = now()
    record = {kind: {**given, "CreationTime": moment, "LastUpdated": moment, "Version": 1}}
    if not catalog.storage.add("classifier", (given["Name"],), record):
        raise already_exists(f"Classifier with name {given['Name']} already exists")
    return {}


def _found(catalog: DataCatalog, name: str) -> Record:
    found = catalog.storage.get("classifier", (name,))
    if found is None:
        raise not_found(f"Classifier with name {name} does not exist")
    return found


def update_classifier(catalog: DataCatalog, request: Record) -> Record:
    kind, given = _given(request)
    with catalog.transaction():
        old = _found(catalog, given["Name"])
        if kind not in old:
            raise invalid("The type of a classifier cannot be changed.")
        changed = {"LastUpdated": now(), "Version": old[kind]["Version"] + 1}
        record = {**old[kind], **given, **changed}
        _check(kind, record)
        catalog.storage.put("classifier", (given["Name"],), {kind: record})
    return {}


def delete_classifier(catalog: DataCatalog, request: Record) -> Record:
    with catalog.transaction():
        _found(catalog, request["Name"])
        catalog.storage.delete("classifier", (request["Name"],))
    return {}


def get_classifier(catalog: DataCatalog, request: Record) -> Record:
    return {"Classifier": _found(catalog, request["Name"])}


def get_classifiers(catalog: DataCatalog, request: Record) -> Record:
    return page(catalog.storage.records("classifier"), request, "Classifiers", 100, invalid)


HANDLERS = handlers(
    create_classifier, update_classifier, delete_classifier, get_classifier, get_classifiers
)
