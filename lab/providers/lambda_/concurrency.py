"""How many invocations may run at once: AWS's quotas, and what one machine bears.

LocalStack counts reserved, provisioned and unreserved concurrency. It gives the same reason for
every refusal, and is put right here.

Source: Lambda guide, "Understanding Lambda function scaling" and "Configuring reserved concurrency
for a function"; API reference, TooManyRequestsException.
"""

import contextlib
from collections.abc import Iterator

from localstack import config as localstack_config
from localstack.aws.api import RequestContext, ServiceException
from localstack.aws.api.lambda_ import ThrottleReason, TooManyRequestsException
from localstack.aws.protocol.serializer import ResponseSerializer
from localstack.aws.skeleton import Skeleton
from localstack.http import Response
from localstack.services.lambda_.invocation.counting_service import CountingService
from localstack.services.lambda_.invocation.lambda_models import (
    Function,
    FunctionVersion,
    InitializationType,
    ProvisionedConcurrencyState,
)
from localstack.services.lambda_.invocation.models import lambda_stores

ACCOUNT_CONCURRENCY = 1000
MAX_PROCESSES = 200
"""As many execution environments as a laptop bears."""
MAX_PROVISIONED = 100
"""How many of them may be taken for good."""
RETRY_AFTER_SECONDS = "1"


def install() -> None:
    """Give the account AWS's quota. Whoever creates the Lambda service calls it first."""
    localstack_config.LAMBDA_LIMITS_CONCURRENT_EXECUTIONS = ACCOUNT_CONCURRENCY


def say_when_to_retry(skeleton: Skeleton) -> None:
    """Send the header ``Retry-After``, which LocalStack's serializer leaves out of errors."""
    answer = skeleton.on_service_exception

    def on_service_exception(
        serializer: ResponseSerializer, context: RequestContext, exception: ServiceException
    ) -> Response:
        response = answer(serializer, context, exception)
        if seconds := getattr(exception, "retryAfterSeconds", None):
            response.headers["Retry-After"] = seconds
        return response

    skeleton.on_service_exception = on_service_exception


class Concurrency(CountingService):
    """Leases for invocations; a refusal says which of the limits was reached."""

    @contextlib.contextmanager
    def get_invocation_lease(
        self,
        function: Function | None,
        function_version: FunctionVersion,
        provisioned_state: ProvisionedConcurrencyState | None = None,
    ) -> Iterator[InitializationType]:
        state = provisioned_state or ProvisionedConcurrencyState()
        lease = super().get_invocation_lease(function, function_version, state)
        with contextlib.ExitStack() as stack:
            try:
                kind = stack.enter_context(lease)
            except TooManyRequestsException as error:
                raise throttled(_reason(function)) from error
            yield kind


def provisioned(except_for: tuple[str, str]) -> int:
    """The provisioned concurrency of everything but this function name and qualifier."""
    return sum(
        config.provisioned_concurrent_executions
        for _, _, store in list(lambda_stores.iter_stores())
        for function in list(store.functions.values())
        for qualifier, config in function.provisioned_concurrency_configs.items()
        if (function.function_name, qualifier) != except_for
    )


def _reason(function: Function | None) -> ThrottleReason:
    if function is not None and function.reserved_concurrent_executions is not None:
        return ThrottleReason.ReservedFunctionConcurrentInvocationLimitExceeded
    return ThrottleReason.ConcurrentInvocationLimitExceeded


def throttled(reason: ThrottleReason) -> TooManyRequestsException:
    """What a caller gets who is to try again."""
    return TooManyRequestsException(
        "Rate Exceeded.", Reason=reason, Type="User", retryAfterSeconds=RETRY_AFTER_SECONDS
    )
