"""Resource policies, with which other services are let in: kept and shown, not enforced.

Source: Amazon CloudWatch Logs API reference, "PutResourcePolicy".
"""

from lab.providers.handlers import handlers
from lab.providers.logs.dispatch import Record, Scope, page_of
from lab.providers.logs.errors import LogsError, limit_exceeded
from lab.providers.logs.events import milliseconds
from lab.providers.logs.groups import state

KIND = "resource-policy"
MAX_POLICIES = 10


def put_resource_policy(scope: Scope, request: Record) -> Record:
    name = request.get("policyName") or ""
    key = (*scope, name)
    if not state().has(KIND, key) and len(state().records(KIND, scope)) >= MAX_POLICIES:
        raise limit_exceeded()
    policy = {
        "policyName": name,
        "policyDocument": request.get("policyDocument") or "",
        "lastUpdatedTime": milliseconds(),
    }
    state().put(KIND, key, policy)
    return {"resourcePolicy": policy}


def describe_resource_policies(scope: Scope, request: Record) -> Record:
    return page_of(state().records(KIND, scope), request, "resourcePolicies")


def delete_resource_policy(scope: Scope, request: Record) -> None:
    name = request.get("policyName") or ""
    if not state().delete(KIND, (*scope, name)):
        message = f"Policy with name [{name}] does not exist"
        raise LogsError("ResourceNotFoundException", message)


HANDLERS = handlers(put_resource_policy, describe_resource_policies, delete_resource_policy)
