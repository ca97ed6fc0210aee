"""IAM policies that a learner wrote: read, validated, and evaluated for requests, as "Policy
evaluation logic" and "IAM JSON policy elements reference" describe for one account.

It knows no service control policies, permissions boundaries or session policies, and refuses by
name the one condition operator that it does not know, BinaryEquals. Whether an action exists is not
asked: a misspelt one allows nothing, as on AWS.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lab.checks.conditions import OPERATORS, holds
from lab.checks.patterns import fill, matches
from lab.checks.text import Text
from lab.checks.vocabulary import Failed

type Decision = Literal["allowed", "explicitDeny", "implicitDeny"]
"""As SimulateCustomPolicy names them."""

type Kind = Literal["identity", "resource", "trust"]
"""Attached to a role or a user; to a bucket, key or queue; or a role's trust policy."""

VERSIONS = ("2012-10-17", "2008-10-17")
ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
PRINCIPALS = {"Principal", "NotPrincipal"}
SID = re.compile(r"[A-Za-z0-9]*")
ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+")


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to do. ``principal`` is an ARN, or a service such as
    ``lambda.amazonaws.com``; it counts where a policy has principals. ``context`` are the condition
    keys of the request, by their names.
    """

    action: str
    resource: str = "*"
    principal: str = ""
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        said = [self.action, self.resource, *([self.principal] if self.principal else [])]
        return " ".join([*said, *(f"{key}={value}" for key, value in self.context.items())])


@dataclass(frozen=True, slots=True)
class Policy:
    """A valid policy: its statements as they were written, lists where one value stood."""

    statements: tuple[dict[str, Any], ...]

    def decide(self, request: Request) -> Decision:
        """Deny wins over Allow, and what nothing allows is denied."""
        effects = {one["Effect"] for one in self.statements if _applies(one, request)}
        if "Deny" in effects:
            return "explicitDeny"
        return "allowed" if "Allow" in effects else "implicitDeny"


def read(file: Path, *, code: str, kind: Kind = "identity") -> Policy:
    """The policy of a file of the learner's; Failed when there is none or AWS would refuse it."""
    look = f"python -m json.tool {file.name}"
    try:
        policy = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=_once)
        return Policy(tuple(_validated(policy, kind)))
    except FileNotFoundError as error:
        expected = Text(f"le fichier {file.name} existe", f"the file {file.name} exists")
        raise Failed("program-missing", expected, str(file), f"ls {file.parent}") from error
    except ValueError as error:
        expected = Text(
            f"{file.name} est une politique IAM valide", f"{file.name} is a valid IAM policy"
        )
        raise Failed(code, expected, str(error), look) from error


def expect(  # noqa: PLR0913  # its words are read where it is called
    policy: Policy,
    *,
    code: str,
    fr: str,
    en: str,
    allows: Iterable[Request] = (),
    refuses: Iterable[Request] = (),
) -> None:
    """Failed with the first request that is not decided as it must be."""
    for wanted, requests in (("allowed", allows), ("denied", refuses)):
        for request in requests:
            decision = policy.decide(request)
            if (decision == "allowed") != (wanted == "allowed"):
                raise Failed(code, Text(fr, en), f"{request}: {decision}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice} is there twice")
    return found


def _validated(policy: Any, kind: Kind) -> Iterable[dict[str, Any]]:
    """The statements, each with lists in the place of single values. Raises ValueError."""
    _need(isinstance(policy, dict), "the policy is no JSON object")
    unknown = set(policy) - {"Version", "Id", "Statement"}
    _need(not unknown, f"unknown element: {min(unknown, default='')}")
    _need(policy.get("Version") in VERSIONS, f"Version must be {VERSIONS[0]}")
    statements = _listed(policy.get("Statement", []))
    _need(bool(statements), "Statement is missing")
    for number, statement in enumerate(statements, start=1):
        try:
            yield _statement(statement, kind)
        except ValueError as error:
            raise ValueError(f"Statement {number}: {error}") from error


def _statement(given: Any, kind: Kind) -> dict[str, Any]:
    _need(isinstance(given, dict), "is no JSON object")
    unknown = set(given) - ELEMENTS - (PRINCIPALS if kind != "identity" else set())
    _need(not unknown, f"unknown element: {min(unknown, default='')}")
    _need(given.get("Effect") in ("Allow", "Deny"), "Effect must be Allow or Deny")
    _need(bool(SID.fullmatch(given.get("Sid", ""))), "Sid holds only letters and digits")
    _one_of(given, "Action", "NotAction")
    if kind != "identity":
        _one_of(given, "Principal", "NotPrincipal")
    if kind == "trust":
        _need(not {"Resource", "NotResource"} & set(given), "a trust policy has no Resource")
    else:
        _one_of(given, "Resource", "NotResource")
    made = {**given, "Condition": _conditions(given.get("Condition", {}))}
    for name, pattern in (("Action", ACTION), ("Resource", ARN)):
        for key in (name, f"Not{name}"):
            if key in given:
                made[key] = _listed(given[key])
                for value in made[key]:
                    right = isinstance(value, str) and (value == "*" or pattern.fullmatch(value))
                    _need(bool(right), f"{key}: {value!r}")
    return made


def _conditions(given: Any) -> dict[str, dict[str, list[str]]]:
    _need(isinstance(given, dict), "Condition is no JSON object")
    for operator, keys in given.items():
        _need(bool(OPERATORS.fullmatch(operator)), f"unknown condition operator: {operator}")
        _need(isinstance(keys, dict) and bool(keys), f"{operator} names no condition key")
    return {
        operator: {key: [_word(one) for one in _listed(value)] for key, value in keys.items()}
        for operator, keys in given.items()
    }


def _word(value: Any) -> str:
    _need(isinstance(value, str | int | float), f"a condition's value is {value!r}")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _applies(statement: dict[str, Any], request: Request) -> bool:
    def among(name: str, wanted: Callable[[str], bool]) -> bool:
        """Whether the element permits the request; an element that is not there does."""
        if name in statement:
            return any(wanted(one) for one in statement[name])
        return not any(wanted(one) for one in statement.get(f"Not{name}", []))

    principals = {name: _principals(statement[name]) for name in PRINCIPALS & set(statement)}
    statement = {**statement, **principals}
    return (
        among("Action", lambda one: matches(one.lower(), request.action.lower()))
        and among("Resource", lambda one: matches(fill(one, request.context), request.resource))
        and among("Principal", lambda one: _is_principal(one, request.principal))
        and all(
            holds(operator, key, [fill(one, request.context) for one in values], request.context)
            for operator, keys in statement["Condition"].items()
            for key, values in keys.items()
        )
    )


def _principals(given: Any) -> list[str]:
    if given == "*":
        return ["*"]
    return [one for values in given.values() for one in _listed(values)]


def _is_principal(written: str, principal: str) -> bool:
    """``*`` is everybody, an account's id or root everybody in it, else it is the same name."""
    account = re.fullmatch(r"(?:arn:aws:iam::)?(\d{12})(?::root)?", written)
    if account:
        return principal.split(":")[4:5] == [account[1]]
    return written in ("*", principal)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _one_of(given: dict[str, Any], one: str, other: str) -> None:
    _need((one in given) != (other in given), f"needs either {one} or {other}")


def _need(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)
