"""SearchTables: tables of all databases, by their words and properties.

Texts are split into words at punctuation; a word that is asked for must be one of them. A value in
quotes must be the whole text of a property.

Source: AWS Glue API reference, "SearchTables".
"""

import datetime as dt
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from lab.providers.glue.databases import SHARED
from lab.providers.glue.errors import invalid
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers
from lab.providers.pages import page

TIMES = ("CreateTime", "UpdateTime", "LastAccessTime", "LastAnalyzedTime")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUALS": operator.eq,
    "GREATER_THAN": operator.gt,
    "LESS_THAN": operator.lt,
    "GREATER_THAN_EQUALS": operator.ge,
    "LESS_THAN_EQUALS": operator.le,
}


def _words(text: str) -> set[str]:
    """The words of a text, and those parts of them that underscores divide."""
    whole = re.findall(r"\w+", text.lower())
    return {*whole, *(part for word in whole for part in word.split("_"))}


def _texts(table: Record) -> Iterator[str]:
    for name in ("Name", "DatabaseName", "Description", "Owner", "TableType"):
        yield table.get(name) or ""
    storage = table.get("StorageDescriptor") or {}
    for column in (storage.get("Columns") or []) + (table.get("PartitionKeys") or []):
        yield column["Name"]
        yield column.get("Comment") or ""
    for key, value in (table.get("Parameters") or {}).items():
        yield key
        yield value


def _contains(table: Record, asked: str) -> bool:
    if asked[0] == asked[-1] == '"' and len(asked) > 1:
        return asked[1:-1].lower() in (text.lower() for text in _texts(table))
    present: set[str] = set().union(*map(_words, _texts(table)))
    return _words(asked) <= present


def _property(table: Record, key: str) -> Any:
    """A field of a table by its name in any case, or one of its parameters."""
    fields = {name.lower(): value for name, value in table.items()}
    parameters = table.get("Parameters") or {}
    return fields.get(key.lower(), parameters.get(key))


def _fulfils(table: Record, predicate: Record) -> bool:
    key, wanted = predicate.get("Key") or "", predicate.get("Value") or ""
    found = _property(table, key)
    if found is None:
        return False
    if isinstance(found, dt.datetime):
        compare = COMPARISONS[predicate.get("Comparator") or "EQUALS"]
        return compare(found.timestamp(), _moment(wanted))
    return str(found).lower() == wanted.lower() or wanted.lower() in _words(str(found))


def _moment(text: str) -> float:
    """Seconds since 1970, from a date in ISO's form or from seconds."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"Invalid timestamp: {text}") from error
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()


def search_tables(catalog: DataCatalog, request: Record) -> Record:
    shared = request.get("ResourceShareType") in SHARED
    found = [] if shared else catalog.storage.records("table")
    if text := request.get("SearchText"):
        found = [table for table in found if _contains(table, text)]
    for predicate in request.get("Filters") or []:
        found = [table for table in found if _fulfils(table, predicate)]
    for criterion in request.get("SortCriteria") or []:
        found = _sorted(found, criterion)
    return page(found, request, "TableList", 100, invalid)


def _sorted(tables: list[Record], criterion: Record) -> list[Record]:
    """Those without the property come last, in either order."""
    name = criterion.get("FieldName") or ""
    having = [table for table in tables if _property(table, name) is not None]
    rest = [table for table in tables if _property(table, name) is None]
    descending = criterion.get("Sort") == "DESC"
    return sorted(having, key=lambda table: _property(table, name), reverse=descending) + rest


HANDLERS = handlers(search_tables)
