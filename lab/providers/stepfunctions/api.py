"""The API of Step Functions: LocalStack's, with executions, histories and Map runs from the
database, pages, redrive, and the refusals that it lacks.
"""

import copy
import json
import re
import threading
import time
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.aws.api.stepfunctions import (
    ExecutionDoesNotExist,
    ExecutionNotRedrivable,
    InvalidArn,
    InvalidExecutionInput,
    InvalidName,
    InvalidToken,
    ValidationException,
)
from localstack.services.stepfunctions import provider as localstack_provider
from localstack.services.stepfunctions.asl.eval.event.logging import CloudWatchLoggingSession
from localstack.services.stepfunctions.stepfunctions_utils import (
    assert_pagination_parameters_valid,
)

from lab.providers.pages import place_of, token_of
from lab.providers.stepfunctions.database import Database, Events
from lab.providers.stepfunctions.executions import (
    Journal,
    Kept,
    KeptExecution,
    KeptSyncExecution,
)
from lab.providers.stepfunctions.map_runs import MapRuns
from lab.providers.stepfunctions.models import Answer, Run, moment
from lab.providers.stepfunctions.redrive import Restart
from lab.providers.stepfunctions.task_tokens import TaskTokens
from lab.providers.stepfunctions.validation import Validation

MAX_INPUT_BYTES = 256 * 1024
EXECUTION = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:(stateMachine|execution|express)(:[\w./-]+){1,4}"
)
NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]+")
MAX_TOKEN = 3096
BILLED_MILLISECONDS, BILLED_MEGABYTES = 100, 64
DATA = ("input", "output", "parameters", "assignedVariables", "error", "cause")


