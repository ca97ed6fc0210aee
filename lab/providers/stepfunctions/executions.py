"""Executions that are kept: LocalStack evaluates them, the database has them.

What LocalStack's lack is that they outlive the lab, are let go when they have ended, end at once
when they are stopped (and not when the task under way has ended), and can be redriven.
"""

import datetime as dt
import json
import logging
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from localstack.aws.api.stepfunctions import HistoryEventType
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.evaluation_details import EvaluationDetails
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventManager
from localstack.services.stepfunctions.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from localstack.services.stepfunctions.backend.execution import Execution, SyncExecution
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker

from lab.providers.stepfunctions import metrics
from lab.providers.stepfunctions.database import Database, Events
from lab.providers.stepfunctions.definition import program_of
from lab.providers.stepfunctions.models import RUNNING, Run
from lab.providers.stepfunctions.outbox import announce
from lab.providers.stepfunctions.redrive import Restart

LOG = logging.getLogger(__name__)
MAX_EVENTS = 25_000
JOURNAL_SECONDS = 1.0
STATUSES = {
    ProgramEnded: "SUCCEEDED",
    ProgramStopped: "ABORTED",
    ProgramError: "FAILED",
    ProgramTimedOut: "TIMED_OUT",
}
LAST = {
    "SUCCEEDED": HistoryEventType.ExecutionSucceeded,
    "ABORTED": HistoryEventType.ExecutionAborted,
    "FAILED": HistoryEventType.ExecutionFailed,
    "TIMED_OUT": HistoryEventType.ExecutionTimedOut,
}


class TooManyEventsError(FailureEventException):
    """The history of a standard execution is full."""

    def get_execution_failed_event_details(self) -> Any:
        cause = f"The execution reached the maximum number of history events ({MAX_EVENTS})."
        return {"error": "States.Runtime", "cause": cause}


class History(EventManager):
    """The events of one standard execution, of which there may be 25,000."""

    is_within_state = False
    """Whether the next state that is entered was entered before a redrive."""

    def add_event(self, context: Any, event_type: Any, *details: Any, **more: Any) -> int:
        if self.is_within_state and event_type.endswith("StateEntered"):
            self.is_within_state = False
            return self._event_id_gen._next_id - 1
        if self._event_id_gen._next_id >= MAX_EVENTS and event_type not in LAST.values():
            place = SimpleNamespace(next_state_name=None, event_history_context=context)
            raise TooManyEventsError(FailureEvent(place, None, HistoryEventType.ExecutionFailed))
        number: int = super().add_event(context, event_type, *details, **more)
        return number

    def events(self) -> Events:
        with self._mutex:
            return list(self._history_event_list)

    def continue_after(self, events: Events) -> None:
        with self._mutex:
            self._history_event_list.extend(events)
            self._event_id_gen._next_id = len(events) + 1


class Worker(ExecutionWorker):
    """Evaluates one execution, in a thread of its own unless it is synchronous."""

    def __init__(self, execution: "Kept", restart: Restart | None = None, **parts: Any) -> None:
        super().__init__(exec_comm=None, **parts)
        self._execution = execution
        self._restart = restart
        self.env: Environment = self._get_evaluation_environment()
        self.history = History(self._cloud_watch_logging_session)
        if execution.is_kept:
            self.env.event_manager = self.history

    def begin(self) -> None:
        """Write the first event."""
        if self._restart is not None:
            self.history.continue_after(self._restart.events)
            self._restart.prepare(self.env, self._execution.redrives)
            return
        execution = self._execution
        details: dict[str, Any] = {
            "input": execution.input_text,
            "inputDetails": {"truncated": False},
            "roleArn": execution.role_arn,
        }
        for key, arn in (
            ("stateMachineAliasArn", execution.state_machine_alias_arn),
            ("stateMachineVersionArn", execution.state_machine_version_arn),
        ):
            if arn is not None:
                details[key] = arn
        self.env.event_manager.add_event(
            context=self.env.event_history_context,
            event_type=HistoryEventType.ExecutionStarted,
            event_details={"executionStartedEventDetails": details},
            update_source_event_id=False,
        )

    def start(self) -> None:
        threading.Thread(
            target=self.evaluate, name=f"states-{self._execution.name}", daemon=True
        ).start()

    def evaluate(self) -> None:
        try:
            program = program_of(self._execution.state_machine.definition)
            if self._restart is None:
                program.eval(self.env)
            else:
                self._restart.evaluate(program, self.env)
        except Exception as error:  # the edge of a thread: the execution must end
            LOG.exception("execution %s", self._execution.exec_arn)
            self.env.set_error({"error": "States.Runtime", "cause": str(error)})
        self._execution.finish()


