"""The API of AWS Lambda: LocalStack's, refusing what cannot run here and what AWS refuses.

LocalStack accepts any runtime, because it would start a container for it, and payloads of any size.
"""

import io
import json
from collections.abc import Iterable
from typing import IO, Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.lambda_ import (
    CreateFunctionRequest,
    FunctionConfiguration,
    InvalidParameterValueException,
    InvalidRequestContentException,
    InvocationResponse,
    InvocationType,
    PackageType,
    UpdateFunctionConfigurationRequest,
)
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.lambda_.invocation.lambda_models import RequestEntityTooLargeException
from localstack.services.lambda_.provider import LambdaProvider
from localstack.services.plugins import Service

from lab.providers.lambda_ import code, service, stream_poller
from lab.providers.lambda_.environment import reserved_names
from lab.providers.lambda_.logs import log_writer
from lab.providers.lambda_.metrics import metric_publisher
from lab.providers.lambda_.runtimes import PYTHON_RUNTIMES, is_known, runs_here

# AWS documentation, "Lambda quotas": invocation payload.
MAX_PAYLOAD_BYTES = {
    InvocationType.RequestResponse: 6 * 1024 * 1024,
    InvocationType.Event: 1024 * 1024,
}


def create_service() -> Service:
    code.install()
    service.install()
    stream_poller.install()
    # Before any service is stopped: Logs and CloudWatch must still answer.
    SHUTDOWN_HANDLERS.register(metric_publisher().stop)
    SHUTDOWN_HANDLERS.register(log_writer().stop)
    return Service.for_provider(Provider())


class Provider(LambdaProvider):
    """LocalStack's provider with the checks that it lacks."""

    @handler("CreateFunction", expand=False)
    def create_function(
        self, context: RequestContext, request: CreateFunctionRequest
    ) -> FunctionConfiguration:
        check_package_type(request.get("PackageType"))
        check_runtime(request.get("Runtime"))
        check_variables((request.get("Environment") or {}).get("Variables") or {})
        return super().create_function(context, request)

    @handler("UpdateFunctionConfiguration", expand=False)
    def update_function_configuration(
        self, context: RequestContext, request: UpdateFunctionConfigurationRequest
    ) -> FunctionConfiguration:
        check_runtime(request.get("Runtime"))
        check_variables((request.get("Environment") or {}).get("Variables") or {})
        return super().update_function_configuration(context, request)

    def invoke(
        self,
        context: RequestContext,
        function_name: str,
        invocation_type: str | None = None,
        payload: IO[bytes] | None = None,
        **kwargs: Any,
    ) -> InvocationResponse:
        data = payload.read() if payload else b""
        check_payload_size(len(data), invocation_type or InvocationType.RequestResponse)
        check_payload(data)
        return super().invoke(
            context,
            function_name,
            invocation_type=invocation_type,
            payload=io.BytesIO(data) if data else None,
            **kwargs,
        )


def check_package_type(package_type: str | None) -> None:
    if package_type == PackageType.Image:
        raise InvalidParameterValueException(
            "Value Image at 'packageType' is not supported by this lab: functions run from a zip "
            f"archive, with one of the runtimes {_listed(PYTHON_RUNTIMES)}.",
            Type="User",
        )


def check_runtime(runtime: str | None) -> None:
    """Refuse a runtime that AWS has and the lab has not. LocalStack refuses what AWS has not."""
    if is_known(runtime) and not runs_here(runtime):
        raise InvalidParameterValueException(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: {_listed(PYTHON_RUNTIMES)}. This lab runs Python functions only.",
            Type="User",
        )


def check_variables(names: Iterable[str]) -> None:
    if reserved := reserved_names(names):
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(reserved)}",
            Type="User",
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


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"