class LabStepFunctionsProvider(MapRuns, TaskTokens, Validation):
    """LocalStack's provider over our database."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.journal = Journal(database)
        self._given = threading.local()
        localstack_provider.Execution = self._execution
        localstack_provider.SyncExecution = self._sync_execution

    def on_before_stop(self) -> None:
        self.journal.close()

    @staticmethod
    def _validate_state_machine_execution_arn(execution_arn: str) -> None:
        """Those of a Map run's children have a slash."""
        if not EXECUTION.fullmatch(execution_arn):
            raise InvalidArn(f"Invalid arn: '{execution_arn}'")

    def _execution(self, **parts: Any) -> Kept:
        return self._follow(KeptExecution(**parts))

    def _sync_execution(self, **parts: Any) -> Kept:
        return self._follow(KeptSyncExecution(**parts))

    def _follow(self, execution: Kept) -> Kept:
        execution.database = self.database
        stores = localstack_provider.sfn_stores
        execution.store = stores[execution.account_id][execution.region_name].executions
        execution.ended = self.remember_tokens
        execution.input_text = getattr(self._given, "text", None) or "{}"
        if execution.is_kept:
            self.journal.follow(execution)
        return execution

    def _run(self, context: RequestContext, arn: str) -> tuple[Run, Events]:
        """An execution with its events, running or ended."""
        self._validate_state_machine_execution_arn(arn)
        if ":express:" in arn:
            self._raise_resource_type_not_in_context(resource_type="express")
        live = self.get_store(context).executions.get(arn)
        if isinstance(live, Kept):
            return live.run(), live.events()
        run = self.database.run(arn)
        if run is None or (run.account, run.region) != (context.account_id, context.region):
            raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{arn}'")
        return run, self.database.history(arn)

    def start_execution(
        self,
        context: RequestContext,
        state_machine_arn: str,
        name: str | None = None,
        input: str | None = None,
        trace_header: str | None = None,
        **_more: Any,
    ) -> Any:
        self._check_input(name, input)
        again = self._started_before(context, state_machine_arn, name, input)
        if again is not None:
            return {"executionArn": again.arn, "startDate": moment(again.started)}
        self._given.text = input
        return super().start_execution(context, state_machine_arn, name, input, trace_header)

    def start_sync_execution(
        self,
        context: RequestContext,
        state_machine_arn: str,
        name: str | None = None,
        input: str | None = None,
        trace_header: str | None = None,
        **_more: Any,
    ) -> Any:
        self._check_input(name, input)
        alias = self.get_store(context).aliases.get(state_machine_arn)
        arn = alias.sample() if alias else state_machine_arn
        self._given.text = input
        answer: Answer = dict(super().start_sync_execution(context, arn, name, input, trace_header))
        taken = round((answer["stopDate"] - answer["startDate"]).total_seconds() * 1000)
        billed = -(-max(taken, 1) // BILLED_MILLISECONDS) * BILLED_MILLISECONDS
        answer["billingDetails"] = {
            "billedDurationInMilliseconds": billed,
            "billedMemoryUsedInMB": BILLED_MEGABYTES,
        }
        return answer

    @staticmethod
    def _check_input(name: str | None, text: str | None) -> None:
        if name is not None and (len(name) > 80 or not NAME.fullmatch(name)):
            raise InvalidName(f"Invalid Name: '{name}'")
        if text is None:
            return
        if len(text.encode()) > MAX_INPUT_BYTES:
            raise ValidationException(
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_INPUT_BYTES}"
            )
        try:
            json.loads(text)
        except ValueError as error:
            raise InvalidExecutionInput(
                f"Invalid State Machine Execution Input: '{error}'"
            ) from error

    def _started_before(
        self, context: RequestContext, machine: str, name: str | None, text: str | None
    ) -> Run | None:
        """The running execution of this name and input; a name of an ended one is refused."""
        if name is None:
            return None
        base = ":".join(machine.split("#", maxsplit=1)[0].split(":")[:7])
        arn = f"{base.replace(':stateMachine:', ':execution:')}:{name}"
        live = self.get_store(context).executions.get(arn)
        run = live.run() if isinstance(live, Kept) else self.database.run(arn)
        if run is None:
            return None
        if run.status == "RUNNING" and json.loads(run.input) == json.loads(text or "{}"):
            return run
        raise CommonServiceException("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")

    def describe_execution(
        self, context: RequestContext, execution_arn: str, included_data: Any = None, **_more: Any
    ) -> Any:
        run, _ = self._run(context, execution_arn)
        return run.describe(included_data != "METADATA_ONLY")

    def describe_state_machine_for_execution(
        self, context: RequestContext, execution_arn: str, **_more: Any
    ) -> Any:
        run, _ = self._run(context, execution_arn)
        machine = run.machine
        answer: Answer = {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "definition": machine.definition,
            "roleArn": machine.role,
            "updateDate": moment(machine.updated),
            "loggingConfiguration": machine.logging,
        }
        if run.map_run is not None:
            answer |= {"mapRunArn": run.map_run, "label": machine.arn.rpartition("/")[2]}
        if machine.revision is not None:
            answer["revisionId"] = machine.revision
        return answer

    def stop_execution(
        self,
        context: RequestContext,
        execution_arn: str,
        error: str | None = None,
        cause: str | None = None,
        **_more: Any,
    ) -> Any:
        run, _ = self._run(context, execution_arn)
        live = self.get_store(context).executions.get(execution_arn)
        if not isinstance(live, Kept):
            return {"stopDate": moment(run.stopped)}
        live.stop(moment(time.time()), error, cause)  # type: ignore[arg-type]  # never None
        return {"stopDate": live.stop_date}

    def delete_state_machine(
        self, context: RequestContext, state_machine_arn: str, **_more: Any
    ) -> Any:
        """With its aliases and what has ended of its executions."""
        answer = super().delete_state_machine(context, state_machine_arn)
        aliases = self.get_store(context).aliases
        for arn in [arn for arn in aliases if arn.startswith(f"{state_machine_arn}:")]:
            del aliases[arn]
        self.database.forget(state_machine_arn)
        return answer

    @handler("ListExecutions", expand=False)
    def list_executions(self, context: RequestContext, request: Any) -> Any:
        limit, token = request.get("maxResults") or 100, request.get("nextToken")
        assert_pagination_parameters_valid(limit, token or "", MAX_TOKEN)
        machine, map_run = request.get("stateMachineArn"), request.get("mapRunArn")
        if (machine is None) == (map_run is None):
            only = "" if machine is None else "only one of "
            raise ValidationException(f"Must provide {only}a StateMachine ARN or MapRun ARN")
        if machine is not None:
            self._check_lists_executions(context, machine)
        found = self.database.runs(
            map_run or machine,
            request.get("statusFilter"),
            {"REDRIVEN": True, "NOT_REDRIVEN": False}.get(request.get("redriveFilter")),
            _place(token) or None,
            limit + 1,
        )
        answer: Answer = {"executions": [run.item() for _, run in found[:limit]]}
        if len(found) > limit:
            answer["nextToken"] = token_of(found[limit - 1][0])
        return answer

    def _check_lists_executions(self, context: RequestContext, arn: str) -> None:
        self._validate_state_machine_arn(arn)
        store = self.get_store(context)
        if arn in store.aliases:
            return
        machine = store.state_machines.get(arn)
        if machine is None:
            self._raise_state_machine_does_not_exist(arn)
        elif machine.sm_type != "STANDARD":
            self._raise_state_machine_type_not_supported()

    @handler("GetExecutionHistory", expand=False)
    def get_execution_history(self, context: RequestContext, request: Any) -> Any:
        limit, token = request.get("maxResults") or 100, request.get("nextToken")
        assert_pagination_parameters_valid(limit, token or "", MAX_TOKEN)
        _, events = self._run(context, request["executionArn"])
        first = _place(token)
        ordered = events[::-1] if request.get("reverseOrder") else events
        page = ordered[first : first + limit]
        if request.get("includeExecutionData") is False:
            page = [_without_data(event) for event in page]
        answer: Answer = {"events": page}
        if first + limit < len(ordered):
            answer["nextToken"] = token_of(first + limit)
        return answer

    def redrive_execution(self, context: RequestContext, execution_arn: str, **_more: Any) -> Any:
        run, events = self._run(context, execution_arn)
        if run.refusal is not None:
            raise ExecutionNotRedrivable(
                f"The execution you are trying to redrive is not redrivable: {run.refusal}"
            )
        store = self.get_store(context)
        machine = store.state_machines.get(run.version or run.machine.arn)
        if machine is None:
            self._raise_state_machine_does_not_exist(run.machine.arn)
        machine = _as_it_was(machine, run)
        execution = self._execution(
            name=run.name,
            sm_type=machine.sm_type,
            role_arn=run.machine.role,
            exec_arn=run.arn,
            account_id=run.account,
            region_name=run.region,
            state_machine=machine,
            state_machine_alias_arn=run.alias,
            start_date=moment(run.started),
            cloud_watch_logging_session=_logging_of(machine, run.arn),
            input_data=json.loads(run.input),
            trace_header=run.trace,
            activity_store=store.activities,
        )
        execution.input_text = run.input
        execution.redrives, execution.redriven = run.redrives + 1, time.time()
        store.executions[run.arn] = execution
        execution.start(Restart.of(events, run.machine.definition))
        return {"redriveDate": moment(execution.redriven)}


def _place(token: str | None) -> int:
    return place_of(token, lambda _message: InvalidToken("Invalid Token: 'Invalid token'"))


def _logging_of(machine: Any, execution: str) -> CloudWatchLoggingSession | None:
    configuration = machine.cloud_watch_logging_configuration
    return configuration and CloudWatchLoggingSession(execution, configuration)


def _as_it_was(machine: Any, run: Run) -> Any:
    """A redrive goes by the definition with which the execution began."""
    machine = copy.copy(machine)
    machine.definition, machine.role_arn = run.machine.definition, run.machine.role
    return machine


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    """An event as ``includeExecutionData=False`` shows it."""
    return {
        key: {name: inner for name, inner in value.items() if name not in DATA}
        if isinstance(value, dict)
        else value
        for key, value in event.items()
    }