class Kept(Execution):
    """What a standard execution and an Express one have in common here."""

    database: Database
    store: dict[str, Any]
    ended: Callable[["Kept"], None]
    input_text: str
    exec_worker: Worker | None
    redrives = 0
    redriven: float | None = None

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._ending = threading.Lock()
        self.input_text = json.dumps(self.input_data)

    @property
    def is_kept(self) -> bool:
        """Express executions are not, as on AWS."""
        return self.sm_type == "STANDARD"

    def start(self, restart: Restart | None = None) -> None:
        details = EvaluationDetails(
            aws_execution_details=self._get_start_aws_execution_details(),
            execution_details=self.get_start_execution_details(),
            state_machine_details=self.get_start_state_machine_details(),
        )
        self.exec_worker = Worker(
            self,
            restart,
            evaluation_details=details,
            cloud_watch_logging_session=self._cloud_watch_logging_session,
            activity_store=self._activity_store,
            local_mock_test_case=self.local_mock_test_case,
        )
        self.exec_worker.begin()
        self.exec_status = RUNNING
        self._tell()
        self._evaluate(self.exec_worker)

    def _evaluate(self, worker: Worker) -> None:
        worker.start()

    def run(self) -> Run:
        """What it is now."""
        run = Run.of(self)
        run.input = self.input_text
        return run

    def events(self) -> Events:
        return self.exec_worker.history.events() if self.exec_worker else []

    def stop(self, stop_date: dt.datetime, error: str | None, cause: str | None) -> None:
        if self.exec_worker is not None:
            self.exec_worker.env.set_stop(stop_date=stop_date, cause=cause, error=error)
            self.finish()

    def finish(self) -> None:
        """Take over how the evaluation ended; what comes of it later counts no more."""
        assert self.exec_worker is not None
        with self._ending:
            if self.exec_status != RUNNING:
                return
            state = self.exec_worker.env.program_state()
            status = STATUSES.get(type(state), "FAILED")
            self._reflect(state, status)
            self.exec_status = status
            self._tell()
            self.ended(self)
            self.store.pop(self.exec_arn, None)

    def _reflect(self, state: Any, status: str) -> None:
        assert self.exec_worker is not None
        env = self.exec_worker.env
        self.stop_date = dt.datetime.now(tz=dt.UTC)
        details: dict[str, Any] = {}
        if status == "SUCCEEDED":
            self.output = env.states.get_input()
        elif status == "FAILED":
            details = getattr(state, "error", None) or {}
        elif status == "ABORTED":
            details = {"error": state.error, "cause": state.cause}
        self.error, self.cause = details.get("error"), details.get("cause")
        self._write_last_event(status, {key: value for key, value in details.items() if value})

    def _write_last_event(self, status: str, details: dict[str, Any]) -> None:
        """LocalStack writes it where the evaluation ends, which is later when it was stopped."""
        assert self.exec_worker is not None
        env, events = self.exec_worker.env, self.events()
        if not self.is_kept or (events and events[-1]["type"] == LAST[status]):
            return
        name = LAST[status].value
        env.event_history_context.source_event_id = 0
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=LAST[status],
            event_details={f"{name[0].lower()}{name[1:]}EventDetails": details},
        )

    def _tell(self) -> None:
        run = self.run()
        metrics.measure(run)
        if self.is_kept:
            self.database.put(run, self.events())
            announce(run)


class KeptExecution(Kept):
    """Started by ``StartExecution``."""


class KeptSyncExecution(Kept, SyncExecution):
    """Started by ``StartSyncExecution``: evaluated in the request."""

    def _evaluate(self, worker: Worker) -> None:
        worker.evaluate()

    def _reflect(self, state: Any, status: str) -> None:
        super()._reflect(state, status)
        self.sync_execution_status = "FAILED" if status == "ABORTED" else status


class Journal:
    """Writes the histories of what runs, so that a lab that is killed has them nearly whole."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: dict[str, Kept] = {}
        self._written: dict[str, int] = {}
        self._busy = threading.Event()
        self._ending = threading.Event()
        threading.Thread(target=self._write, name="states-journal", daemon=True).start()

    def follow(self, execution: Kept) -> None:
        self._running[execution.exec_arn] = execution
        self._busy.set()

    def _write(self) -> None:
        while not self._ending.is_set():
            self._busy.wait()
            self._ending.wait(JOURNAL_SECONDS)
            self._busy.clear()
            self.write()
            if self._running:
                self._busy.set()

    def write(self) -> None:
        for arn, execution in list(self._running.items()):
            if execution.exec_status not in (None, RUNNING):  # None: it is about to start
                self._running.pop(arn)
                self._written.pop(arn, None)
                continue
            events = execution.events()
            if len(events) != self._written.get(arn):
                self._database.put_history(arn, events)
                self._written[arn] = len(events)

    def close(self) -> None:
        self.write()
        self._ending.set()
        self._busy.set()
