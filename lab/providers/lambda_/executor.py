"""The Lambda runtime executor of the lab: one execution environment as one process of this machine.

The life of an environment follows AWS's: an Init phase of at most 10 seconds; if that fails, a
second initialisation inside the first invocation, on the function's own time; then invocations one
after the other. A handler that was killed or has ended is started anew inside the next invocation,
in the same environment: same log stream, same /tmp.

Source: AWS documentation, "Understanding the Lambda execution environment lifecycle".
"""

import logging
import resource
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from localstack.aws.api.lambda_ import LogFormat
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import (
    FunctionVersion,
    InitializationType,
    InvocationResult,
)
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from lab.config import HOST, load
from lab.providers.lambda_ import report
from lab.providers.lambda_.code import CODE_USE, code_folder
from lab.providers.lambda_.environment import function_environment
from lab.providers.lambda_.isolation import isolation
from lab.providers.lambda_.launcher import kind_for, launcher
from lab.providers.lambda_.layers import lay_layers, layers_folder
from lab.providers.lambda_.logs import LogStream, log_writer
from lab.providers.lambda_.output import LogSettings, Output
from lab.providers.lambda_.process import (
    Event,
    Exited,
    Folders,
    HandlerProcess,
    OutOfMemory,
    Sandbox,
    TimedOut,
)
from lab.providers.lambda_.report import Failure, Usage
from lab.providers.lambda_.runtime_api import (
    MAX_RESPONSE_BYTES,
    Answer,
    AnswerTooLarge,
    InitError,
    Invocation,
    Ready,
)
from lab.providers.lambda_.runtimes import interpreter_version, runtime_folder
from lab.providers.lambda_.system_log import ON_DEMAND, Identity, SystemLog

LOG = logging.getLogger(__name__)

INIT_SECONDS = 10.0
END_SECONDS = 5.0
DESCRIPTORS = 8192
KILLED = "Runtime exited with error: signal: killed"


