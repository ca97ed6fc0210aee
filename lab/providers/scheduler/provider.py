"""The Scheduler API: all its operations.

Source: EventBridge Scheduler API reference.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localstack.aws.api import RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service

from lab.providers import cloudwatch
from lab.providers.clock import clock, schedules
from lab.providers.handlers import handlers
from lab.providers.pages import page
from lab.providers.retries import DEFAULT_POLICY
from lab.providers.scheduler import delivery, models, targets
from lab.providers.scheduler.errors import FRONT_END, conflict, invalid, not_found
from lab.providers.scheduler.models import (
    DEFAULT_GROUP,
    Group,
    Key,
    Record,
    Schedule,
    SchedulerStore,
    group_arn,
    store_of,
)
from lab.providers.snapshots import Snapshot, snapshot_of

MAX_PAGE = 100
DEFAULTS = {
    "State": "ENABLED",
    "ScheduleExpressionTimezone": "UTC",
    "ActionAfterCompletion": "NONE",
}
SETTINGS = (
    *("ActionAfterCompletion", "Description", "EndDate", "FlexibleTimeWindow", "KmsKeyArn"),
    *("ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State", "Target"),
)

Handler = Callable[[RequestContext, Record], Record]


def create_service() -> Service:
    snapshot = snapshot_of(models.stores)
    snapshot.restore()
    cloudwatch.install()
    provider = SchedulerProvider(snapshot)
    for schedule in list(models.all_schedules()):
        delivery.follow(schedule, provider.complete)
    table = {name: _checked(call) for name, call in provider.operations().items()}
    return snapshot.follow(
        Service("scheduler", skeleton=Skeleton(load_service("scheduler"), table))
    )


def _checked(call: Handler) -> Handler:
    def checked(context: RequestContext, request: Record) -> Record:
        request = request or {}
        FRONT_END.validate(context.operation.input_shape, request)
        return call(context, request)

    return checked


class SchedulerProvider:
    """The operations, by their names in boto3."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def operations(self) -> dict[str, Handler]:
        return handlers(
            *(self.create_schedule, self.update_schedule, self.get_schedule),
            *(self.delete_schedule, self.list_schedules, self.create_schedule_group),
            *(self.get_schedule_group, self.delete_schedule_group, self.list_schedule_groups),
            *(self.tag_resource, self.untag_resource, self.list_tags_for_resource),
        )

    def create_schedule(self, context: RequestContext, request: Record) -> Record:
        store = _store(context)
        key = _key(store, request)
        if key in store.schedules:
            raise conflict("Schedule", key.name)
        now = clock().utc()
        settings = _settings(request)
        schedule = Schedule(key, context.account_id, context.region, settings, now, now)
        store.schedules[key] = schedule
        delivery.follow(schedule, self.complete)
        return {"ScheduleArn": schedule.arn}

    def update_schedule(self, context: RequestContext, request: Record) -> Record:
        schedule = _find(context, request)
        schedule.settings = _settings(request)
        schedule.modified = clock().utc()
        delivery.follow(schedule, self.complete)
        return {"ScheduleArn": schedule.arn}

    def get_schedule(self, context: RequestContext, request: Record) -> Record:
        return _find(context, request).describe()

    def delete_schedule(self, context: RequestContext, request: Record) -> Record:
        schedule = _find(context, request)
        _delete(_store(context), schedule)
        return {}

    def list_schedules(self, context: RequestContext, request: Record) -> Record:
        store = _store(context)
        group, prefix = request.get("GroupName"), request.get("NamePrefix") or ""
        if group is not None:
            _group(store, group)
        found = [
            schedule.summary()
            for key, schedule in sorted(store.schedules.items())
            if key.name.startswith(prefix)
            and group in (None, key.group)
            and request.get("State") in (None, schedule.settings["State"])
        ]
        return page(found, request, "Schedules", MAX_PAGE, invalid)

    def complete(self, schedule: Schedule) -> None:
        """What happens to a schedule that will not be due again."""
        store = store_of(schedule.account, schedule.region)
        is_last = store.schedules.get(schedule.key) is schedule
        if is_last and schedule.settings["ActionAfterCompletion"] == "DELETE":
            _delete(store, schedule)
            self._snapshot.save()

    def create_schedule_group(self, context: RequestContext, request: Record) -> Record:
        store, name = _store(context), request["Name"]
        if name in store.groups:
            raise conflict("Schedule group", name)
        arn = group_arn(context.account_id, context.region, name)
        tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
        store.groups[name] = Group(name, arn, clock().utc(), tags)
        return {"ScheduleGroupArn": arn}

    def get_schedule_group(self, context: RequestContext, request: Record) -> Record:
        return _group(_store(context), request["Name"]).summary()

    def delete_schedule_group(self, context: RequestContext, request: Record) -> Record:
        store, name = _store(context), request["Name"]
        _group(store, name)
        if name == DEFAULT_GROUP:
            raise invalid("Deleting default schedule group is not allowed.")
        for key, schedule in list(store.schedules.items()):
            if key.group == name:
                _delete(store, schedule)
        del store.groups[name]
        return {}

    def list_schedule_groups(self, context: RequestContext, request: Record) -> Record:
        prefix = request.get("NamePrefix") or ""
        groups = sorted(_store(context).groups.items())
        found = [group.summary() for name, group in groups if name.startswith(prefix)]
        return page(found, request, "ScheduleGroups", MAX_PAGE, invalid)

    def tag_resource(self, context: RequestContext, request: Record) -> Record:
        tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        _tagged(context, request).tags.update(tags)
        return {}

    def untag_resource(self, context: RequestContext, request: Record) -> Record:
        group = _tagged(context, request)
        for name in request["TagKeys"]:
            group.tags.pop(name, None)
        return {}

    def list_tags_for_resource(self, context: RequestContext, request: Record) -> Record:
        tags = _tagged(context, request).tags
        return {"Tags": [{"Key": name, "Value": value} for name, value in tags.items()]}


