"""Subscription filters: who is sent the events that match.

Source: Amazon CloudWatch Logs API reference, "PutSubscriptionFilter".
"""

from botocore.exceptions import BotoCoreError, ClientError

from lab.providers.cloudwatch.permissions import permits
from lab.providers.handlers import handlers
from lab.providers.logs.delivery import PRINCIPAL, courier, send_control_message
from lab.providers.logs.dispatch import Record, Scope, page_of
from lab.providers.logs.errors import invalid, limit_exceeded, not_found
from lab.providers.logs.events import milliseconds
from lab.providers.logs.groups import find, state, store_of
from lab.providers.logs.pattern import matcher

KIND = "subscription"
MAX_FILTERS = 2
SERVICES = ("firehose", "kinesis", "lambda")


def put_subscription_filter(scope: Scope, request: Record) -> None:
    """Events from now on are sent; the destination is tried first."""
    group = find(scope, request["logGroupName"])
    matcher(request["filterPattern"])
    key = (*scope, group["logGroupName"], request["filterName"])
    before = state().get(KIND, key)
    if not before and len(state().records(KIND, key[:-1])) >= MAX_FILTERS:
        raise limit_exceeded()
    _check_destination(scope, request)
    record = {
        "filterName": request["filterName"],
        "logGroupName": group["logGroupName"],
        "filterPattern": request["filterPattern"],
        "destinationArn": request["destinationArn"],
        "distribution": request.get("distribution") or "ByLogStream",
        "creationTime": milliseconds(),
        "delivered": before["delivered"] if before else store_of(group).last_id,
    }
    if request.get("roleArn"):
        record["roleArn"] = request["roleArn"]
    state().put(KIND, key, record)
    courier().wake()


def _check_destination(scope: Scope, request: Record) -> None:
    parts = request["destinationArn"].split(":", 5)
    service = parts[2] if len(parts) == 6 else ""
    if service not in SERVICES:
        raise invalid(
            "PutSubscriptionFilter operation cannot work with destinationArn for vendor "
            f"{service or request['destinationArn']}"
        )
    has_role = bool(request.get("roleArn"))
    if service == "lambda" and has_role:
        raise invalid("destinationArn for vendor lambda cannot be used with roleArn")
    if service != "lambda" and not has_role:
        raise invalid(f"destinationArn for vendor {service} cannot be used without roleArn")
    try:
        if service == "lambda":
            if not permits(*scope, request["destinationArn"], PRINCIPAL):
                raise invalid(_unreachable(service))
        else:
            send_control_message(scope, request["destinationArn"])
    except (BotoCoreError, ClientError) as error:
        raise invalid(_unreachable(service)) from error


def _unreachable(service: str) -> str:
    if service == "lambda":
        return (
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
            "permission to execute your function."
        )
    noun = {"kinesis": "Kinesis", "firehose": "Firehose"}[service]
    return (
        f"Could not deliver test message to specified {noun} stream. Check if the given "
        f"{noun.lower()} stream is in ACTIVE state."
    )


def delete_subscription_filter(scope: Scope, request: Record) -> None:
    group = find(scope, request["logGroupName"])
    if not state().delete(KIND, (*scope, group["logGroupName"], request["filterName"])):
        raise not_found("subscription filter")


def describe_subscription_filters(scope: Scope, request: Record) -> Record:
    group = find(scope, request["logGroupName"])
    found = [
        {key: value for key, value in record.items() if key != "delivered"}
        for record in state().records(KIND, (*scope, group["logGroupName"]))
        if record["filterName"].startswith(request.get("filterNamePrefix") or "")
    ]
    return page_of(found, request, "subscriptionFilters")


HANDLERS = handlers(
    put_subscription_filter, delete_subscription_filter, describe_subscription_filters
)