class ProcessRuntimeExecutor(RuntimeExecutor):
    """One execution environment. LocalStack gives it one invocation at a time."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._sandbox = _sandbox(id, function_version)
        CODE_USE.hold(self._sandbox.folders.code)
        self._stream = _log_stream(id, function_version)
        settings = _log_settings(function_version)
        self._output = Output(settings)
        self._log = SystemLog(self._output, settings, _identity(function_version))
        self._variables: dict[str, str] = {}
        self._process: HandlerProcess | None = None
        self._is_cold = True
        self._init_duration: float | None = None
        self._last_peak = 0
        # When the process last did what was waited for, before it was perhaps killed.
        self._ended = 0.0
        self._stopped = False
        # Held while something waits for the process; stopping does not wait for it, closing does.
        self._lock = threading.Lock()

    # What LocalStack calls

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Put code and layers on disk; a failure makes LocalStack declare the version Failed."""
        code, home = function_version.config.code, load().home
        code.prepare_for_execution()
        lay_layers(home, function_version)
        launcher(runtime_folder(home), kind_for(code.get_unzipped_code_location())).warm()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing: LocalStack itself removes code that no version uses any more."""

    @classmethod
    def validate_environment(cls) -> bool:
        """Make the runtime's folder while the lab starts, not during a learner's first invocation.

        Functions do not outlive LocalStack: what another run has left is removed.
        """
        home = load().home
        for folder in (environments_folder(home), code_folder(home), home / "lambda" / "layers"):
            shutil.rmtree(folder, ignore_errors=True)
        _raise_descriptor_limit()
        isolation(runtime_folder(home))
        return True

    def start(self, env_vars: dict[str, str]) -> None:
        """Start the process. Only provisioned environments are waited for: any other is at its
        first invocation, which reports how the initialisation went.
        """
        self._variables = function_environment(
            self.function_version, env_vars, self._sandbox, self._stream
        )
        if not self._sandbox.isolation.private_files:
            self._sandbox.folders.tmp.mkdir(parents=True)
        self._log.initialization_type = env_vars.get("AWS_LAMBDA_INITIALIZATION_TYPE", ON_DEMAND)
        self._log.init_start()
        log_writer().write(self._stream, self._output.take())
        self._process = self._launch()
        if self._log.initialization_type == InitializationType.provisioned_concurrency:
            self._initialise_provisioned()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run one invocation to its end, whatever the end is."""
        with self._lock:
            return self._invoke(payload)

    def begin_stop(self) -> None:
        """Tell the process to end; :meth:`stop` waits until it has."""
        if self._process is not None:
            self._process.begin_destruction()

    def stop(self) -> None:
        """End the process at once, in the middle of an invocation too, and remove its /tmp."""
        if self._stopped:
            return
        self._stopped = True
        if self._process is not None:
            self._process.destroy()
        with self._lock:
            if self._process is not None:
                self._process.close()
                self._process = None
            self._sandbox.close()
            shutil.rmtree(self._sandbox.folders.tmp.parent, ignore_errors=True)
        CODE_USE.release(self._sandbox.folders.code)

    def get_logs(self) -> str:
        return ""

    def get_address(self) -> str:
        return HOST

    def get_endpoint_from_executor(self) -> str:
        return HOST

    def get_runtime_endpoint(self) -> str:
        return f"http://{HOST}"

    # Phases

    def _launch(self) -> HandlerProcess:
        if self._stopped:
            raise RuntimeError("The execution environment has been stopped.")
        config = self.function_version.config
        own = config.environment or {}
        return HandlerProcess(self._sandbox, config.handler, self._variables, self._output, own)

    def _initialise_provisioned(self) -> None:
        with self._lock:
            failure = self._finish_init()
            log_writer().write(self._stream, self._output.take())
        if failure is not None:
            raise StatusErrorException("The function cannot be initialised.", payload=failure.body)

    def _finish_init(self) -> Failure | None:
        """Wait for the Init phase; a process that fails it is gone afterwards."""
        process = self._live_process()
        failure = self._wait_ready("", process.started + INIT_SECONDS, "init")
        self._is_cold = False
        if failure is None:
            self._init_duration = (self._ended - process.started) * 1000
        return failure

    def _invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        seconds = self.function_version.config.timeout
        if self._is_cold:
            self._finish_init()
        begun = time.monotonic()
        deadline = begun + seconds
        failure = self._be_ready(request_id, deadline)
        self._log.start(request_id)
        answer: Answer | Failure
        if failure is None:
            remaining = deadline - time.monotonic()
            invocation = _invocation(payload, int((time.time() + remaining) * 1000))
            answer = self._run(invocation, deadline)
        else:
            answer = failure
        took = min((self._ended - begun), seconds) * 1000
        return self._finish(request_id, answer, took)

    def _be_ready(self, request_id: str, deadline: float) -> Failure | None:
        """Have a process that waits for an invocation; starts one if there is none any more."""
        if self._process is not None:
            self._process.thaw()
            if self._process.api.is_asked or isinstance(self._process.wait(deadline), Ready):
                return None
            LOG.debug("environment %s has lost its process between two invocations", self.id)
            self._discard()
        self._process = self._launch()
        return self._wait_ready(request_id, deadline, "invoke")

    def _wait_ready(self, request_id: str, deadline: float, phase: str) -> Failure | None:
        """Wait until the runtime asks for an invocation. A process that fails to is gone
        afterwards.
        """
        process = self._live_process()
        event = process.wait(deadline)
        self._ended = time.monotonic()
        took = (self._ended - process.started) * 1000
        if isinstance(event, Ready):
            self._log.init_done(took, phase, None)
            return None
        if isinstance(event, InitError):
            # The runtime ends by itself; what it prints meanwhile belongs to the log.
            process.wait(time.monotonic() + END_SECONDS)
            failure = report.init_failure(event.body, event.error_type)
        else:
            failure = self._failure(request_id, event)
        self._discard()
        self._log.init_done(took, phase, failure)
        return failure

    def _run(self, invocation: Invocation, deadline: float) -> Answer | Failure:
        process = self._live_process()
        process.api.send(invocation)
        event = process.wait(deadline)
        self._ended = time.monotonic()
        if isinstance(event, Answer):
            process.freeze()
            return event
        failure = self._failure(invocation.request_id, event)
        self._discard()
        return failure

    def _failure(self, request_id: str, event: Event) -> Failure:
        """What AWS says when a process does this instead of answering."""
        if isinstance(event, TimedOut):
            return report.timeout_failure(request_id, self.function_version.config.timeout)
        if isinstance(event, OutOfMemory):
            return report.exit_failure(request_id, KILLED, report.OUT_OF_MEMORY)
        if isinstance(event, Exited):
            return report.exit_failure(request_id, event.reason)
        if isinstance(event, AnswerTooLarge):
            return report.too_large_failure(MAX_RESPONSE_BYTES)
        return report.exit_failure(request_id, f"Runtime broke the Runtime API's order: {event!r}")

    def _discard(self) -> None:
        """End the process and keep what it printed and how much memory it had; its /tmp stays."""
        process = self._live_process()
        process.kill()
        deadline = time.monotonic() + END_SECONDS
        while not isinstance(process.wait(deadline), Exited | TimedOut):
            continue
        process.drain()
        self._last_peak = process.measure()
        process.close()
        self._process = None

    def _live_process(self) -> HandlerProcess:
        if self._process is None:
            raise RuntimeError("The execution environment has no process.")
        return self._process

    def _finish(
        self, request_id: str, answer: Answer | Failure, duration: float
    ) -> InvocationResult:
        """Write the end of the log; make LocalStack's result of the answer."""
        failure = answer if isinstance(answer, Failure) else None
        usage = Usage(
            duration=duration,
            memory_size=self._sandbox.memory_bytes,
            max_memory=self._process.measure() if self._process else self._last_peak,
            init_duration=self._init_duration,
        )
        self._init_duration = None
        failed = isinstance(answer, Answer) and answer.is_error
        self._log.end(request_id, usage, failure, failed=failed)
        events = self._output.take()
        log_writer().write(self._stream, events)
        return InvocationResult(
            request_id=request_id,
            payload=answer.body,
            is_error=isinstance(answer, Failure) or answer.is_error,
            logs="".join(event.message for event in events),
        )


