"""What Lambda refuses before it does anything: LocalStack accepts any runtime, because it would
start a container for it, payloads of any size, and ignores what it does not know.

Source: Lambda API reference; Lambda guide, "Lambda quotas".
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api.lambda_ import (
    InvalidParameterValueException,
    InvalidRequestContentException,
    InvocationType,
    InvokeMode,
    PackageType,
)
from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.lambda_models import (
    LayerVersion,
    RequestEntityTooLargeException,
)

from lab.providers.lambda_.code import unzipped_size
from lab.providers.lambda_.concurrency import MAX_PROVISIONED
from lab.providers.lambda_.environment import reserved_names
from lab.providers.lambda_.runtimes import PYTHON_RUNTIMES, is_known, runs_here

MAX_PAYLOAD_BYTES = {
    InvocationType.RequestResponse: 6 * 1024 * 1024,
    InvocationType.Event: 1024 * 1024,
}
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
UNSUPPORTED = (
    "CapacityProviderConfig",
    "CodeSigningConfigArn",
    "DurableConfig",
    "DurableExecutionName",
    "FileSystemConfigs",
    "TenancyConfig",
    "TenantId",
)
UNUSABLE_KEY = (
    "Lambda was unable to configure access to your environment variables because the KMS key is "
    "invalid for CreateGrant. Please check your KMS key settings. "
)


def check_function(request: dict[str, Any]) -> None:
    """What CreateFunction and UpdateFunctionConfiguration have in common."""
    check_supported(request)
    check_package_type(request.get("PackageType"))
    check_runtime(request.get("Runtime"))
    check_variables((request.get("Environment") or {}).get("Variables") or {})


def check_supported(request: Mapping[str, Any]) -> None:
    """Refuse by name what would be ignored."""
    for name in UNSUPPORTED:
        if request.get(name):
            raise invalid(f"The parameter {name} is not supported by this lab.")


def check_package_type(package_type: str | None) -> None:
    if package_type == PackageType.Image:
        raise invalid(
            "Value Image at 'packageType' is not supported by this lab: functions run from a zip "
            f"archive, with one of the runtimes {_listed(PYTHON_RUNTIMES)}."
        )


def check_runtime(runtime: str | None) -> None:
    """Refuse a runtime that AWS has and the lab has not. LocalStack refuses what AWS has not."""
    if is_known(runtime) and not runs_here(runtime):
        raise invalid(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: {_listed(PYTHON_RUNTIMES)}. This lab runs Python functions only."
        )


def check_variables(names: Iterable[str]) -> None:
    if reserved := reserved_names(names):
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(reserved)}"
        )


def check_key(arn: str | None, account: str, region: str) -> None:
    """Refuse a KMS key that is not there or not enabled; no key is AWS's own."""
    if not arn:
        return
    kms = connect_to(aws_access_key_id=account, region_name=region).kms
    try:
        key = kms.describe_key(KeyId=arn)["KeyMetadata"]
    except ClientError as error:
        code, message = (error.response["Error"][name] for name in ("Code", "Message"))
        raise invalid(f"{UNUSABLE_KEY}KMS Exception: {code} KMS Message: {message}") from error
    if key["KeyState"] == "Disabled":
        reason = f"KMS Exception: DisabledException KMS Message: {key['Arn']} is disabled."
        raise invalid(UNUSABLE_KEY + reason)


def check_unzipped_size(code_size: int, layers: Iterable[LayerVersion]) -> None:
    """Code and layers together must fit where AWS unpacks them. LocalStack looks at code alone."""
    layer_sizes = [unzipped_size(layer.code) for layer in layers]
    size = code_size + sum(layer_sizes)
    if layer_sizes and size > MAX_UNZIPPED_BYTES:
        raise invalid(
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{MAX_UNZIPPED_BYTES} bytes. The actual size is {size} bytes."
        )


def check_provisioned(wanted: int, others: int) -> None:
    """Each of them is a process that stays."""
    if wanted + others > MAX_PROVISIONED:
        raise invalid(
            f"Value {wanted} at 'provisionedConcurrentExecutions' is not supported by this lab: "
            f"all functions together have {MAX_PROVISIONED} provisioned environments at most, and "
            f"{others} are taken."
        )


def check_invoke_mode(mode: str | None) -> None:
    if mode == InvokeMode.RESPONSE_STREAM:
        raise invalid(
            "Value RESPONSE_STREAM at 'invokeMode' is not supported by this lab: Python functions "
            "return their result as a whole, which BUFFERED passes on."
        )


def check_payload_size(size: int, invocation_type: str) -> None:
    limit = MAX_PAYLOAD_BYTES.get(invocation_type)
    if limit is not None and size > limit:
        raise RequestEntityTooLargeException(
            f"{size} byte payload is too large for the {invocation_type} invocation type "
            f"(limit {limit} bytes)"
        )


def check_payload(data: bytes) -> None:
    """Refuse what is no JSON document. AWS's parser words the reason otherwise than Python's."""
    if not data:
        return
    try:
        json.loads(data)
    except ValueError as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: Could not parse payload into json: {error}",
            Type="User",
        ) from error


def invalid(message: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(message, Type="User")


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"
