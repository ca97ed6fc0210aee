"""Tags of alarms.

Source: Amazon CloudWatch API reference, "TagResource".
"""

from lab.providers.cloudwatch import alarm_store
from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.errors import CloudWatchError
from lab.providers.cloudwatch.state import state
from lab.providers.handlers import handlers

KIND = "tags"


def keep_tags(arn: str, tags: list[Record] | None) -> None:
    """The resource's tags from now on."""
    if tags:
        state().put(KIND, (arn,), {"tags": {each["Key"]: each["Value"] for each in tags}})
    else:
        state().delete(KIND, (arn,))


def _tags(scope: Scope, arn: str) -> dict[str, str]:
    if ":alarm:" not in arn or not alarm_store.find(scope, arn):
        raise CloudWatchError("ResourceNotFoundException", "Unknown", status=404)
    return dict((state().get(KIND, (arn,)) or {"tags": {}})["tags"])


def tag_resource(scope: Scope, request: Record) -> None:
    found = _tags(scope, request["ResourceARN"])
    found |= {each["Key"]: each["Value"] for each in request["Tags"]}
    state().put(KIND, (request["ResourceARN"],), {"tags": found})


def untag_resource(scope: Scope, request: Record) -> None:
    found = _tags(scope, request["ResourceARN"])
    kept = {key: value for key, value in found.items() if key not in request["TagKeys"]}
    state().put(KIND, (request["ResourceARN"],), {"tags": kept})


def list_tags_for_resource(scope: Scope, request: Record) -> Record:
    found = _tags(scope, request["ResourceARN"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}


HANDLERS = handlers(tag_resource, untag_resource, list_tags_for_resource)