def _raise_descriptor_limit() -> None:
    """An environment takes seven descriptors of the lab, which may have no more than 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _sandbox(id: str, version: FunctionVersion) -> Sandbox:
    home = load().home
    runtime = runtime_folder(home)
    possible = isolation(runtime)
    folders = Folders(
        code=version.config.code.get_unzipped_code_location(),
        layers=layers_folder(home, version),
        tmp=environments_folder(home) / id / "tmp",
    )
    return Sandbox(
        runtime=runtime,
        folders=folders,
        isolation=possible,
        memory_bytes=version.config.memory_size * report.MEGABYTE,
        storage_bytes=version.config.ephemeral_storage.size * report.MEGABYTE,
        user=possible.user(id),
    )


def _log_stream(id: str, version: FunctionVersion) -> LogStream:
    return LogStream(
        account=version.id.account,
        region=version.id.region,
        group=version.config.logging_config["LogGroup"],
        name=f"{datetime.now(UTC):%Y/%m/%d}/[{version.id.qualifier}]{id}",
    )


def _log_settings(version: FunctionVersion) -> LogSettings:
    config = version.config.logging_config
    return LogSettings(
        is_json=config.get("LogFormat") == LogFormat.JSON,
        application_level=config.get("ApplicationLogLevel") or "INFO",
        system_level=config.get("SystemLogLevel") or "INFO",
    )


def _identity(version: FunctionVersion) -> Identity:
    return Identity(
        name=version.id.function_name,
        version=version.id.qualifier,
        runtime_version=interpreter_version(),
        runtime_version_arn=version.config.runtime_version_config["RuntimeVersionArn"],
    )


def environments_folder(home: Path) -> Path:
    """Where execution environments keep what is theirs: one folder each, gone when they are."""
    return home / "lambda" / "environments"


def _invocation(payload: dict[str, str], deadline_ms: int) -> Invocation:
    return Invocation(
        request_id=payload["invoke-id"],
        function_arn=payload["invoked-function-arn"],
        payload=payload["payload"].encode(),
        deadline_ms=deadline_ms,
        trace_id=payload.get("trace-id", ""),
        client_context=payload.get("client-context", ""),
    )
