"""Calls a function in this process: a batch goes from the log to the runtime without passing
through HTTP.
"""

import json
import time
import uuid
from typing import Any, NamedTuple, Protocol

from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.plugins import SERVICE_PLUGINS

from lab.providers.lambda_.metrics import FunctionName, metric_publisher


class Outcome(NamedTuple):
    """What a synchronous invocation gave; ``answer`` is None if it is not JSON."""

    failed: bool
    answer: Any
    request_id: str
    executed_version: str | None


class Invoker(Protocol):
    """Runs the function with a payload; raises when it could not be run."""

    def invoke(self, payload: bytes) -> Outcome: ...

    def note_age(self, arrival: int) -> None: ...


class FunctionInvoker:
    """Invokes one function, by the ARN that its mapping names (with its qualifier, if any)."""

    def __init__(self, function_arn: str) -> None:
        self._name, self._qualifier, self._account, self._region = function_locators_from_arn(
            function_arn
        )

    def invoke(self, payload: bytes) -> Outcome:
        """Raises what the service raises for an absent, pending or throttled function."""
        provider = SERVICE_PLUGINS.require("lambda")._provider
        result = provider.lambda_service.invoke(
            function_name=self._name,
            qualifier=self._qualifier,
            region=self._region,
            account_id=self._account,
            invocation_type="RequestResponse",
            client_context=None,
            request_id=str(uuid.uuid4()),
            payload=payload,
        )
        try:
            answer = json.loads(result.payload) if result.payload else None
        except ValueError:
            answer = None
        return Outcome(result.is_error, answer, result.request_id, result.executed_version)

    def note_age(self, arrival: int) -> None:
        """The metric IteratorAge: how old the batch's last record is when it has been processed."""
        name = FunctionName(self._account, self._region, self._name)
        age = max(0.0, time.time() * 1000 - arrival)
        metric_publisher().record_iterator_age(name, age)
