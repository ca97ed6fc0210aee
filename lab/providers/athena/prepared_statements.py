"""Prepared statements: named statements with question marks, which belong to a work group.

Source: Amazon Athena API reference, "PreparedStatement"; Amazon Athena User Guide, "Use prepared
statements".
"""

import time

from lab.engine import statements as s
from lab.engine.errors import QueryError
from lab.providers.athena import work_groups
from lab.providers.athena.errors import AthenaError, invalid
from lab.providers.athena.models import Record, moment
from lab.providers.athena.store import Store
from lab.providers.athena.validation import page

KIND = work_groups.PREPARED_STATEMENT


class Prepared:
    """The prepared statements of one work group, as PREPARE, EXECUTE and DEALLOCATE use them."""

    def __init__(self, store: Store, work_group: str) -> None:
        self._store = store
        self._group = work_group

    def keep(self, statement: s.Prepare | s.Deallocate) -> None:
        """Do what the statement says."""
        name = statement.name
        if isinstance(statement, s.Prepare):
            _put(self._store, self._group, name, statement.query, None)
        elif not self._store.remove(KIND, name, self._group):
            raise self._missing(name)

    def statement(self, name: str) -> str:
        found = self._store.get(KIND, name, self._group)
        if found is None:
            raise self._missing(name)
        return str(found["QueryStatement"])

    def _missing(self, name: str) -> QueryError:
        message = f"PreparedStatement {name} was not found in workGroup {self._group}"
        return QueryError("PREPARED_STATEMENT", message)


def _put(store: Store, group: str, name: str, sql: str, description: str | None) -> None:
    made: Record = {
        "StatementName": name,
        "QueryStatement": sql,
        "WorkGroupName": group,
        "LastModifiedTime": time.time(),
    }
    if description is not None:
        made["Description"] = description
    store.put(KIND, name, made, group)


def _find(store: Store, request: Record) -> Record:
    group = work_groups.find(store, request["WorkGroup"])["Name"]
    found = store.get(KIND, request["StatementName"], group)
    if found is None:
        raise _missing(request["StatementName"], group)
    return found


def _missing(name: str, group: str) -> AthenaError:
    message = f"PreparedStatement {name} was not found in workGroup {group}"
    return AthenaError("ResourceNotFoundException", message)


def _shown(found: Record) -> Record:
    return {**found, "LastModifiedTime": moment(found["LastModifiedTime"])}


def create(store: Store, request: Record) -> Record:
    with store.lock:
        group = work_groups.find(store, request["WorkGroup"])["Name"]
        name = request["StatementName"]
        if store.get(KIND, name, group) is not None:
            raise invalid(f"PreparedStatement {name} already exists in workGroup {group}")
        _put(store, group, name, request["QueryStatement"], request.get("Description"))
    return {}


def get(store: Store, request: Record) -> Record:
    return {"PreparedStatement": _shown(_find(store, request))}


def get_many(store: Store, request: Record) -> Record:
    group = work_groups.find(store, request["WorkGroup"])["Name"]
    found, missing = [], []
    for name in request["PreparedStatementNames"]:
        if one := store.get(KIND, name, group):
            found.append(_shown(one))
        else:
            missing.append(
                {
                    "StatementName": name,
                    "ErrorCode": "STATEMENT_NOT_FOUND",
                    "ErrorMessage": f"PreparedStatement {name} was not found in workGroup {group}",
                }
            )
    return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}


def list_all(store: Store, request: Record) -> Record:
    group = work_groups.find(store, request["WorkGroup"])["Name"]
    names = ("StatementName", "LastModifiedTime")
    summaries = [{key: _shown(one)[key] for key in names} for one in store.all(KIND, group)]
    return page(summaries, request, "PreparedStatements")


def update(store: Store, request: Record) -> Record:
    with store.lock:
        found = _find(store, request)
        description = request.get("Description", found.get("Description"))
        group, name = found["WorkGroupName"], found["StatementName"]
        _put(store, group, name, request["QueryStatement"], description)
    return {}


def delete(store: Store, request: Record) -> Record:
    group = work_groups.find(store, request["WorkGroup"])["Name"]
    if not store.remove(KIND, request["StatementName"], group):
        raise _missing(request["StatementName"], group)
    return {}


HANDLERS = {
    "CreatePreparedStatement": create,
    "GetPreparedStatement": get,
    "BatchGetPreparedStatement": get_many,
    "ListPreparedStatements": list_all,
    "UpdatePreparedStatement": update,
    "DeletePreparedStatement": delete,
}
