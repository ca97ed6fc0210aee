"""Calls to targets for EventBridge's rules and schedules: again when they fail, then to the
dead-letter queue.

Source: EventBridge user guide, "How EventBridge retries delivering events" and "Using dead-letter
queues to process undelivered events"; EventBridge Scheduler user guide, "Configuring a dead-letter
queue".
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.providers.clock import agenda, clock

LOG = logging.getLogger(__name__)

DEFAULT_POLICY = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
RETRIED = ("Throttl", "TooManyRequests", "ServiceUnavailable", "InternalFailure", "InternalError")


class TargetError(Exception):
    """Why a target could not be called: ``code``, ``message``, and whether a retry may help."""

    def __init__(self, code: str, message: str, may_retry: bool) -> None:
        super().__init__(message)
        self.code, self.message, self.may_retry = code, message, may_retry


def target_error(error: Exception) -> TargetError:
    """What a failed call means: the answers of a busy or broken service are tried again."""
    if isinstance(error, ClientError):
        answer = error.response["Error"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        may_retry = status >= 500 or answer["Code"].startswith(RETRIED)
        return TargetError(answer["Code"], answer["Message"], may_retry)
    return TargetError(type(error).__name__, str(error), may_retry=False)


@dataclass
class Delivery:
    """One thing to deliver to one target. ``call`` is given the number of the attempt, from 1 on,
    and raises TargetError; ``count`` is told AWS's name of what happened, for the metrics.
    """

    key: str
    call: Callable[[int], None]
    count: Callable[[str], None]
    policy: Mapping[str, int]
    give_up: Callable[[TargetError, int, str], None]
    number: int = 1
    started: float = field(default_factory=lambda: clock().now())

    def attempt(self) -> None:
        """Try now; a failure plans the next attempt, or gives up."""
        self.count("attempt")
        try:
            self.call(self.number)
        except TargetError as error:
            LOG.info("%s: attempt %d failed: %s", self.key, self.number, error)
            self.count("error")
            if reason := self._exhausted(error):
                self.count("dropped")
                self.give_up(error, self.number - 1, reason)
            else:
                self._plan()

    def _exhausted(self, error: TargetError) -> str | None:
        """Why there is no other attempt; None when there is one."""
        if not error.may_retry:
            return "NonRetryableError"
        if self.number > self.policy["MaximumRetryAttempts"]:
            return "MaximumRetryAttempts"
        age = clock().now() + self._pause() - self.started
        return "MaximumEventAgeInSeconds" if age > self.policy["MaximumEventAgeInSeconds"] else None

    def _pause(self) -> float:
        return min(FIRST_PAUSE_SECONDS * 2.0 ** min(self.number - 1, 16), LONGEST_PAUSE_SECONDS)

    def _plan(self) -> None:
        moment = clock().now() + self._pause()
        self.number += 1
        agenda().put(
            self.key,
            lambda after: moment if moment > after else None,
            lambda _due: self.attempt(),
        )


def dead_letter(
    place: tuple[str, str], queue_arn: str, body: str, attributes: Mapping[str, str | None]
) -> bool:
    """Send what could not be delivered to a queue; ``place`` is an account and a region. Says
    whether it could be sent.
    """
    account, region = place
    sqs = connect_to(aws_access_key_id=account, region_name=region).sqs
    shown: dict[str, Any] = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in attributes.items()
        if value
    }
    try:
        url = sqs.get_queue_url(QueueName=queue_arn.rsplit(":", 1)[1])["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=shown)
    except (BotoCoreError, ClientError) as error:
        LOG.warning("no dead letter sent to %s: %s", queue_arn, error)
        return False
    return True
