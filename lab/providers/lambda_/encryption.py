"""The KMS key that a function's environment is encrypted with: ``KMSKeyArn``.

LocalStack has no place for it in a version's configuration. It is kept beside the versions of a
function and put into every answer that shows a configuration. The lab's files are not encrypted:
what is emulated is the dependence on the key.

Source: Lambda guide, "Securing Lambda environment variables".
"""

from typing import Any

from localstack.aws.api.lambda_ import KMSDisabledException, KMSInvalidStateException
from localstack.services.kms.models import kms_stores
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.lambda_models import Function, FunctionVersion
from localstack.services.lambda_.invocation.models import lambda_stores

LATEST = "$LATEST"


def install() -> None:
    """Show the key wherever LocalStack shows a configuration."""
    shown = api_utils.map_config_out

    def map_config_out(version: FunctionVersion, *args: Any, **kwargs: Any) -> Any:
        configuration = shown(version, *args, **kwargs)
        if key := key_of(version):
            configuration["KMSKeyArn"] = key
        return configuration

    api_utils.map_config_out = map_config_out


def keep_key(function: Function, qualifier: str, arn: str | None) -> None:
    """Remember the key of a version; none means AWS's own."""
    keys = vars(function).setdefault("kms_key_arns", {})
    if arn:
        keys[qualifier] = arn
    else:
        keys.pop(qualifier, None)


def publish_key(function: Function, qualifier: str) -> None:
    """A new version has the key that ``$LATEST`` has."""
    keep_key(function, qualifier, vars(function).get("kms_key_arns", {}).get(LATEST))


def key_of(version: FunctionVersion) -> str | None:
    identity = version.id
    functions = lambda_stores[identity.account][identity.region].functions
    function = functions.get(identity.function_name)
    if function is None:
        return None
    found: str | None = vars(function).get("kms_key_arns", {}).get(identity.qualifier)
    return found


def require_usable_key(version: FunctionVersion) -> None:
    """A new execution environment must be able to decrypt its variables."""
    arn = key_of(version)
    if not arn or not version.config.environment:
        return
    store = kms_stores[version.id.account][version.id.region]
    name = arn.rpartition(":")[2]
    if name.startswith("alias/") and name in store.aliases:
        name = store.aliases[name].metadata["TargetKeyId"]
    key = store.keys.get(name.removeprefix("key/"))
    state = key.metadata["KeyState"] if key else "absent"
    if state == "Disabled":
        raise KMSDisabledException(
            "Lambda was unable to decrypt the environment variables because the KMS key used is "
            "disabled. Please check the function's KMS key settings."
        )
    if state != "Enabled":
        raise KMSInvalidStateException(
            "Lambda was unable to decrypt the environment variables because the KMS key used is in "
            "an invalid state for Decrypt. Please check the function's KMS key settings."
        )
