"""Carries out what an alarm does when its state changes: SNS, Lambda, and an event for EventBridge.

One thread, so that messages arrive in the order of the changes; a change does not wait for it.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.plugins import SERVICE_PLUGINS

from lab.providers.cloudwatch import alarm_store, composite
from lab.providers.cloudwatch.alarm_messages import event_entry, lambda_event, sns_message
from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.permissions import permits

LOG = logging.getLogger(__name__)

OF_STATE = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}
SERVICES = ("sns", "lambda")
PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"


class RefusedError(Exception):
    """Why an action may not be taken."""


@cache
def _sender() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="alarm-actions")


def on_change(scope: Scope, alarm: Record, before: Record) -> None:
    """Announce the change, act unless that is suppressed, and look at what depends on the alarm."""
    if SERVICE_PLUGINS.is_running("events"):
        _sender().submit(_announce, scope, event_entry(alarm, before))
    if not alarm_store.is_composite(alarm) or composite.may_act(scope, alarm, before):
        act(scope, alarm, before)
    composite.evaluate(scope, alarm)


def act(scope: Scope, alarm: Record, before: Record) -> None:
    if alarm.get("ActionsEnabled", True):
        for action in alarm.get(OF_STATE[alarm["StateValue"]]) or ():
            _sender().submit(_act, scope, alarm, before, action)


def _act(scope: Scope, alarm: Record, before: Record, action: str) -> None:
    data = {"actionState": "Succeeded", "notificationResource": action}
    summary = f"Successfully executed action {action}"
    try:
        _send(scope, alarm, before, action)
    except (BotoCoreError, ClientError, RefusedError) as error:
        LOG.warning("action %s of the alarm %s failed: %s", action, alarm["AlarmName"], error)
        data = {"actionState": "Failed", "notificationResource": action, "error": str(error)}
        summary = f"Failed to execute action {action}"
    alarm_store.add_history(scope, alarm, "Action", summary, {**data, "version": "1.0"})


def _send(scope: Scope, alarm: Record, before: Record, action: str) -> None:
    service, region = action.split(":")[2:4]
    clients = connect_to(aws_access_key_id=scope.account, region_name=region or scope.region)
    if service == "sns":
        subject = f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {scope.region}'
        message = sns_message(scope, alarm, before)
        clients.sns.publish(TopicArn=action, Subject=subject[:100], Message=message)
    elif not permits(*scope, action, PRINCIPAL):
        raise RefusedError(f"{PRINCIPAL} is not authorized to invoke {action}")
    else:
        event = lambda_event(scope, alarm, before)
        client = clients.lambda_.request_metadata(
            source_arn=alarm["AlarmArn"], service_principal=PRINCIPAL
        )
        client.invoke(FunctionName=action, InvocationType="Event", Payload=event)


def _announce(scope: Scope, entry: Record) -> None:
    client = connect_to(aws_access_key_id=scope.account, region_name=scope.region).events
    try:
        client.put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:
        LOG.warning("change of an alarm not announced: %s", error)
