"""Log groups: their records, retention, tags, keys.

Source: Amazon CloudWatch Logs API reference.
"""

import logging
import re
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from functools import cache

from lab.config import load
from lab.providers.glue.storage import Storage
from lab.providers.handlers import handlers
from lab.providers.logs.dispatch import Record, Scope, page_of
from lab.providers.logs.errors import LogsError, already_exists, invalid, not_found
from lab.providers.logs.events import EventStore, milliseconds, stores
from lab.providers.logs.insights.columns import forget_before

LOG = logging.getLogger(__name__)

GROUP = "group"
OF_GROUP = ("metric-filter", "subscription")
"""What is kept under a group's key, and deleted with it."""

DAY_MILLISECONDS = 86_400_000
RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922),
    *(3288, 3653),
)
SWEEP_SECONDS = 600
MAX_TAGS = 50


@cache
def state() -> Storage:
    """Groups, filters, queries and policies of this lab, by (account, region, names)."""
    return Storage(load().home / "cloudwatch-logs" / "state.sqlite")


def find(scope: Scope, name_or_arn: str) -> Record:
    """The group's record. Raises ResourceNotFoundException."""
    name = name_or_arn
    if found := re.fullmatch(r"arn:aws:logs:[^:]*:\d*:log-group:([^:]+)(:\*)?", name_or_arn):
        name = found[1]
    group = state().get(GROUP, (*scope, name))
    if group is None:
        raise not_found("log group")
    return group


def named(scope: Scope, request: Record) -> Record:
    """The group that a request names by one of two parameters."""
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if name and identifier:
        raise invalid("LogGroupName and LogGroupIdentifier are mutually exclusive parameters.")
    if not name and not identifier:
        raise invalid("LogGroupName or LogGroupIdentifier must be specified.")
    return find(scope, name or identifier or "")


def store_of(group: Record) -> EventStore:
    return stores().of(group["id"])


def oldest(group: Record) -> int:
    """Events before this are gone (milliseconds)."""
    days = group.get("retentionInDays")
    return milliseconds() - days * DAY_MILLISECONDS if days else 0


def create_log_group(scope: Scope, request: Record) -> None:
    name = request["logGroupName"]
    if request.get("deletionProtectionEnabled"):
        raise invalid("Deletion protection is not supported by this lab.")
    group = {
        "id": uuid.uuid4().hex,
        "logGroupName": name,
        "creationTime": milliseconds(),
        "logGroupClass": request.get("logGroupClass") or "STANDARD",
        "tags": request.get("tags") or {},
    }
    if request.get("kmsKeyId"):
        group["kmsKeyId"] = request["kmsKeyId"]
    if not state().add(GROUP, (*scope, name), group):
        raise already_exists("log group")


def delete_log_group(scope: Scope, request: Record) -> None:
    group = find(scope, request["logGroupName"])
    key = (*scope, group["logGroupName"])
    state().delete_under(key, GROUP, *OF_GROUP)
    shutil.rmtree(stores().drop(group["id"]), ignore_errors=True)


def described(scope: Scope, group: Record) -> Record:
    name = group["logGroupName"]
    hidden = ("id", "tags")
    arn = scope.arn(f"log-group:{name}")
    return {
        **{key: value for key, value in group.items() if key not in hidden},
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "metricFilterCount": len(state().records("metric-filter", (*scope, name))),
        "storedBytes": sum(stream.bytes for stream in store_of(group).streams()),
    }


def describe_log_groups(scope: Scope, request: Record) -> Record:
    prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix and pattern:
        raise invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    chosen = request.get("logGroupClass")
    groups = [
        group
        for group in state().records(GROUP, scope)
        if group["logGroupName"].startswith(prefix or "")
        and (pattern or "") in group["logGroupName"]
        and (not chosen or group["logGroupClass"] == chosen)
    ]
    if wanted := request.get("logGroupIdentifiers"):
        names = {find(scope, each)["logGroupName"] for each in wanted}
        groups = [group for group in groups if group["logGroupName"] in names]
    answer = page_of(groups, request, "logGroups")
    return {**answer, "logGroups": [described(scope, group) for group in answer["logGroups"]]}


