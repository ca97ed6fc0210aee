"""What makes flows go on: a thread that fires triggers, starts what they name, and hears how it
ended.

All of it happens in one thread, in order, so that a job which ends at once is not heard of before
it is known to have been started.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from lab.providers.clock import work
from lab.providers.glue import state_changes
from lab.providers.glue.errors import GlueError
from lab.providers.glue.models import catalog_of
from lab.providers.glue.state_changes import StateChange
from lab.providers.glue.storage import Record
from lab.providers.glue.workflows import actions
from lab.providers.glue.workflows.flow import MEMBER, RUN, Flow, current_id, has_ended

LOG = logging.getLogger(__name__)

Task = Callable[[], None]
Owner = tuple[str, str, str, tuple[str, ...]]


class Engine:
    """The open flows of all accounts."""

    def __init__(self, submit: Callable[[Task], object] | None = None) -> None:
        """``submit`` does a task soon; by default, a thread of the engine's own does."""
        self._submit = submit or ThreadPoolExecutor(1, thread_name_prefix="glue-workflows").submit
        self._lock = threading.Lock()
        self._open: set[Owner] = set()
        self._tasks = 0
        state_changes.subscribe(self.tell)
        work().register("glue workflows", self.under_way)

    def under_way(self) -> int:
        return len(self._open) + self._tasks

    def begin(self, flow: Flow, trigger: Record) -> None:
        """Open a flow, which is kept by now, with the trigger that starts it."""
        self._enter(flow)
        self._soon(lambda: self._fire(flow, trigger, []))

    def resume(self, flow: Flow, planned: list[Record]) -> None:
        """Open a flow whose first runs are planned already."""
        self._enter(flow)
        self._soon(lambda: self._start_all(flow, planned))

    def stop(self, flow: Flow) -> None:
        """Ask what runs in a flow, which is STOPPING, to stop."""
        self._soon(lambda: self._stop(flow))

    def recover(self, flow: Flow) -> None:
        """Go on with a flow after a restart."""
        self._enter(flow)
        self._soon(lambda: self._recover(flow))

    def tell(self, change: StateChange) -> None:
        """A crawler or a job run has changed its state."""
        if self._open:
            self._soon(lambda: self._follow(change))

    def _enter(self, flow: Flow) -> None:
        with self._lock:
            self._open.add(_owner(flow))

    def _soon(self, task: Task) -> None:
        with self._lock:
            self._tasks += 1
        self._submit(lambda: self._run(task))

    def _run(self, task: Task) -> None:
        try:
            task()
        except Exception:  # the edge of a thread: other flows must go on
            LOG.exception("a workflow could not go on")
        finally:
            with self._lock:
                self._tasks -= 1

    def _fire(self, flow: Flow, trigger: Record, before: list[Record]) -> None:
        fresh = Flow.load(flow.catalog, flow.kind, flow.key)
        if fresh is None or fresh.record["Status"] != "RUNNING":
            return self._close(flow)
        LOG.info("trigger %s fires", trigger["Name"])
        return self._start_all(fresh, fresh.plan(trigger, before))

    def _start_all(self, flow: Flow, planned: list[Record]) -> None:
        for run in planned:
            self._start(flow, run)
        self._close(flow)

    @staticmethod
    def _start(flow: Flow, run: Record) -> None:
        if flow.record["Status"] != "RUNNING":
            run["state"] = "STOPPED" if run["kind"] == "job" else "CANCELLED"
            return flow.save()
        arguments = {}
        if flow.kind == RUN:
            names = ("--WORKFLOW_NAME", "--WORKFLOW_RUN_ID")
            arguments = dict(zip(names, flow.key, strict=True))
        origin = (run["trigger"], run["before"])
        try:
            run["id"] = actions.start(flow.catalog, run["action"], arguments, *origin)
            run["state"] = "RUNNING"
        except GlueError as error:
            LOG.warning("%s could not start %s: %s", run["trigger"], run["name"], error.message)
            run["state"], run["message"] = "ERROR", error.message
        with flow.catalog.transaction():
            flow.save()
            if "id" in run:
                member = {"kind": flow.kind, "key": list(flow.key)}
                flow.catalog.storage.put(MEMBER, (run["kind"], run["id"]), member)
        return None

    def _follow(self, change: StateChange) -> None:
        catalog = catalog_of(change.account, change.region)
        first, attempt = actions.attempt_of(change.run)
        member = catalog.storage.get(MEMBER, (change.kind, first))
        if member is None:
            return
        key = tuple(member["key"])
        flow = Flow.load(catalog, member["kind"], key)
        if flow is not None:
            is_last = change.kind == "crawler" or not actions.will_retry(
                catalog, change.name, attempt, change.state
            )
            self._note(flow, (change.kind, first), change.state, attempt, is_last)
            return
        # Its workflow was deleted.
        catalog.storage.delete(MEMBER, (change.kind, first))
        with self._lock:
            self._open.discard((catalog.account, catalog.region, member["kind"], key))

    def _note(
        self, flow: Flow, member: tuple[str, str], state: str, attempt: int, is_last: bool
    ) -> None:
        """A run of the flow has this state now; ``is_last``: it is not tried again."""
        found = [run for run in flow.runs if (run["kind"], run.get("id")) == member]
        for run in found:
            if not has_ended(run):
                run["attempt"] = attempt if is_last else attempt + 1
                run["state"] = state if is_last else "RUNNING"
                flow.save()
                if flow.record["Status"] == "RUNNING":
                    self._go_on(flow, run)
                elif state in {"STARTING", "RUNNING"}:
                    self.stop(flow)  # it came after the others were stopped
        self._close(flow)

    def _go_on(self, flow: Flow, run: Record) -> None:
        """Fire what the end of a run fires."""
        if not has_ended(run):
            return
        for trigger, before in list(flow.ready((run["kind"], run["name"]))):
            LOG.info("trigger %s fires", trigger["Name"])
            for planned in flow.plan(trigger, before):
                self._start(flow, planned)

    def _stop(self, flow: Flow) -> None:
        fresh = Flow.load(flow.catalog, flow.kind, flow.key)
        for run in fresh.unended() if fresh else []:
            if "id" not in run:
                continue
            try:
                actions.stop(flow.catalog, run["kind"], run["name"], current_id(run))
            except GlueError as error:
                LOG.info("%s was not stopped: %s", run["name"], error.message)
        self._close(flow)

    def _recover(self, flow: Flow) -> None:
        """Start what was planned and not started; hear of what ended while nobody listened."""
        if not flow.record["fired"] and (trigger := flow.trigger(flow.record["first"])):
            return self._fire(flow, trigger, [])
        for run in flow.unended():
            if "id" not in run:
                self._start(flow, run)
            else:
                found = actions.detail(flow.catalog, run["kind"], run["name"], current_id(run))
                state = (found or {}).get("State") or (found or {}).get("JobRunState") or "ERROR"
                self._note(flow, (run["kind"], run["id"]), state, run.get("attempt", 0), True)
        return self._close(flow)

    def _close(self, flow: Flow) -> None:
        """Close the flow if nothing of it runs."""
        fresh = Flow.load(flow.catalog, flow.kind, flow.key)
        if fresh is not None and fresh.is_open:
            if fresh.unended():
                return
            fresh.close()
        with self._lock:
            self._open.discard(_owner(flow))


def _owner(flow: Flow) -> Owner:
    return flow.catalog.account, flow.catalog.region, flow.kind, flow.key


@cache
def engine() -> Engine:
    """The engine of this lab."""
    return Engine()
