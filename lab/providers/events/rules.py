"""Rules on a schedule, as entries of the lab's agenda.

LocalStack reads only some of AWS's expressions and looks at them about once a minute, so that a
rule fires late or not at all; its own scheduler is never started here.

Source: EventBridge user guide, "Creating a rule that runs on a schedule".
"""

import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from localstack.services.events.models import EventsStore, Rule, ValidationException
from localstack.services.events.rule import RuleService
from localstack.services.events.target import TargetSender
from localstack.utils.xray.trace_header import TraceHeader

from lab.providers.clock import agenda, clock, schedules

LOG = logging.getLogger(__name__)

FindSender = Callable[[str], TargetSender | None]
Deliver = Callable[[TargetSender, dict[str, Any], Any], None]


class ScheduledRuleService(RuleService):
    """LocalStack's rule, with all of AWS's schedule expressions."""

    @classmethod
    def _validate_input(
        cls,
        event_pattern: str | None,
        schedule_expression: str | None,
        event_bus_name: str | None = "default",
    ) -> None:
        if schedule_expression:
            check(schedule_expression)
        known = "rate(1 minute)" if schedule_expression else None
        super()._validate_input(event_pattern, known, event_bus_name)

    def _get_schedule_cron(self, schedule_expression: str) -> str:
        return schedule_expression

    def create_schedule_job(self, schedule_job_sender_func: Callable[..., Any]) -> None:
        """Nothing: the agenda has the rule since PutRule."""


def check(expression: str) -> None:
    """Raise ValidationException unless the expression is a rate or a cron expression."""
    try:
        schedules.parse(expression, 0)
    except ValueError as error:
        raise ValidationException("Parameter ScheduleExpression is not valid.") from error
    if expression.startswith("at("):
        raise ValidationException("Parameter ScheduleExpression is not valid.")


class Schedules:
    """The scheduled rules of all accounts. A rate is counted from when its rule was last made or
    enabled, or from the start of the lab.
    """

    def __init__(self, find_sender: FindSender, deliver: Deliver) -> None:
        self._find_sender = find_sender
        self._deliver = deliver
        self._followed: dict[tuple[str, str], dict[str, str]] = {}

    def follow(self, account: str, region: str, store: EventsStore) -> None:
        """Bring the agenda up to date with the rules of one account in one region."""
        wanted = {
            rule.arn: rule
            for bus in store.event_buses.values()
            for rule in bus.rules.values()
            if rule.schedule_expression and rule.state == "ENABLED"
        }
        followed = self._followed.get((account, region), {})
        for arn in followed.keys() - wanted.keys():
            agenda().remove(arn)
        for arn, rule in wanted.items():
            if followed.get(arn) != rule.schedule_expression:
                self._put(rule)
        self._followed[account, region] = {
            arn: rule.schedule_expression for arn, rule in wanted.items()
        }

    def _put(self, rule: Rule) -> None:
        schedule = schedules.parse(rule.schedule_expression, clock().now())
        agenda().put(rule.arn, schedule.following, lambda due: self._fire(rule, due))

    def _fire(self, rule: Rule, due: float) -> None:
        event = _event(rule, due)
        for target in list(rule.targets.values()):
            sender = self._find_sender(f"{rule.arn}-{target['Id']}")
            if sender is not None:
                self._deliver(sender, event, TraceHeader().ensure_root_exists())


def _event(rule: Rule, due: float) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.account_id,
        "time": datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": rule.region,
        "resources": [rule.arn],
        "detail": {},
    }
