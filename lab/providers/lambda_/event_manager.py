"""Asynchronous invocation: what LocalStack's service calls, and the lab's own view of the queue.

LocalStack has a queue in memory and a polling thread for each version of each function. Here one
queue on disk (:mod:`event_queue`) serves them all.
"""

import json
from typing import Any, ClassVar

from localstack.aws.api.lambda_ import ServiceException
from localstack.http import Request, Response
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.edge import ROUTER
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.invocation.assignment import AssignmentException
from localstack.services.lambda_.invocation.execution_environment import (
    EnvironmentStartupTimeoutException,
)
from localstack.services.lambda_.invocation.lambda_models import Invocation, InvocationResult
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.utils.xray.trace_header import TraceHeader

from lab.config import load
from lab.providers.clock import work
from lab.providers.lambda_.event_attempts import EventAttempts
from lab.providers.lambda_.event_destination import tell
from lab.providers.lambda_.event_queue import Event, EventQueue
from lab.providers.lambda_.metrics import metric_publisher

PATH = "/_lab/lambda/events"


class EventManager:
    """One per version, as LocalStack wants it; all of them fill the same queue."""

    queue: ClassVar[EventQueue]

    def __init__(self, version_manager: Any) -> None:
        """The version does not matter: an alias may name another one at the next attempt."""

    def start(self) -> None:
        return

    def stop(self) -> None:
        return

    def stop_for_update(self) -> None:
        return

    def enqueue_event(self, invocation: Invocation) -> None:
        """Keep an event until the function has had it; the caller is answered then."""
        event = _event(invocation)
        metric_publisher().record_async_received(event.function)
        self.queue.put(event)


def _event(invocation: Invocation) -> Event:
    name, qualifier, account, region = function_locators_from_arn(invocation.invoked_arn)
    trace = invocation.trace_context.get("aws_trace_header")
    received = invocation.invoke_time.timestamp()
    return Event(
        account=account,
        region=region,
        name=name,
        qualifier=qualifier or "$LATEST",
        is_qualified=qualifier is not None,
        request_id=invocation.request_id,
        payload=invocation.payload,
        trace=trace.to_header_str() if trace else "",
        received=received,
        due=received,
    )


class EventRunner:
    """Runs events with LocalStack's service. A client context is for synchronous callers only."""

    def __init__(self, service: LambdaService) -> None:
        self._service = service

    def run(self, event: Event) -> InvocationResult:
        """Raises ServiceException if it could not be run."""
        header = TraceHeader.from_header_str(event.trace) if event.trace else TraceHeader()
        try:
            return self._service.invoke(
                function_name=event.name,
                qualifier=event.qualifier if event.is_qualified else None,
                region=event.region,
                account_id=event.account,
                invocation_type="RequestResponse",
                client_context=None,
                request_id=event.request_id,
                payload=event.payload,
                trace_context={"aws_trace_header": header},
            )
        except (AssignmentException, EnvironmentStartupTimeoutException) as error:
            raise ServiceException(str(error)) from error


def start(service: LambdaService) -> None:
    """Begin to process events, those that a lab before has left first."""
    attempts = EventAttempts(EventRunner(service).run, tell)
    queue = EventQueue(load().home / "lambda" / "events", attempts.attempt)
    EventManager.queue = queue
    SHUTDOWN_HANDLERS.register(queue.stop)
    ROUTER.add(PATH, _show, methods=["GET"])
    ROUTER.add(PATH, _release, methods=["POST"])
    queue.start()
    work().register("lambda", queue.due)


def _show(_request: Request) -> Response:
    """What waits for its next attempt: a learner's event that does not come."""
    waiting = [
        {
            "function": event.name,
            "request_id": event.request_id,
            "attempts": event.attempts,
            "due": event.due,
        }
        for event in EventManager.queue.waiting()
    ]
    return Response(json.dumps(waiting), mimetype="application/json")


def _release(_request: Request) -> Response:
    """Skip the minutes between attempts."""
    EventManager.queue.release()
    return Response(status=204)
