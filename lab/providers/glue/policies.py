"""Resource policies of the catalogue. They are kept and shown; access is not decided by them.

Source: AWS Glue API reference, "Security APIs in AWS Glue".
"""

import base64
import hashlib
import json

from lab.providers.glue.errors import GlueError, invalid, not_found
from lab.providers.glue.models import DataCatalog, now
from lab.providers.glue.storage import Key, Record
from lab.providers.handlers import handlers
from lab.providers.pages import page


def _key(catalog: DataCatalog, request: Record) -> Key:
    return (request.get("ResourceArn") or catalog.arn("catalog"),)


def _check_hash(old: Record | None, request: Record) -> None:
    wanted = request.get("PolicyHashCondition")
    if wanted and (old is None or old["PolicyHash"] != wanted):
        raise GlueError("ConditionCheckFailureException", "Policy hash condition not met.")


def _check_existence(old: Record | None, request: Record) -> None:
    wanted = request.get("PolicyExistsCondition")
    if wanted == "MUST_EXIST" and old is None:
        raise GlueError("ConditionCheckFailureException", "Policy does not exist.")
    if wanted == "NOT_EXIST" and old is not None:
        raise GlueError("ConditionCheckFailureException", "Policy already exists.")


def put_resource_policy(catalog: DataCatalog, request: Record) -> Record:
    text = request["PolicyInJson"]
    try:
        json.loads(text)
    except ValueError as error:
        raise invalid("Policy is not valid JSON.") from error
    key, moment = _key(catalog, request), now()
    with catalog.transaction():
        old = catalog.storage.get("policy", key)
        _check_existence(old, request)
        _check_hash(old, request)
        digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
        record = {
            "PolicyInJson": text,
            "PolicyHash": base64.b64encode(digest).decode(),
            "CreateTime": old["CreateTime"] if old else moment,
            "UpdateTime": moment,
        }
        catalog.storage.put("policy", key, record)
    return {"PolicyHash": record["PolicyHash"]}


def get_resource_policy(catalog: DataCatalog, request: Record) -> Record:
    found = catalog.storage.get("policy", _key(catalog, request))
    if found is None:
        raise not_found("Policy not found")
    return found


def get_resource_policies(catalog: DataCatalog, request: Record) -> Record:
    found = catalog.storage.records("policy")
    return page(found, request, "GetResourcePoliciesResponseList", 100, invalid)


def delete_resource_policy(catalog: DataCatalog, request: Record) -> Record:
    key = _key(catalog, request)
    with catalog.transaction():
        old = catalog.storage.get("policy", key)
        if old is None:
            raise not_found("Policy not found")
        _check_hash(old, request)
        catalog.storage.delete("policy", key)
    return {}


HANDLERS = handlers(
    put_resource_policy, get_resource_policy, get_resource_policies, delete_resource_policy
)
