"""What a domain may be like: the service model's constraints, AWS's rules, and what the lab refuses
by name rather than keep without effect.
"""

from collections.abc import Callable, Iterator
from typing import Any

from localstack.aws.api.opensearch import ValidationException
from localstack.aws.spec import load_service

from lab.providers.opensearch import policy
from lab.providers.validation import FrontEnd

SERVICE = load_service("opensearch")
FRONT_END = FrontEnd(ValidationException)

Request = dict[str, Any]


def validate(operation: str, request: Request) -> None:
    """Raise AWS's exception when a request violates the model of its operation."""
    FRONT_END.validate(SERVICE.operation_model(operation).input_shape, request)


def check_settings(request: Request) -> None:
    """Raise when a setting of CreateDomain or UpdateDomainConfig is wrong, or without effect
    here.
    """
    for refused in _unsupported(request):
        raise ValidationException(f"The lab does not support {refused}.")
    if text := request.get("AccessPolicies"):
        policy.parse(text)


def _unsupported(request: Request) -> Iterator[str]:
    for (group, member), is_on in UNSUPPORTED.items():
        value = request.get(group) or {}
        if is_on(value.get(member) if member and isinstance(value, dict) else value):
            yield f"{group}.{member}" if member else group
    version = request.get("EngineVersion") or ""
    if version.startswith("Elasticsearch_"):
        yield f"EngineVersion {version}: its domains are OpenSearch"
    if any(
        log.get("Enabled", True) for log in (request.get("LogPublishingOptions") or {}).values()
    ):
        yield "LogPublishingOptions"


def _is_dualstack(value: Any) -> bool:
    return bool(value == "dualstack")


UNSUPPORTED: dict[tuple[str, str], Callable[[Any], bool]] = {
    ("AIMLOptions", ""): bool,
    ("AdvancedSecurityOptions", "Enabled"): bool,
    ("CognitoOptions", "Enabled"): bool,
    ("DomainEndpointOptions", "CustomEndpointEnabled"): bool,
    ("DomainEndpointOptions", "EnforceHTTPS"): bool,
    ("DryRun", ""): bool,
    ("IPAddressType", ""): _is_dualstack,
    ("IdentityCenterOptions", "EnabledAPIAccess"): bool,
    ("VPCOptions", "SubnetIds"): bool,
}
"""Options by group and member, and when they ask for what the lab does not do: it speaks HTTP, has
no networks, and knows callers by IAM only.
"""
