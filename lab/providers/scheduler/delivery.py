"""A schedule in the lab's agenda: its target is called when it is due, again when that failed, and
the dead-letter queue gets what could not be delivered.

Source: EventBridge Scheduler user guide, "Configuring a dead-letter queue", "Configuring flexible
time windows" and "Monitoring EventBridge Scheduler with Amazon CloudWatch".
"""

import json
import logging
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.providers import cloudwatch
from lab.providers.clock import agenda, clock
from lab.providers.cloudwatch import Metric, Source
from lab.providers.scheduler.models import Schedule
from lab.providers.scheduler.targets import Attempt, TargetError, call

LOG = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0

Completed = Callable[[Schedule], None]


def follow(schedule: Schedule, completed: Completed) -> None:
    """Put the schedule into the agenda, or take it out when it is disabled. ``completed`` is told
    when it has been called for the last time.
    """
    forget(schedule)
    if not schedule.is_enabled:
        return

    def fire(due: float) -> None:
        _attempt(schedule, Attempt(due, str(uuid.uuid4()), 1), started=clock().now())
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


def _attempt(schedule: Schedule, attempt: Attempt, started: float) -> None:
    _count(schedule, "InvocationAttemptCount")
    try:
        call(schedule, attempt)
    except TargetError as error:
        LOG.info("%s: attempt %d failed: %s", schedule.arn, attempt.number, error)
        _count(schedule, "TargetErrorCount")
        if reason := _exhausted(schedule, attempt, error, started):
            _give_up(schedule, attempt, error, reason)
        else:
            _try_later(schedule, attempt, started)


def _exhausted(
    schedule: Schedule, attempt: Attempt, error: TargetError, started: float
) -> str | None:
    """Why there is no other attempt; None when there is one."""
    policy = schedule.settings["Target"]["RetryPolicy"]
    if not error.may_retry:
        return "NonRetryableError"
    if attempt.number > policy["MaximumRetryAttempts"]:
        return "MaximumRetryAttempts"
    is_old = clock().now() + _pause(attempt) - started > policy["MaximumEventAgeInSeconds"]
    return "MaximumEventAgeInSeconds" if is_old else None


def _pause(attempt: Attempt) -> float:
    longest = FIRST_PAUSE_SECONDS * 2.0 ** min(attempt.number - 1, 16)
    return min(longest, LONGEST_PAUSE_SECONDS)


def _try_later(schedule: Schedule, attempt: Attempt, started: float) -> None:
    moment = clock().now() + _pause(attempt)

    def fire(_due: float) -> None:
        _attempt(schedule, attempt._replace(number=attempt.number + 1), started)

    key = f"{schedule.arn}#{attempt.execution_id}"
    agenda().put(key, lambda after: moment if moment > after else None, fire)


def _give_up(schedule: Schedule, attempt: Attempt, error: TargetError, reason: str) -> None:
    target = schedule.settings["Target"]
    _count(schedule, "InvocationDroppedCount")
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
        "RETRY_ATTEMPTS": str(attempt.number - 1),
        "SCHEDULED_TIME": scheduled,
        "SCHEDULE_ARN": schedule.arn,
        "TARGET_ARN": target["Arn"],
    }
    sqs = connect_to(aws_access_key_id=schedule.account, region_name=schedule.region).sqs
    try:
        url = sqs.get_queue_url(QueueName=queue.rsplit(":", 1)[1])["QueueUrl"]
        sqs.send_message(
            QueueUrl=url,
            MessageBody=target.get("Input") or json.dumps({}),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
                if value
            },
        )
        _count(schedule, "InvocationsSentToDeadLetterCount")
    except (BotoCoreError, ClientError) as failure:
        LOG.warning("%s: no dead letter sent: %s", schedule.arn, failure)
        _count(schedule, "InvocationsFailedToBeSentToDeadLetterCount")


def _count(schedule: Schedule, name: str) -> None:
    dimensions = (("ScheduleGroup", schedule.key.group),)
    source = Source("AWS/Scheduler", schedule.account, schedule.region, dimensions)
    cloudwatch.publisher().add(source, [(Metric(name), 1)])
