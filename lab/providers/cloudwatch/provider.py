"""CloudWatch's operations. Those that the lab has are answered by the module of their resource, all
others refused by name.

Source: Amazon CloudWatch API reference.
"""

from collections.abc import Callable
from typing import Any

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.edge import ROUTER
from localstack.services.plugins import Service

from lab.providers.cloudwatch import (
    alarm_store,
    alarms,
    dashboards,
    data,
    metrics,
    queries,
    tags,
    widgets,
)
from lab.providers.cloudwatch.alarm_scheduler import PATH, AlarmScheduler
from lab.providers.cloudwatch.dispatch import Handler, answering
from lab.providers.cloudwatch.errors import validation

RESOURCES = (alarms, dashboards, data, queries, tags, widgets)
STARTING = ("PutMetricAlarm", "PutCompositeAlarm")


def create_service() -> Service:
    metrics.install()
    scheduler = AlarmScheduler()
    SHUTDOWN_HANDLERS.register(scheduler.stop)
    ROUTER.add(PATH, scheduler.answer, methods=["POST"])
    alarm_store.prune_history()
    if next(alarm_store.all_alarms(), None):
        scheduler.wake()
    model = load_service("cloudwatch")
    handled: dict[str, Handler] = {}
    for resource in RESOURCES:
        handled.update(resource.HANDLERS)
    table = {name: answering(handler) for name, handler in handled.items()}
    for name in STARTING:
        table[name] = _waking(table[name], scheduler)
    others = {name: _refusing(name) for name in model.operation_names if name not in handled}
    return Service("cloudwatch", skeleton=Skeleton(model, {**table, **others}))


def _waking(answer: Callable[..., Any], scheduler: AlarmScheduler) -> Callable[..., Any]:
    def answer_then_wake(context: Any, request: Any) -> Any:
        answered = answer(context, request)
        scheduler.wake()
        return answered

    return answer_then_wake


def _refusing(name: str) -> Callable[[Any, Any], Any]:
    def answer(_context: Any, _request: Any) -> Any:
        raise validation(f"{name} is not supported by this lab's CloudWatch.")

    return answer
