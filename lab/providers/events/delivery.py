"""Events on their way to the targets of rules: in threads of their own, again when a target fails,
then to the dead-letter queue; and what CloudWatch learns of it.

Source: EventBridge user guide, "How EventBridge retries delivering events", "Using dead-letter
queues to process undelivered events" and "Monitoring Amazon EventBridge".
"""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.events.target import TargetSender
from localstack.services.events.utils import to_json_str

from lab.providers import cloudwatch
from lab.providers.cloudwatch import Metric, Source
from lab.providers.retries import DEFAULT_POLICY, Delivery, TargetError, dead_letter, target_error

THREADS = 16
METRICS = {
    "attempt": "InvocationAttempts",
    "error": "RetryInvocationAttempts",
    "dropped": "FailedInvocations",
}


class Deliveries:
    """What is on its way."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="events-delivery")
        self._lock = threading.Lock()
        self._under_way = 0

    def under_way(self) -> int:
        return self._under_way

    def run(self, work: Callable[[], None]) -> None:
        """Do it soon, in another thread."""
        with self._lock:
            self._under_way += 1
        self._pool.submit(self._run, work)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._lock:
                self._under_way -= 1

    def deliver(self, sender: TargetSender, event: dict[str, Any], trace_header: Any) -> None:
        """Call the target, now and in this thread; later attempts are the agenda's."""
        target = sender.target
        count(sender, "Invocations")

        def call(_number: int) -> None:
            try:
                sender.process_event(event.copy(), trace_header)
            except (BotoCoreError, ClientError) as error:
                raise target_error(error) from error
            except Exception as error:
                # LocalStack's senders raise whatever a strange input makes them raise.
                raise TargetError(type(error).__name__, str(error), may_retry=False) from error

        Delivery(
            key=f"{sender.unique_id}#{uuid.uuid4()}",
            call=call,
            count=lambda what: count(sender, METRICS[what]),
            policy={**DEFAULT_POLICY, **(target.get("RetryPolicy") or {})},
            give_up=lambda error, retries, reason: _give_up(sender, event, error, retries, reason),
        ).attempt()


def _give_up(
    sender: TargetSender, event: dict[str, Any], error: TargetError, retries: int, reason: str
) -> None:
    queue = (sender.target.get("DeadLetterConfig") or {}).get("Arn")
    if queue is None:
        return
    attributes = {
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message,
        "EXHAUSTED_RETRY_CONDITION": reason if error.may_retry else None,
        "RETRY_ATTEMPTS": str(retries),
        "RULE_ARN": sender.rule_arn,
        "TARGET_ARN": sender.target["Arn"],
    }
    sent = dead_letter((sender.account_id, sender.region), queue, to_json_str(event), attributes)
    count(sender, "InvocationsSentToDlq" if sent else "InvocationsFailedToBeSentToDlq")


def count(sender: TargetSender, name: str) -> None:
    source = Source(
        "AWS/Events", sender.account_id, sender.region, (("RuleName", sender.rule_name),)
    )
    cloudwatch.publisher().add(source, [(Metric(name), 1)])
