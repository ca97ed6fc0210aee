"""LocalStack's evaluation of states, without what it does again and again.

Measured on a machine of ten Pass and Choice states, it built the parser of JSONPath anew for each
path (40 ms), copied values of JSON by way of Python's general copier, started a thread for each
program and task, kept all these threads for ever, and assumed the role anew for each task, each
time with a client of its own. What is evaluated, and in which order, stays LocalStack's.
"""

import copy
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.stepfunctions.asl.component.common.path import result_path
from localstack.services.stepfunctions.asl.component.common.retry import retrier_decl
from localstack.services.stepfunctions.asl.component.common.retry.max_attempts_decl import (
    MaxAttemptsOutcome,
)
from localstack.services.stepfunctions.asl.component.common.retry.retrier_outcome import (
    RetrierOutcome,
)
from localstack.services.stepfunctions.asl.component.common.string import string_expression
from localstack.services.stepfunctions.asl.component.common.timeouts.timeout import TimeoutSeconds
from localstack.services.stepfunctions.asl.component.eval_component import EvalComponent
from localstack.services.stepfunctions.asl.component.program.program import Program
from localstack.services.stepfunctions.asl.component.state.state_execution import execute_state
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.inline_iteration_component import (  # noqa: E501  LocalStack's path
    InlineIterationComponent,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.iteration_worker import (  # noqa: E501  LocalStack's path
    IterationWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_pass.result import Result
from localstack.services.stepfunctions.asl.eval import states
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.utils import boto_client, json_path
from localstack.utils.patch import patch

PATHS = 4096
MOST_ITERATIONS = 40
"""So many iterations of an inline Map run at a time, as on AWS."""
ROLE_SECONDS = 900
"""How long a role that has been assumed is used again; AWS gives such a session an hour."""
ASL = "localstack.services.stepfunctions.asl.component"
WITH_THREADS = (
    f"{ASL}.program.program",
    f"{ASL}.state.state_execution.execute_state",
    f"{ASL}.state.state_execution.state_map.iteration.inline_iteration_component",
    f"{ASL}.state.state_execution.state_parallel.branch_worker",
    f"{ASL}.state.state_execution.state_task.service.state_task_service_callback",
    f"{ASL}.test_state.program.test_state_program",
    "localstack.services.stepfunctions.backend.execution_worker",
)


def install() -> None:
    """Once, when Step Functions is loaded."""
    vars(json_path)["parse"] = lru_cache(PATHS)(vars(json_path)["parse"])
    vars(result_path)["parse"] = lru_cache(PATHS)(vars(result_path)["parse"])
    vars(states)["copy"] = vars(string_expression)["copy"] = JsonCopier
    vars(boto_client)["connect_to"] = Roles()
    for name in WITH_THREADS:
        vars(import_module(name))["TMP_THREADS"] = _Forgetful()
    patch(Environment.program_state)(_program_state)
    patch(Result._eval_body)(_eval_result)
    patch(Program.eval)(_eval_program)
    patch(execute_state.ExecutionState._evaluate_with_timeout)(_evaluate_state)
    patch(retrier_decl.RetrierDecl._eval_body)(_eval_retrier)
    patch(InlineIterationComponent._eval_body)(_eval_inline_map)
    patch(IterationWorker._eval_pool)(_eval_jobs)


class JsonCopier:
    """``copy``, for values that are JSON."""

    @staticmethod
    def deepcopy(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: JsonCopier.deepcopy(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [JsonCopier.deepcopy(inner) for inner in value]
        return value


class Roles:
    """Stands in for ``connect_to``: clients of a role that is assumed once in a while."""

    def __init__(self) -> None:
        self._assumed: dict[tuple[str, str], tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def with_assumed_role(self, *, role_arn: str, region_name: str, **more: Any) -> Any:
        key = (role_arn, region_name)
        with self._lock:
            until, factory = self._assumed.get(key, (0.0, None))
            if time.monotonic() > until:
                factory = connect_to.with_assumed_role(
                    role_arn=role_arn, region_name=region_name, **more
                )
                self._assumed[key] = (time.monotonic() + ROLE_SECONDS, factory)
        return factory


class _Forgetful:
    """Takes the place of a list that LocalStack adds each thread to and never takes one from; the
    threads are daemons.
    """

    def append(self, _thread: threading.Thread) -> None:
        pass


def _program_state(_original: Callable[..., Any], env: Any) -> Any:
    return copy.copy(env._program_state)


def _eval_result(_original: Callable[..., Any], result: Any, env: Any) -> None:
    env.stack.append(JsonCopier.deepcopy(result.result_obj))


def _eval_program(original: Callable[..., None], program: Any, env: Any) -> None:
    """In the thread that asks for it, unless its time is limited."""
    if program.timeout_seconds is not None:
        original(program, env)
        return
    env.next_state_name = program.start_at.start_at_name
    EvalComponent.eval(program, env)


def _evaluate_state(original: Callable[..., None], state: Any, env: Any) -> None:
    """In the same thread, unless the state has a timeout."""
    seconds = getattr(state.timeout, "timeout_seconds", None)
    if seconds != TimeoutSeconds.DEFAULT_TIMEOUT_SECONDS:
        original(state, env)
        return
    frame = env.open_frame()
    frame.states.reset(input_value=env.states.get_input())
    frame.stack = copy.deepcopy(env.stack)
    try:
        state._eval_execution(frame)
        output = frame.stack[-1]
    finally:
        frame.set_ended()
        env.close_frame(frame)
    env.stack.append(output)
    if not state._is_language_query_jsonpath():
        env.states.set_result(output)
    for part in (state.assign_decl, state.result_selector):
        if part:
            part.eval(env=env)
    if state.result_path:
        state.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


def pause(env: Any, seconds: float) -> None:
    """Wait, unless the execution ends meanwhile."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and env.is_running():
        env.program_state_event.wait(min(left, 1.0))


def _eval_retrier(_original: Callable[..., None], retrier: Any, env: Any) -> None:
    """A retry that waits ends at once when the execution is stopped."""
    retrier.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(RetrierOutcome.Skipped)
        return
    retrier.max_attempts.eval(env=env)
    if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(RetrierOutcome.Failed)
        return
    for part in ("interval_seconds", "backoff_rate", "max_delay_seconds", "jitter_strategy"):
        getattr(retrier, part).eval(env=env)
    pause(env, env.stack.pop())
    env.stack.append(RetrierOutcome.Executed)


def _eval_inline_map(original: Callable[..., None], component: Any, env: Any) -> None:
    given = env.stack[-1]
    given.max_concurrency = min(given.max_concurrency or MOST_ITERATIONS, MOST_ITERATIONS)
    original(component, env)


def _eval_jobs(_original: Callable[..., None], worker: Any, job: Any, worker_frame: Any) -> None:
    """One item after the other; LocalStack's calls itself for the next, and ends at about 1,000."""
    while job is not None:
        frame = worker_frame.open_inner_frame()
        worker._eval_job(env=frame, job=job)
        worker_frame.close_frame(frame)
        following = None
        if not isinstance(job.job_output, Exception) and not worker.stopped():
            following = worker._job_pool.next_job()
            if following is None:  # what comes next follows the last event of the last item
                last = frame.event_history_context.last_published_event_id
                worker_frame.event_history_context.source_event_id = last
        if following is None:
            worker._env.close_frame(worker_frame)
        worker._job_pool.close_job(job)
        if following is None:
            return
        job = following
    worker._env.close_frame(worker_frame)
