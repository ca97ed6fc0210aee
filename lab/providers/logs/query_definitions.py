"""Queries of Logs Insights that are saved by name.

Source: Amazon CloudWatch Logs API reference, "PutQueryDefinition".
"""

import uuid

from lab.providers.handlers import handlers
from lab.providers.logs.dispatch import Record, Scope
from lab.providers.logs.errors import LogsError, invalid, invalid_token
from lab.providers.logs.events import milliseconds
from lab.providers.logs.groups import state
from lab.providers.pages import page

KIND = "query-definition"


def put_query_definition(scope: Scope, request: Record) -> Record:
    if request.get("queryLanguage", "CWLI") != "CWLI":
        raise invalid(f"{request['queryLanguage']} is not supported by this lab; CWLI is.")
    id = request.get("queryDefinitionId")
    if id and not state().has(KIND, (*scope, id)):
        raise _missing()
    id = id or str(uuid.uuid4())
    record = {
        "queryLanguage": "CWLI",
        "queryDefinitionId": id,
        "name": request["name"],
        "queryString": request["queryString"],
        "lastModified": milliseconds(),
        "logGroupNames": request.get("logGroupNames") or [],
    }
    state().put(KIND, (*scope, id), record)
    return {"queryDefinitionId": id}


def _missing() -> LogsError:
    message = "The specified query definition does not exist."
    return LogsError("ResourceNotFoundException", message)


def describe_query_definitions(scope: Scope, request: Record) -> Record:
    prefix = request.get("queryDefinitionNamePrefix") or ""
    found = [each for each in state().records(KIND, scope) if each["name"].startswith(prefix)]
    asked = {"NextToken": request.get("nextToken"), "MaxResults": request.get("maxResults")}
    answer = page(found, asked, "queryDefinitions", 1000, invalid_token)
    if token := answer.pop("NextToken", None):
        answer["nextToken"] = token
    return answer


def delete_query_definition(scope: Scope, request: Record) -> Record:
    if not state().delete(KIND, (*scope, request["queryDefinitionId"])):
        raise _missing()
    return {"success": True}


HANDLERS = handlers(put_query_definition, describe_query_definitions, delete_query_definition)