def _store(context: RequestContext) -> SchedulerStore:
    return store_of(context.account_id, context.region)


def _key(store: SchedulerStore, request: Record) -> Key:
    group = request.get("GroupName") or DEFAULT_GROUP
    _group(store, group)
    return Key(group, request["Name"])


def _group(store: SchedulerStore, name: str) -> Group:
    if name not in store.groups:
        raise not_found("Schedule group", name)
    return store.groups[name]


def _find(context: RequestContext, request: Record) -> Schedule:
    store = _store(context)
    key = _key(store, request)
    if key not in store.schedules:
        raise not_found("Schedule", key.name)
    return store.schedules[key]


def _delete(store: SchedulerStore, schedule: Schedule) -> None:
    delivery.forget(schedule)
    del store.schedules[schedule.key]


def _tagged(context: RequestContext, request: Record) -> Group:
    arn = request["ResourceArn"]
    for group in _store(context).groups.values():
        if group.arn == arn:
            return group
    raise not_found("Schedule group", arn.rsplit("/", 1)[-1])


def _settings(request: Record) -> Record:
    """What a request asks of a schedule, with AWS's defaults. Raises ValidationException."""
    given = {name: request[name] for name in SETTINGS if request.get(name) is not None}
    settings: dict[str, Any] = {**DEFAULTS, **given}
    policy = {**DEFAULT_POLICY, **(settings["Target"].get("RetryPolicy") or {})}
    settings["Target"] = {**settings["Target"], "RetryPolicy": policy}
    for name in ("StartDate", "EndDate"):
        if name in settings:
            settings[name] = _aware(settings[name])
    _check_expression(settings)
    _check_window(settings)
    _check_dates(settings)
    targets.check(settings["Target"])
    return settings


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_expression(settings: Record) -> None:
    expression, zone = settings["ScheduleExpression"], settings["ScheduleExpressionTimezone"]
    try:
        parsed_zone = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise invalid(f"Invalid Schedule Expression Timezone {zone}.") from error
    try:
        schedules.parse(expression, 0, parsed_zone)
    except ValueError as error:
        raise invalid(f"Invalid Schedule Expression {expression}.") from error


def _check_window(settings: Record) -> None:
    window = settings["FlexibleTimeWindow"]
    is_flexible = window["Mode"] == "FLEXIBLE"
    if is_flexible and window.get("MaximumWindowInMinutes") is None:
        raise invalid("MaximumWindowInMinutes must be provided for FLEXIBLE flexible time window.")
    if not is_flexible and window.get("MaximumWindowInMinutes") is not None:
        raise invalid("MaximumWindowInMinutes can only be provided for FLEXIBLE time window.")


def _check_dates(settings: Record) -> None:
    start, end, now = settings.get("StartDate"), settings.get("EndDate"), clock().now()
    if settings["ScheduleExpression"].startswith("at("):
        return
    if start is not None and start.timestamp() < now - 300:
        raise invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end is not None and end.timestamp() < now:
        raise invalid("The EndDate you specify cannot be in the past.")
    if start is not None and end is not None and end <= start:
        raise invalid("The EndDate you specify must come after the StartDate.")
