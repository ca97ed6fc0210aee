"""LocalStack's Lambda service with the parts replaced that cost time on each invocation or lose
something.

- A version manager that writes no logs itself and starts no thread per invocation.
- An assignment of environments that is safe when many invocations arrive at once, keeps idle
  environments without a timer thread for each, and lets running invocations end when a version is
  replaced.
- An execution environment that passes the client context on.
"""

import base64
import binascii
import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

from localstack import config as localstack_config
from localstack.aws.api.lambda_ import (
    ServiceException,
    ThrottleReason,
    TooManyRequestsException,
)
from localstack.services.lambda_.invocation import assignment, lambda_service
from localstack.services.lambda_.invocation.assignment import (
    AssignmentException,
    AssignmentService,
)
from localstack.services.lambda_.invocation.execution_environment import (
    ExecutionEnvironment,
    InvalidStatusException,
    RuntimeStatus,
)
from localstack.services.lambda_.invocation.lambda_models import (
    Function,
    FunctionVersion,
    InitializationType,
    Invocation,
    InvocationResult,
)
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.runtime_executor import get_runtime_executor
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager
from localstack.utils.xray.trace_header import TraceHeader

from lab.providers.lambda_.concurrency import MAX_PROCESSES, Concurrency, throttled
from lab.providers.lambda_.encryption import require_usable_key
from lab.providers.lambda_.event_manager import EventManager
from lab.providers.lambda_.metrics import FunctionName, metric_publisher

LOG = logging.getLogger(__name__)

IDLE_CHECK_SECONDS = 30.0


def install() -> None:
    """Put our classes where LocalStack's modules look for theirs; before the provider is made."""
    assignment.ExecutionEnvironment = Environment
    lambda_service.AssignmentService = Assignments
    lambda_service.CountingService = Concurrency
    lambda_service.LambdaEventManager = EventManager
    lambda_service.LambdaVersionManager = VersionManager


class Environment(ExecutionEnvironment):
    """An execution environment that needs no thread to wait and hands the whole invocation on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status: RuntimeStatus
        self.idle_since = time.monotonic()
        self.is_retired = False

    def start(self) -> None:
        """Start it, with its code on disk, which need not have outlived the lab's last stop."""
        get_runtime_executor().prepare_version(self.function_version)
        super().start()

    def release(self) -> None:
        """Become available again. Assignments looks for idle ones now and then; no timer is
        started.
        """
        with self.status_lock:
            if self.status != RuntimeStatus.INVOKING:
                raise InvalidStatusException(
                    f"Environment {self.id} is {self.status}, not INVOKING"
                )
            self.idle_since = time.monotonic()
            self.status = RuntimeStatus.READY

    def invoke(self, invocation: Invocation) -> InvocationResult:
        trace = invocation.trace_context.get("aws_trace_header") or TraceHeader()
        trace.ensure_root_exists()
        trace.ensure_parent_exists()
        trace.ensure_sampled_exists()
        return self.runtime_executor.invoke(
            {
                "invoke-id": invocation.request_id,
                "invoked-function-arn": invocation.invoked_arn,
                "payload": invocation.payload.decode(),
                "trace-id": trace.to_header_str(),
                "client-context": _client_context(invocation.client_context),
            }
        )


def _client_context(encoded: str | None) -> str:
    """The caller's client context: base64 of a JSON document. Anything else is none."""
    if not encoded:
        return ""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text.replace("\r", " ").replace("\n", " ")


