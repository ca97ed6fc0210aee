"""A schedule in the lab's agenda: its target is called when it is due, again when that failed, and
the dead-letter queue gets what could not be delivered.

Source: EventBridge Scheduler user guide, "Configuring a dead-letter queue", "Configuring flexible
time windows" and "Monitoring EventBridge Scheduler with Amazon CloudWatch".
"""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from lab.providers import cloudwatch
from lab.providers.clock import agenda
from lab.providers.cloudwatch import Metric, Source
from lab.providers.retries import Delivery, TargetError, dead_letter
from lab.providers.scheduler.models import Schedule
from lab.providers.scheduler.targets import Attempt, call

METRICS = {
    "attempt": "InvocationAttemptCount",
    "error": "TargetErrorCount",
    "dropped": "InvocationDroppedCount",
}

Completed = Callable[[Schedule], None]


def follow(schedule: Schedule, completed: Completed) -> None:
    """Put the schedule into the agenda, or take it out when it is disabled. ``completed`` is told
    when it has been called for the last time.
    """
    forget(schedule)
    if not schedule.is_enabled:
        return

    def fire(due: float) -> None:
        _delivery(schedule, due).attempt()
        if schedule.following(due) is None:
            completed(schedule)

    def following(after: float) -> float | None:
        due = schedule.following(after)
        return None if due is None else due + _flexibility(schedule)

    agenda().put(schedule.arn, following, fire)


def forget(schedule: Schedule) -> None:
    agenda().remove(schedule.arn)


def _flexibility(schedule: Schedule) -> float:
    """How long after its time the target is called: at random within the window."""
    window = schedule.settings["FlexibleTimeWindow"]
    if window["Mode"] != "FLEXIBLE":
        return 0.0
    return random.uniform(0, window["MaximumWindowInMinutes"] * 60)  # noqa: S311 - no secret


def _delivery(schedule: Schedule, due: float) -> Delivery:
    execution_id = str(uuid.uuid4())
    return Delivery(
        key=f"{schedule.arn}#{execution_id}",
        call=lambda number: call(schedule, Attempt(due, execution_id, number)),
        count=lambda what: _count(schedule, METRICS[what]),
        policy=schedule.settings["Target"]["RetryPolicy"],
        give_up=lambda error, retries, reason: _give_up(
            schedule, Attempt(due, execution_id, retries), error, reason
        ),
    )


def _give_up(schedule: Schedule, attempt: Attempt, error: TargetError, reason: str) -> None:
    target = schedule.settings["Target"]
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue is None:
        return
    scheduled = datetime.fromtimestamp(attempt.scheduled, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    attributes = {
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message,
        "EXECUTION_ID": attempt.execution_id,
        "EXHAUSTED_RETRY_CONDITION": reason if error.may_retry else None,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(attempt.number),
        "SCHEDULED_TIME": scheduled,
        "SCHEDULE_ARN": schedule.arn,
        "TARGET_ARN": target["Arn"],
    }
    place = (schedule.account, schedule.region)
    sent = dead_letter(place, queue, target.get("Input") or "{}", attributes)
    failed = "InvocationsFailedToBeSentToDeadLetterCount"
    _count(schedule, "InvocationsSentToDeadLetterCount" if sent else failed)


def _count(schedule: Schedule, name: str) -> None:
    dimensions = (("ScheduleGroup", schedule.key.group),)
    source = Source("AWS/Scheduler", schedule.account, schedule.region, dimensions)
    cloudwatch.publisher().add(source, [(Metric(name), 1)])
