"""Whether a request may pass a domain's endpoint: the caller of its signature, the domain's access
policy and the caller's own policies in IAM.

The signature itself is not recomputed, as nowhere in the lab: the access key in it says who calls.

Source: Amazon OpenSearch Service Developer Guide, "Identity and Access Management in Amazon
OpenSearch Service"; IAM User Guide, "Policy evaluation logic".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from localstack.aws.accounts import get_account_id_from_access_key_id

from lab.providers.opensearch import policy
from lab.providers.opensearch.policy import Call, Document

PARTITION = "aws"
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/[^/,\s]+/([^/,\s]+)/aws4_request")
ISSUED_HERE = ("AKIA", "ASIA", "LKIA", "LSIA")
"""How keys begin that IAM and STS give out; others stand for the root of an account."""
TOKEN_HEADER = "X-Amz-Security-Token"  # noqa: S105 - the name of a header


class DeniedError(Exception):
    """Why a request does not pass: the body of the 403 that answers it."""

    def __init__(self, body: Mapping[str, str]) -> None:
        super().__init__(str(body))
        self.body = dict(body)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed. ``policies`` is None where IAM sets no limits: for the root of an account, and
    for a role that IAM has forgotten or never knew.
    """

    arn: str
    account: str = ""
    principals: tuple[str, ...] = ()
    policies: list[Document] | None = field(default_factory=list)


ANONYMOUS = Caller("anonymous")


def caller_of(headers: Mapping[str, str], query: str) -> Caller:
    """The caller of a request by its ``Authorization`` header or its signed URL."""
    if found := CREDENTIAL.search(headers.get("Authorization") or ""):
        key, token = found[1], headers.get(TOKEN_HEADER) or ""
    elif "X-Amz-Credential" in query:
        parameters = parse_qs(query)
        key = parameters["X-Amz-Credential"][0].split("/")[0]
        token = parameters.get(TOKEN_HEADER, [""])[0]
    else:
        return ANONYMOUS
    account = get_account_id_from_access_key_id(key)
    if not key.startswith(ISSUED_HERE):
        root = f"arn:{PARTITION}:iam::{account}:root"
        return Caller(root, account, (root,), None)
    # IAM's model takes memory, and most labs have no users.
    from lab.providers.opensearch.identities import identified

    return identified(account, key, token)


def check(caller: Caller, document: Document | None, call: Call, owner: str) -> None:
    """Raise DeniedError unless the policies together allow the call. ``document`` is the domain's
    access policy, ``owner`` the account of the domain.
    """
    resource = policy.effects(document, call) if document else set()
    own = [policy.effects(one, call, names_principals=False) for one in (caller.policies or [])]
    if "Deny" in resource:
        raise _denied(caller, call, "with an explicit deny in a resource-based policy")
    if any("Deny" in one for one in own):
        raise _denied(caller, call, "with an explicit deny in an identity-based policy")
    allows = caller.policies is None or any("Allow" in one for one in own)
    if allows and caller.account == owner:
        return
    if "Allow" in resource and (allows or _is_direct(document, call, caller)):
        return
    kind = "resource" if caller is ANONYMOUS else "identity"
    raise _denied(caller, call, f"because no {kind}-based policy allows the {call.action} action")


def _is_direct(document: Document | None, call: Call, caller: Caller) -> bool:
    """Whether the access policy allows it to the caller, not only to the caller's account, which
    would leave it to IAM.
    """
    if document is None or caller is ANONYMOUS:
        return True
    return any(policy.names(document, call, one) for one in caller.principals[:-1])


def _denied(caller: Caller, call: Call, reason: str) -> DeniedError:
    return DeniedError(
        {"Message": f"User: {caller.arn} is not authorized to perform: {call.action} {reason}"}
    )