class Assignments(AssignmentService):
    """Which environment runs an invocation: an idle one, else a new one."""

    def __init__(self) -> None:
        super().__init__()
        self._stopping = threading.Event()
        threading.Thread(target=self._watch_idle, name="lambda-idle", daemon=True).start()

    @contextlib.contextmanager
    def get_environment(
        self,
        version_manager_id: str,
        function_version: FunctionVersion,
        provisioning_type: InitializationType,
    ) -> Iterator[ExecutionEnvironment]:
        """An environment for the time of one invocation; it is stopped if the invocation raises."""
        environment = self._reserve_idle(version_manager_id, provisioning_type)
        if environment is None:
            if provisioning_type == InitializationType.provisioned_concurrency:
                raise AssignmentException("No provisioned environment is idle despite the lease.")
            require_usable_key(function_version)
            self._make_room()
            environment = self.start_environment(version_manager_id, function_version)
            environment.reserve()
            self.environments[version_manager_id][environment.id] = environment
        try:
            yield environment
            environment.release()
        except BaseException:
            self.stop_environment(environment)
            raise
        if environment.is_retired:
            self.stop_environment(environment)

    def _make_room(self) -> None:
        """When the machine bears no more processes, one that is idle ends, or nothing begins."""
        living = [each for some in list(self.environments.values()) for each in list(some.values())]
        if len(living) < MAX_PROCESSES:
            return
        for environment in sorted(living, key=lambda each: each.idle_since):
            if environment.initialization_type == InitializationType.on_demand:
                with contextlib.suppress(InvalidStatusException):
                    environment.reserve()
                    self.stop_environment(environment)
                    return
        raise throttled(ThrottleReason.ConcurrentInvocationLimitExceeded)

    def _reserve_idle(self, manager: str, kind: InitializationType) -> Environment | None:
        # A copy: other threads add to the dictionary meanwhile.
        for environment in list(self.environments[manager].values()):
            if environment.initialization_type == kind:
                with contextlib.suppress(InvalidStatusException):
                    environment.reserve()
                    return environment
        return None

    def stop_environments_for_version(self, version_manager_id: str) -> None:
        """Stop what is idle now and the rest after its invocation, which AWS lets end too."""
        environments = list(self.environments.get(version_manager_id, {}).values())
        self._stop_all([environment for environment in environments if self._retire(environment)])

    def _retire(self, environment: Environment) -> bool:
        """Have no invocation begin in it any more; says whether none is under way."""
        environment.is_retired = True
        try:
            environment.reserve()
        except InvalidStatusException:
            return False
        return True

    def scale_provisioned_concurrency(
        self,
        version_manager_id: str,
        function_version: FunctionVersion,
        target_provisioned_environments: int,
    ) -> list[Future[None]]:
        """Start so many new ones, and let those of before go when they are idle.

        LocalStack ends them in the middle of an invocation, and counts what has ended as ready.
        """
        environments = self.environments[version_manager_id]
        kind = InitializationType.provisioned_concurrency
        before = [each for each in environments.values() if each.initialization_type == kind]
        futures = []
        for _ in range(target_provisioned_environments):
            environment = Environment(function_version, kind, self.on_timeout, version_manager_id)
            environments[environment.id] = environment
            futures.append(self.provisioning_pool.submit(self._start_provisioned, environment))
        for environment in before:
            if self._retire(environment):
                self.provisioning_pool.submit(self.stop_environment, environment)
        return futures

    def _start_provisioned(self, environment: Environment) -> None:
        try:
            environment.start()
        except BaseException:
            self.environments[environment.version_manager_id].pop(environment.id, None)
            raise

    def _stop_all(self, environments: list[Environment]) -> None:
        """Tell all to end before waiting for the first: there may be a hundred."""
        for environment in environments:
            environment.runtime_executor.begin_stop()
        for environment in environments:
            self.stop_environment(environment)

    def _watch_idle(self) -> None:
        keep_seconds = localstack_config.LAMBDA_KEEPALIVE_MS / 1000
        while not self._stopping.wait(min(IDLE_CHECK_SECONDS, keep_seconds)):
            limit = time.monotonic() - keep_seconds
            for environments in list(self.environments.values()):
                for environment in list(environments.values()):
                    if environment.idle_since < limit:
                        self._stop_idle(environment)

    def _stop_idle(self, environment: Environment) -> None:
        if environment.initialization_type == InitializationType.on_demand:
            with contextlib.suppress(InvalidStatusException):
                environment.reserve()
                self.stop_environment(environment)

    def stop(self) -> None:
        """Stop every environment, whatever it does: the lab is going down."""
        self._stopping.set()
        self._stop_all([env for envs in list(self.environments.values()) for env in envs.values()])
        super().stop()


def run_version(service: LambdaService, function: Function, version: FunctionVersion) -> None:
    """Make a version invokable that was Active when the lab stopped, without changing its state."""
    arn = version.id.qualified_arn()
    manager = VersionManager(
        function_arn=arn,
        function_version=version,
        function=function,
        counting_service=service.counting_service,
        assignment_service=service.assignment_service,
    )
    manager.state = version.config.state
    service.lambda_running_versions[arn] = manager
    service.event_managers[arn] = EventManager(manager)


class NoLogHandler:
    """Stands where a version manager has its log thread: our executor writes the logs."""

    def start_subscriber(self) -> None:
        return

    def stop(self) -> None:
        return


class VersionManager(LambdaVersionManager):
    """Runs the invocations of one function version."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.log_handler = NoLogHandler()
        identity = self.function_version.id
        self._metric_name = FunctionName(identity.account, identity.region, identity.function_name)

    def update_provisioned_concurrency_config(
        self, provisioned_concurrent_executions: int
    ) -> Future[None]:
        """Begin when the change before has ended, which LocalStack refuses to wait for."""
        if self.provisioning_thread is not None:
            self.provisioning_thread.result_future.result()
        self.provisioned_state = None
        return super().update_provisioned_concurrency_config(provisioned_concurrent_executions)

    def invoke(self, *, invocation: Invocation) -> InvocationResult:
        """Run one invocation. Without concurrency left: TooManyRequestsException."""
        if self.shutdown_event.is_set():
            raise ServiceException(f"Version {self.function_arn} is being stopped.")
        begun = time.monotonic()
        try:
            result = self._run(invocation)
        except TooManyRequestsException:
            metric_publisher().record_throttle(self._metric_name)
            raise
        took = (time.monotonic() - begun) * 1000
        metric_publisher().record(self._metric_name, took, is_error=result.is_error)
        return result

    def _run(self, invocation: Invocation) -> InvocationResult:
        lease = self.counting_service.get_invocation_lease(
            self.function, self.function_version, self.provisioned_state
        )
        with (
            lease as kind,
            metric_publisher().running(self._metric_name),
            self.assignment_service.get_environment(
                self.id, self.function_version, kind
            ) as environment,
        ):
            result = environment.invoke(invocation)
        result.executed_version = self.function_version.id.qualifier
        return result
