"""Policy documents of IAM: what a domain's access policy must be like, and what it says of one
request. It decides nothing; that is ``access``'s.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

import ipaddress
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import Any

from localstack.aws.api.opensearch import InvalidTypeException, ValidationException

LOG = logging.getLogger(__name__)

Document = Mapping[str, Any]

KEYS = ("aws:sourceip", "aws:securetransport", "aws:principalarn", "aws:principalaccount")
"""Condition keys that the lab knows the value of. They do not distinguish upper and lower case."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint. ``principals`` are the ARNs that stand for the caller, most
    special first; none for an anonymous one.
    """

    action: str
    resource: str
    principals: tuple[str, ...]
    context: Mapping[str, str]


def parse(text: str) -> Document:
    """A domain's access policy. Raises what AWS raises, and refuses by name what cannot be
    enforced.
    """
    try:
        document = json.loads(text)
        statements = list(_statements(document))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise InvalidTypeException(f"Error setting policy: [{text}]") from error
    for statement in statements:
        if not _is_whole(statement):
            raise InvalidTypeException(f"Error setting policy: [{text}]")
        for operator, tests in (statement.get("Condition") or {}).items():
            for key in tests:
                if operator not in OPERATORS or key.lower() not in KEYS:
                    raise ValidationException(
                        f"The lab does not enforce the condition {operator} of {key} in "
                        "AccessPolicies."
                    )
    return dict(document)


def _is_whole(statement: Document) -> bool:
    return (
        statement.get("Effect") in ("Allow", "Deny")
        and ("Principal" in statement) != ("NotPrincipal" in statement)
        and ("Action" in statement) != ("NotAction" in statement)
        and ("Resource" in statement) != ("NotResource" in statement)
    )


def _statements(document: Any) -> Iterator[Document]:
    found = document["Statement"]
    for statement in [found] if isinstance(found, dict) else found:
        if not isinstance(statement, dict):
            raise TypeError("a statement is an object")
        yield statement


def effects(document: Document, call: Call, *, names_principals: bool = True) -> set[str]:
    """``Allow`` and ``Deny``, as far as a statement that applies to the call says so. Policies of
    an identity name no principals: they are about their owner.
    """
    return {
        statement["Effect"]
        for statement in _statements(document)
        if _applies(statement, call, names_principals)
    }


def names(document: Document, call: Call, principal: str) -> bool:
    """Whether the call would be allowed to this principal alone."""
    narrowed = Call(call.action, call.resource, (principal,), call.context)
    return "Allow" in effects(document, narrowed)


def _applies(statement: Document, call: Call, names_principals: bool) -> bool:
    if names_principals and not _is_of(statement, call.principals):
        return False
    return (
        _matches(statement, "Action", call.action, re.IGNORECASE)
        and _matches(statement, "Resource", call.resource)
        and _conditions_hold(statement, call)
    )


def _is_of(statement: Document, principals: Iterable[str]) -> bool:
    if "NotPrincipal" in statement:
        return not any(_is_named(statement["NotPrincipal"], one) for one in principals)
    given = statement["Principal"]
    if given == "*" or "*" in _listed(given.get("AWS", [])):
        return True
    return any(_is_named(given, principal) for principal in principals)


def _is_named(given: Any, principal: str) -> bool:
    if given == "*":
        return True
    accepted = _listed(given.get("AWS", []))
    root = re.fullmatch(r"arn:aws:iam::(\d{12}):root", principal)
    return principal in accepted or bool(root and root[1] in accepted)


def _matches(statement: Document, element: str, value: str, flags: int = 0) -> bool:
    if element in statement:
        return any(_like(pattern, value, flags) for pattern in _listed(statement[element]))
    return not any(_like(pattern, value, flags) for pattern in _listed(statement[f"Not{element}"]))


def _conditions_hold(statement: Document, call: Call) -> bool:
    """Every operator and key must hold. One that the lab does not know (in a policy of an identity)
    lets no Allow apply, and every Deny.
    """
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, wanted in tests.items():
            test, value = OPERATORS.get(operator), call.context.get(key.lower())
            if test is None or key.lower() not in KEYS:
                LOG.warning("the condition %s of %s is not known to the lab", operator, key)
                if statement["Effect"] == "Deny":
                    continue
                return False
            if not test(value, _listed(wanted)):
                return False
    return True


def _listed(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in items]


def _like(pattern: str, value: str, flags: int = 0) -> bool:
    return _compiled(pattern, flags).match(value) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    # A policy's patterns know * and ? only.
    return re.compile(translate(pattern.replace("[", "[[]")), flags)


def _in_networks(value: str | None, wanted: list[str]) -> bool:
    if value is None:
        return False
    address = ipaddress.ip_address(value)
    return any(address in ipaddress.ip_network(network, strict=False) for network in wanted)


def _equals(value: str | None, wanted: list[str]) -> bool:
    return value in wanted


def _is_like(value: str | None, wanted: list[str]) -> bool:
    return value is not None and any(_like(pattern, value) for pattern in wanted)


Test = Callable[[str | None, list[str]], bool]


def _not(test: Test) -> Test:
    return lambda value, wanted: not test(value, wanted)


OPERATORS: dict[str, Test] = {
    "IpAddress": _in_networks,
    "NotIpAddress": _not(_in_networks),
    "StringEquals": _equals,
    "StringNotEquals": _not(_equals),
    "StringLike": _is_like,
    "StringNotLike": _not(_is_like),
    "ArnEquals": _is_like,
    "ArnNotEquals": _not(_is_like),
    "ArnLike": _is_like,
    "ArnNotLike": _not(_is_like),
    "Bool": _equals,
}
