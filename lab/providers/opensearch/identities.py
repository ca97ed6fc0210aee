"""Users and sessions of roles, as IAM and STS know them, with their policies."""

import json
from typing import Any

from moto.iam.access_control import AssumedRoleAccessKey, CreateAccessKeyFailure, IAMUserAccessKey
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from lab.providers.opensearch.access import PARTITION, TOKEN_HEADER, Caller, DeniedError
from lab.providers.opensearch.policy import Document


def identified(account: str, key: str, token: str) -> Caller:
    """The owner of a key; a token says that it is a role's session. DeniedError when it has
    none.
    """
    root = f"arn:{PARTITION}:iam::{account}:root"
    try:
        identity: IAMUserAccessKey | AssumedRoleAccessKey = (
            AssumedRoleAccessKey(account, PARTITION, key, {TOKEN_HEADER: token})
            if token
            else IAMUserAccessKey(account, PARTITION, key, {})
        )
    except CreateAccessKeyFailure as error:
        raise DeniedError(
            {"message": "The security token included in the request is invalid."}
        ) from error
    arn = str(identity.arn)
    principals = [arn]
    if isinstance(identity, AssumedRoleAccessKey):
        principals.append(_role_arn(account, identity))
    return Caller(arn, account, (*principals, root), _policies(identity, account))


def _role_arn(account: str, identity: AssumedRoleAccessKey) -> str:
    name = identity.arn.split("/")[1]
    try:
        return str(iam_backends[account][PARTITION].get_role(name).arn)
    except NotFoundException:
        return f"arn:{PARTITION}:iam::{account}:role/{name}"


def _policies(
    identity: IAMUserAccessKey | AssumedRoleAccessKey, account: str
) -> list[Document] | None:
    """The documents of the caller's inline, attached and groups' policies."""
    try:
        found: list[Any] = list(identity.collect_policies())
    except NotFoundException:
        return None
    backend = iam_backends[account][PARTITION]
    texts = [_text(backend, one) for one in found]
    return [json.loads(text) for text in texts if text]


def _text(backend: Any, found: Any) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, dict):
        return str(found.get("policy_document") or found.get("document") or "")
    managed = backend.managed_policies.get(found.arn, found)
    return str(managed.document)