def list_log_groups(scope: Scope, request: Record) -> Record:
    pattern = request.get("logGroupNamePattern") or ""
    groups = [
        {
            "logGroupName": group["logGroupName"],
            "logGroupArn": scope.arn(f"log-group:{group['logGroupName']}"),
            "logGroupClass": group["logGroupClass"],
        }
        for group in state().records(GROUP, scope)
        if re.search(pattern, group["logGroupName"])
    ]
    return page_of(groups, request, "logGroups")


def _change(scope: Scope, name: str, **changes: object) -> None:
    """Set fields of a group's record; None takes one away."""
    with state().transaction():
        group = {**find(scope, name), **changes}
        kept = {key: value for key, value in group.items() if value is not None}
        state().put(GROUP, (*scope, group["logGroupName"]), kept)


def put_retention_policy(scope: Scope, request: Record) -> None:
    days = request["retentionInDays"]
    if days not in RETENTIONS:
        raise invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: {list(RETENTIONS)}"
        )
    _change(scope, request["logGroupName"], retentionInDays=days)
    _expire(find(scope, request["logGroupName"]))


def _expire(group: Record) -> None:
    store_of(group).forget_before(oldest(group))
    forget_before(store_of(group), oldest(group))


def delete_retention_policy(scope: Scope, request: Record) -> None:
    _change(scope, request["logGroupName"], retentionInDays=None)


def associate_kms_key(scope: Scope, request: Record) -> None:
    """The key is kept and shown; the lab's file is not encrypted with it."""
    _change(scope, named_or_resource(request), kmsKeyId=request["kmsKeyId"])


def disassociate_kms_key(scope: Scope, request: Record) -> None:
    _change(scope, named_or_resource(request), kmsKeyId=None)


def named_or_resource(request: Record) -> str:
    return str(request.get("logGroupName") or request.get("resourceIdentifier") or "")


def _tagged(scope: Scope, arn: str) -> Record:
    if ":log-group:" not in arn:
        raise LogsError("ResourceNotFoundException", "The specified resource does not exist.")
    return find(scope, arn)


def tag_resource(scope: Scope, request: Record) -> None:
    group = _tagged(scope, request["resourceArn"])
    tags = {**group["tags"], **request["tags"]}
    if len(tags) > MAX_TAGS:
        raise LogsError("TooManyTagsException", "Too many tags.")
    _change(scope, group["logGroupName"], tags=tags)


def untag_resource(scope: Scope, request: Record) -> None:
    group = _tagged(scope, request["resourceArn"])
    tags = {key: each for key, each in group["tags"].items() if key not in request["tagKeys"]}
    _change(scope, group["logGroupName"], tags=tags)


def list_tags_for_resource(scope: Scope, request: Record) -> Record:
    return {"tags": _tagged(scope, request["resourceArn"])["tags"]}


def tag_log_group(scope: Scope, request: Record) -> None:
    group = find(scope, request["logGroupName"])
    _change(scope, group["logGroupName"], tags={**group["tags"], **request["tags"]})


def untag_log_group(scope: Scope, request: Record) -> None:
    group = find(scope, request["logGroupName"])
    tags = {key: each for key, each in group["tags"].items() if key not in request["tags"]}
    _change(scope, group["logGroupName"], tags=tags)


def list_tags_log_group(scope: Scope, request: Record) -> Record:
    return {"tags": find(scope, request["logGroupName"])["tags"]}


def all_groups() -> Iterator[tuple[Scope, Record]]:
    for key in state().keys(GROUP):
        if group := state().get(GROUP, key):
            yield Scope(key[0], key[1]), group


def sweep() -> None:
    """Delete what is older than its group's retention, and files of groups that are no more."""
    known = set()
    for _, group in all_groups():
        known.add(group["id"])
        if group.get("retentionInDays"):
            _expire(group)
    hour_ago = time.time() - 3600
    for folder in stores().folders():
        if folder.name not in known and folder.stat().st_mtime < hour_ago:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_always(stopping: threading.Event) -> None:
    while not stopping.wait(SWEEP_SECONDS):
        try:
            sweep()
        except Exception:  # the edge of a thread: the next sweep must come
            LOG.exception("events beyond their retention are not deleted")


HANDLERS = handlers(
    create_log_group,
    delete_log_group,
    describe_log_groups,
    list_log_groups,
    put_retention_policy,
    delete_retention_policy,
    associate_kms_key,
    disassociate_kms_key,
    tag_resource,
    untag_resource,
    list_tags_for_resource,
    tag_log_group,
    untag_log_group,
    list_tags_log_group,
)
