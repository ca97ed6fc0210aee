"""A distributed Map: its items, in batches or one by one, each in an execution of its own.

LocalStack evaluates items in frames of the parent, with one history for all, one thread per worker
whatever the number, recursion from item to item, and without batches, tolerated failures and
results. Here each is a child execution that is kept with its history (unless it is EXPRESS),
``MaxConcurrency`` may change on the way, and what the run tolerates is counted.
Source: AWS Step Functions Developer Guide, "Using Map state in Distributed mode".
"""

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.api.stepfunctions import HistoryEventType
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (  # noqa: E501  LocalStack's path
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.distributed_iteration_component import (  # noqa: E501  LocalStack's path
    DistributedIterationComponent,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor.map_run_record import (  # noqa: E501  LocalStack's path
    MapRunRecord,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.result_writer.result_writer_decl import (  # noqa: E501  LocalStack's path
    ResultWriter,
)
from localstack.services.stepfunctions.asl.utils.encoding import to_json_str
from localstack.utils.patch import patch

from lab.providers.stepfunctions.database import Database, Events
from lab.providers.stepfunctions.executions import History
from lab.providers.stepfunctions.item_readers import read_items
from lab.providers.stepfunctions.map_child import new_frame, new_run, reflect, write_last_event
from lab.providers.stepfunctions.map_results import outputs_of, write_results
from lab.providers.stepfunctions.models import COMPACT, Run

LOG = logging.getLogger(__name__)
MOST_AT_ONCE = 1000
"""Children that run at a time; AWS allows 10,000."""
AT_ONCE = 100
MAX_BATCH_BYTES = 256 * 1024
LIVE: dict[str, MapRunRecord] = {}
"""The Map runs that run, for ``UpdateMapRun`` and ``DescribeMapRun``."""
THRESHOLD = "The specified tolerated failure threshold was exceeded"


def install(database: Database) -> None:
    """Once, when Step Functions is loaded."""

    def evaluate(_original: Callable[..., None], component: Any, env: Any) -> None:
        MapRun(database, component, env).evaluate()

    patch(DistributedIterationComponent._eval_body)(evaluate)
    patch(ResultWriter._eval_body)(_nothing)


def _nothing(_original: Callable[..., None], _writer: Any, _env: Any) -> None:
    """The Map run has written its results."""


def describe(record: MapRunRecord) -> dict[str, Any]:
    """``DescribeMapRun`` with times in seconds, and what ``ListMapRuns`` needs."""
    found: dict[str, Any] = {
        key: value.timestamp() if isinstance(value, dt.datetime) else value
        for key, value in record.describe().items()
    }
    return {
        **found,
        "itemCounts": _complete(found["itemCounts"]),
        "executionCounts": _complete(found["executionCounts"]),
        "stateMachineArn": record.map_state_machine_arn,
        "redriveCount": 0,
    }


def _complete(counts: dict[str, int]) -> dict[str, int]:
    return {**counts, "failuresNotRedrivable": counts["failed"], "pendingRedrive": 0}


class MapRun:
    """One evaluation of a distributed Map state."""

    def __init__(self, database: Database, component: Any, env: Any) -> None:
        self.given = env.stack.pop()
        self.record: MapRunRecord = self.given.map_run_record
        self.component = component
        self.extras = component.map_state.extras
        self.database = database
        self.env = env
        self.program = component._get_iteration_program()
        self.is_kept = not self.extras.is_express
        self.children: dict[int, Run] = {}
        self.pending: list[Any] = []
        self.unwritten: list[tuple[Run, Events]] = []
        self.frames: set[Any] = set()
        self.running = 0
        self.changed = threading.Condition()

    def evaluate(self) -> None:
        arn = self.record.map_run_arn
        details = {"mapRunStartedEventDetails": {"mapRunArn": arn}}
        self._event(HistoryEventType.MapRunStarted, details)
        LIVE[arn] = self.record
        self.database.put_map_run(describe(self.record))
        try:
            output = self._run()
        except FailureEventException as error:
            self._end("FAILED", error)
            raise
        except Exception:
            self._end("FAILED", None)
            raise
        self._end("SUCCEEDED" if self.env.is_running() else "ABORTED", None)
        self.env.stack.append(output)

    def _run(self) -> Any:
        items = self._items()
        self._work(list(self._inputs(items)), len(items))
        output = self._results()
        if self._is_intolerable():
            raise self._failure(
                StatesErrorNameType.StatesExceedToleratedFailureThreshold, THRESHOLD
            )
        return output

    def _end(self, status: str, error: FailureEventException | None) -> None:
        self.record.set_stop(status)
        self.database.put_map_run(describe(self.record))
        LIVE.pop(self.record.map_run_arn, None)
        if status == "SUCCEEDED":
            self._event(HistoryEventType.MapRunSucceeded)
        elif status == "FAILED":
            pair = (error.extract_error_cause_pair() if error else None) or (None, None)
            details = dict(zip(("error", "cause"), pair, strict=True))
            details = {key: value for key, value in details.items() if value}
            self._event(HistoryEventType.MapRunFailed, {"mapRunFailedEventDetails": details})

    def _event(self, kind: HistoryEventType, details: dict[str, Any] | None = None) -> None:
        context = self.env.event_history_context
        self.env.event_manager.add_event(context=context, event_type=kind, event_details=details)

    def _failure(self, kind: StatesErrorNameType, cause: str) -> FailureEventException:
        details = {"mapRunFailedEventDetails": {"error": kind.to_name(), "cause": cause}}
        name = StatesErrorName(typ=kind)
        return FailureEventException(
            FailureEvent(self.env, name, HistoryEventType.MapRunFailed, details)
        )

    # What the items are.

    def _items(self) -> list[Any]:
        if self.given.item_reader is None:
            return list(self.given.input_items)
        try:
            return read_items(self.env, self.given.item_reader, self.extras.reader)
        except ValueError as error:
            kind = StatesErrorNameType.StatesItemReaderFailed
            raise self._failure(kind, str(error)) from error

    def _inputs(self, items: list[Any]) -> Iterator[tuple[Any, int]]:
        """The input of each child with the number of its items."""
        chosen = (self._select(index, item) for index, item in enumerate(items))
        if self.extras.batcher is None:
            for item in chosen:
                yield item, 1
            return
        settings = self._settings()
        most = int(settings.get("MaxItemsPerBatch") or len(items) or 1)
        size = int(settings.get("MaxInputBytesPerBatch") or MAX_BATCH_BYTES)
        more = {"BatchInput": settings["BatchInput"]} if "BatchInput" in settings else {}
        batch: list[Any] = []
        used = empty = len(to_json_str({**more, "Items": []}, COMPACT))
        for item in chosen:
            length = len(to_json_str(item, COMPACT)) + 1
            if batch and (len(batch) >= most or used + length > size):
                yield {**more, "Items": batch}, len(batch)
                batch, used = [], empty
            batch.append(item)
            used += length
        if batch:
            yield {**more, "Items": batch}, len(batch)

    def _settings(self) -> dict[str, Any]:
        """The batcher's settings, evaluated on the input of the state."""
        self.extras.batcher.eval(self.env)
        settings: dict[str, Any] = self.env.stack.pop()
        return settings

    def _select(self, index: int, item: Any) -> Any:
        selector = self.given.item_selector or self.given.parameters
        if not selector:
            return item
        frame = self.env.open_frame()
        try:
            context = frame.states.context_object.context_object_data
            context["Map"] = {"Item": {"Index": index, "Value": item}}
            given = self.env.stack[-1] if self.env.stack else self.env.states.get_input()
            frame.states.reset(input_value=given)
            frame.stack.append(frame.states.get_input())
            selector.eval(frame)
            return frame.stack[-1]
        finally:
            self.env.delete_frame(frame)

    # How they are run.

    def _work(self, inputs: list[tuple[Any, int]], total: int) -> None:
        record = self.record
        record.item_counter.total.count(total)
        record.item_counter.pending.count(total)
        record.execution_counter.total.count(len(inputs))
        record.execution_counter.pending.count(len(inputs))
        with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="states-map") as pool:
            for number, (value, count) in enumerate(inputs):
                if not self._wait_for_room():
                    self.pending = [value for value, _ in inputs[number:]]
                    break
                self._count("pending", -1, count)
                self._count("running", 1, count)
                pool.submit(self._child, number, value, count)
            with self.changed:
                while self.running:
                    if self._is_over():
                        self._stop_children()
                    self._write()
                    self.changed.wait(1.0)
                self._write()

    def _write(self) -> None:
        """Keep the children that wait for others."""
        found, self.unwritten = self.unwritten, []
        if found:
            self.database.put_all(found)

    def _wait_for_room(self) -> bool:
        """Whether one more child may begin."""
        with self.changed:
            while not self._is_over():
                if self.running < (self.record.max_concurrency or MOST_AT_ONCE):
                    self.running += 1
                    return True
                if not self.changed.wait(1.0):
                    self._write()
        return False

    def _is_over(self) -> bool:
        return self._is_intolerable() or not self.env.is_running()

    def _is_intolerable(self) -> bool:
        counter = self.record.item_counter
        failed = counter.failed.get() + counter.timed_out.get()
        most, share = self.record.tolerated_failure_count, self.record.tolerated_failure_percentage
        if not most and not share:
            return failed > 0
        total = max(counter.total.get(), 1)
        return bool((most and failed > most) or (share and failed * 100 / total > share))

    def _stop_children(self) -> None:
        for frame in list(self.frames):
            frame.set_stop(stop_date=dt.datetime.now(dt.UTC), cause=None, error=None)

    def _count(self, kind: str, executions: int, items: int) -> None:
        sign = 1 if executions > 0 else -1
        getattr(self.record.execution_counter, kind).offset(executions)
        getattr(self.record.item_counter, kind).offset(sign * items)

    def _child(self, number: int, value: Any, count: int) -> None:
        run, kind = self._new_run(value, count), "failed"
        try:
            kind = self._evaluate(run, number, value)
        except Exception:  # the edge of a thread: the run must go on
            LOG.exception("item %d of %s", number, self.record.map_run_arn)
            run.status, run.error = "FAILED", "States.Runtime"
        finally:
            with self.changed:
                self.children[number] = run
                self._count("running", -1, count)
                self._count(kind, 1, count)
                self._count("results_written", 1, count)
                self.running -= 1
                self.changed.notify()

    def _evaluate(self, run: Run, number: int, value: Any) -> str:
        frame, history = new_frame(self.env, run, number, value)
        self.frames.add(frame)
        try:
            self.program.eval(frame)
        finally:
            self.frames.discard(frame)
            self.env.delete_frame(frame)
        kind = reflect(run, frame)
        run.stopped = time.time()
        if self.is_kept:
            write_last_event(run, frame, history)
            self._keep(run, history)
        return kind

    def _new_run(self, value: Any, count: int) -> Run:
        run = new_run(self.env, self.record.map_state_machine_arn, value, self.is_kept)
        run.map_run = self.record.map_run_arn
        run.machine.definition = self.extras.definition
        run.item_count = count if self.extras.batcher is not None else None
        return run

    def _keep(self, run: Run, history: History) -> None:
        """With others, when there are some."""
        with self.changed:
            self.unwritten.append((run, history.events()))
            if len(self.unwritten) < AT_ONCE:
                return
            found, self.unwritten = self.unwritten, []
        self.database.put_all(found)

    # What comes of them.

    def _results(self) -> Any:
        state, settings = self.component.map_state, self.extras.writer
        children = [self.children[number] for number in sorted(self.children)]
        if state.result_writer is None:
            succeeded = [child for child in children if child.output is not None]
            return outputs_of(succeeded, settings)
        state.result_writer.parargs.eval(env=self.env)
        place = self.env.stack.pop()
        try:
            key = write_results(self.env, place | settings, self.record, children, self.pending)
        except (BotoCoreError, ClientError) as error:
            kind = StatesErrorNameType.StatesResultWriterFailed
            raise self._failure(kind, str(error)) from error
        return {
            "MapRunArn": self.record.map_run_arn,
            "ResultWriterDetails": {"Bucket": place["Bucket"], "Key": key},
        }
