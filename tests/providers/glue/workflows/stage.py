"""A catalogue of a test's own, in which jobs and crawlers begin and end when the test says so."""

from typing import Any

import pytest

from lab.providers.glue.errors import GlueError
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.provider import RESOURCES
from lab.providers.glue.state_changes import StateChange, unsubscribe
from lab.providers.glue.workflows import actions, engine, runs, starting
from lab.providers.glue.workflows.engine import Engine


class Stage:
    """``started`` has ``(name, arguments)`` of what was started, in order."""

    def __init__(self, catalog: DataCatalog, patch: pytest.MonkeyPatch) -> None:
        self.catalog = catalog
        self.started: list[tuple[str, dict[str, Any]]] = []
        self.stopped: list[str] = []
        self.refusing: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.patch = patch
        patch.setattr(actions, "start", self._start)
        patch.setattr(
            actions, "stop", lambda _catalog, _kind, name, _run: self.stopped.append(name)
        )
        patch.setattr(actions, "detail", self._detail)
        patch.setattr(engine, "catalog_of", lambda *_: self.catalog)
        self.engine = self.with_engine()

    def with_engine(self) -> Engine:
        """A new engine, as after a restart."""
        made = Engine(lambda task: task())
        unsubscribe(made.tell)
        self.engine = made
        for module in (starting, runs):
            self.patch.setattr(module, "engine", lambda: made)
        return made

    def _start(
        self,
        _catalog: DataCatalog,
        action: dict[str, Any],
        arguments: dict[str, str],
        trigger: str,
        before: list[dict[str, str]],
    ) -> str:
        kind, name = actions.node_of(action)
        if name in self.refusing:
            raise GlueError("ConcurrentRunsExceededException", self.refusing[name])
        origin = {"TriggerName": trigger, "PredecessorRuns": before}
        self.started.append((name, {**arguments, **origin}))
        self.ids[name] = f"{kind}_{name}_{len(self.started)}"
        return self.ids[name]

    def _detail(self, _catalog: DataCatalog, kind: str, name: str, run: str) -> Any:
        if (state := self.states.get(run)) is None:
            return None
        if kind == "job":
            return {"Id": run, "JobName": name, "JobRunState": state}
        return {"State": state}

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.started]

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        handlers = {name: call for one in RESOURCES for name, call in one.HANDLERS.items()}
        return dict(handlers[operation](self.catalog, request))

    def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        with pytest.raises(GlueError) as caught:
            self.call(operation, **request)
        return caught.value.code, caught.value.message

    def have(self, *names: str) -> None:
        """Crawlers are those whose name begins with ``c``."""
        for name in names:
            self.catalog.storage.put("crawler" if name[0] == "c" else "job", (name,), {})

    def end(self, name: str, state: str = "SUCCEEDED", attempt: int = 0) -> None:
        """What was started last by that name is in this state now."""
        kind, run = "crawler" if name[0] == "c" else "job", self.ids[name]
        run += f"_attempt_{attempt}" if attempt else ""
        self.states[run] = state
        place = (self.catalog.account, self.catalog.region)
        self.engine.tell(StateChange(*place, kind, name, run, state))

    def trigger(self, name: str, kind: str, *actions_: str, **more: Any) -> None:
        given: dict[str, Any] = {"Name": name, "Type": kind}
        given["Actions"] = [action(one) for one in actions_]
        if kind in ("CONDITIONAL", "SCHEDULED"):
            given["StartOnCreation"] = True
        self.call("CreateTrigger", **given, **more)

    def after(self, name: str, conditions: dict[str, str], *actions_: str, **more: Any) -> None:
        """A conditional trigger: ``conditions`` has states by the names of jobs and crawlers."""
        predicate = {
            "Logical": more.pop("logical", "AND"),
            "Conditions": [condition(*item) for item in conditions.items()],
        }
        self.trigger(name, "CONDITIONAL", *actions_, Predicate=predicate, **more)

    def workflow(self, name: str, **more: Any) -> None:
        self.call("CreateWorkflow", Name=name, **more)

    def run(self, name: str, **more: Any) -> str:
        return str(self.call("StartWorkflowRun", Name=name, **more)["RunId"])

    def look(self, name: str, run: str, graph: bool = False) -> dict[str, Any]:
        answer = self.call("GetWorkflowRun", Name=name, RunId=run, IncludeGraph=graph)
        return dict(answer["Run"])

    def node(self, name: str, run: str, node: str) -> dict[str, Any]:
        nodes = self.look(name, run, graph=True)["Graph"]["Nodes"]
        return dict(next(one for one in nodes if one["Name"] == node))


def action(name: str) -> dict[str, Any]:
    return {"CrawlerName" if name[0] == "c" else "JobName": name}


def condition(name: str, state: str) -> dict[str, str]:
    key = "CrawlState" if name[0] == "c" else "State"
    return {"LogicalOperator": "EQUALS", **action(name), key: state}
