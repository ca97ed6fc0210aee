"""What executions tell others: their changes of status to EventBridge, their events to CloudWatch
Logs. It is sent in one thread, in order; no execution waits for it.

Source: AWS Step Functions Developer Guide, "Automating Step Functions event delivery with
EventBridge", "Using CloudWatch Logs to log execution history in Step Functions".
"""

import datetime as dt
import json
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.services.stepfunctions.asl.eval.event.logging import (
    CloudWatchLoggingConfiguration,
    CloudWatchLoggingSession,
)
from localstack.services.stepfunctions.asl.utils.encoding import to_json_str
from localstack.utils.patch import patch

from lab.providers.stepfunctions.models import COMPACT, INCLUDED, Run

LOG = logging.getLogger(__name__)
MAX_DATA_BYTES = 248 * 1024
"""Beyond this, EventBridge is told neither input nor output."""


class Outbox:
    """Acts one after the other in a thread of its own, and knows how many wait."""

    def __init__(self) -> None:
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="states-outbox")
        self._lock = threading.Lock()
        self.waiting = 0

    def post(self, act: Callable[..., object], *values: Any) -> None:
        with self._lock:
            self.waiting += 1
        self._sender.submit(self._act, act, values)

    def _act(self, act: Callable[..., object], values: tuple[Any, ...]) -> None:
        try:
            act(*values)
        except (BotoCoreError, ClientError) as error:
            LOG.warning("an execution could not be told of: %s", error)
        except Exception:  # the edge of a thread
            LOG.exception("an execution could not be told of")
        finally:
            with self._lock:
                self.waiting -= 1


@cache
def outbox() -> Outbox:
    return Outbox()


def install() -> None:
    """Have the events of executions that are logged go through the outbox, and to a stream whose
    name CloudWatch Logs takes.
    """
    patch(CloudWatchLoggingSession.publish_history_log)(_publish)
    patch(CloudWatchLoggingConfiguration.__init__)(_name_stream)


def _name_stream(
    original: Callable[..., None], configuration: Any, *given: Any, **named: Any
) -> None:
    original(configuration, *given, **named)
    name = configuration.state_machine_arn.rpartition(":")[2]
    moment = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d-%H-%M")
    configuration.log_stream_name = f"states/{name}/{moment}/{secrets.token_hex(4)}"


def _publish(_original: Callable[..., None], session: Any, history_log: Any) -> None:
    """AWS writes the time of an event as milliseconds, in a string."""
    moment = int(history_log["event_timestamp"].timestamp() * 1000)
    message = to_json_str({**history_log, "event_timestamp": str(moment)}, separators=COMPACT)
    events = [{"timestamp": moment, "message": message}]
    outbox().post(session._publish_history_log_or_setup, events)


def announce(run: Run) -> None:
    """Put a change of status on the account's default bus, if anybody has used EventBridge."""
    if not SERVICE_PLUGINS.is_running("events"):
        return
    entry = {
        "Source": "aws.states",
        "Resources": [run.arn],
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(_detail(run)),
    }
    outbox().post(_send, run.account, run.region, entry)


def _detail(run: Run) -> dict[str, Any]:
    size = len(run.input.encode()) + len((run.output or "").encode())
    included = size <= MAX_DATA_BYTES
    details = INCLUDED if included else {"included": False}
    return {
        "executionArn": run.arn,
        "stateMachineArn": run.machine.arn,
        "stateMachineVersionArn": run.version,
        "stateMachineAliasArn": run.alias,
        "name": run.name,
        "status": run.status,
        "startDate": _milliseconds(run.started),
        "stopDate": _milliseconds(run.stopped),
        "input": run.input if included else None,
        "inputDetails": details,
        "output": run.output if included else None,
        "outputDetails": None if run.output is None else details,
        "error": run.error,
        "cause": run.cause,
        "redriveCount": run.redrives,
        "redriveDate": _milliseconds(run.redriven),
        "redriveStatus": "NOT_REDRIVABLE" if run.refusal else "REDRIVABLE",
        "redriveStatusReason": run.refusal,
    }


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _send(account: str, region: str, entry: dict[str, object]) -> None:
    connect_to(aws_access_key_id=account, region_name=region).events.put_events(Entries=[entry])
