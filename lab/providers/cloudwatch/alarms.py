"""The operations on alarms.

Source: Amazon CloudWatch API reference.
"""

import json
from collections.abc import Iterable

from lab.providers.cloudwatch import alarm_store, composite
from lab.providers.cloudwatch.alarm_actions import SERVICES
from lab.providers.cloudwatch.alarm_evaluation import COMPARISONS
from lab.providers.cloudwatch.alarm_rule import RuleError, alarms_in, parse
from lab.providers.cloudwatch.data import pairs
from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.errors import (
    CloudWatchError,
    invalid,
    invalid_token,
    not_found,
    validation,
)
from lab.providers.cloudwatch.math_syntax import MathError
from lab.providers.cloudwatch.metric_math import parse_named, searches_in
from lab.providers.cloudwatch.queries import check_queries
from lab.providers.cloudwatch.state import state
from lab.providers.cloudwatch.statistics import SIMPLE, extended
from lab.providers.cloudwatch.tags import keep_tags
from lab.providers.handlers import handlers
from lab.providers.pages import page

TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
LONGEST_SECONDS = 86_400 * 7
HIDDEN = ("SuppressedUntil", composite.BEFORE)


def put_metric_alarm(scope: Scope, request: Record) -> None:
    given = {key: value for key, value in request.items() if value is not None}
    tags = given.pop("Tags", None)
    _check_actions(given)
    if given.get("ThresholdMetricId") or given["ComparisonOperator"] not in COMPARISONS:
        raise validation("Anomaly detection alarms are not supported by this lab.")
    if "Threshold" not in given:
        raise validation("Threshold must be specified for static-threshold alarms")
    _check_choices(given)
    if given.get("Metrics"):
        _check_metrics(given)
    else:
        _check_metric(given)
    _check_counts(given)
    alarm_store.put(scope, given)
    keep_tags(alarm_store.arn_of(scope, given["AlarmName"]), tags)


def _check_choices(given: Record) -> None:
    treatment = given.get("TreatMissingData", "missing")
    if treatment not in TREATMENTS:
        raise validation(
            f"The value {treatment} is not supported for TreatMissingData parameter. Supported "
            f"values are [{', '.join(TREATMENTS)}]."
        )
    option = given.get("EvaluateLowSampleCountPercentile")
    if option and option not in ("evaluate", "ignore"):
        raise validation(
            f"Option {option} is not supported. Supported options for parameter "
            "EvaluateLowSampleCountPercentile are evaluate and ignore."
        )


def _check_metric(given: Record) -> None:
    for field in ("MetricName", "Namespace", "Period"):
        if not given.get(field):
            raise CloudWatchError("MissingParameter", f"The parameter {field} is required.")
    statistic, other = given.get("Statistic"), given.get("ExtendedStatistic")
    if bool(statistic) == bool(other):
        raise validation("Must specify either Statistic or ExtendedStatistic")
    if statistic and statistic not in SIMPLE:
        raise validation(f"The value {statistic} for parameter Statistic is not supported.")
    if other and extended(other) is None:
        raise invalid(f"The value {other} for parameter ExtendedStatistic is not supported.")
    if given["Period"] not in (10, 20, 30) and given["Period"] % 60:
        raise validation("Period must be 10, 20, 30 or a multiple of 60")


def _check_metrics(given: Record) -> None:
    for field in ("MetricName", "Namespace", "Period", "Statistic", "ExtendedStatistic"):
        if given.get(field):
            raise validation(f"Metrics and {field} must not be specified together")
    queries = given["Metrics"]
    check_queries(queries, "Metrics")
    returned = [each for each in queries if each.get("ReturnData") is not False]
    if len(returned) != 1:
        raise validation("Exactly one element of the metrics list must have ReturnData as true.")
    try:
        for each in queries:
            node = parse_named(each["Id"], each["Expression"]) if each.get("Expression") else None
            if node and next(searches_in(node), None):
                raise validation("SEARCH is not supported on Metric Alarms.")
    except MathError as error:
        raise validation(str(error)) from error


def _check_counts(given: Record) -> None:
    periods, needed = given["EvaluationPeriods"], given.get("DatapointsToAlarm")
    if needed and needed > periods:
        raise validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if (given.get("Period") or 60) * periods > LONGEST_SECONDS:
        raise validation("Metrics cannot be checked across more than 604800 seconds")


def _check_actions(given: Record) -> None:
    for field in ACTIONS:
        for action in given.get(field) or ():
            parts = action.split(":")
            if len(parts) < 6 or parts[0] != "arn":
                raise validation(f"Invalid arn syntax: {action}")
            if parts[2] not in SERVICES:
                raise validation(
                    f"Alarm actions of {parts[2]} are not supported by this lab: {action}"
                )


def put_composite_alarm(scope: Scope, request: Record) -> None:
    given = {key: value for key, value in request.items() if value is not None}
    tags = given.pop("Tags", None)
    _check_actions(given)
    try:
        names = set(alarms_in(parse(given["AlarmRule"])))
    except RuleError as error:
        raise validation(f"Error in AlarmRule: {error}") from error
    unknown = sorted(name for name in names if not alarm_store.find(scope, name))
    if unknown:
        raise validation(
            f"Could not save the composite alarm as alarms [{', '.join(unknown)}] in the alarm "
            "rule do not exist"
        )
    suppressor = given.get("ActionsSuppressor")
    if suppressor and not alarm_store.find(scope, suppressor):
        raise validation(f"The suppressor alarm {suppressor} does not exist")
    alarm_store.put(scope, given)
    keep_tags(alarm_store.arn_of(scope, given["AlarmName"]), tags)
    composite.evaluate(scope)


def delete_alarms(scope: Scope, request: Record) -> None:
    """What exists of these is deleted; AWS says nothing of the others."""
    for name in request["AlarmNames"]:
        if alarm := alarm_store.find(scope, name):
            alarm_store.delete(scope, alarm)
            keep_tags(alarm["AlarmArn"], None)


def describe_alarms(scope: Scope, request: Record) -> Record:
    """Metric alarms only, unless composite ones are asked for by type."""
    types = request.get("AlarmTypes") or ["MetricAlarm"]
    found = [each for each in _related(scope, request) if _matches(each, request)]
    found = [each for each in found if _type(each) in types]
    sized = {"NextToken": request.get("NextToken"), "MaxResults": request.get("MaxRecords")}
    answer = page(found, sized, "alarms", 50, invalid_token)
    chosen = [_shown(each) for each in answer.pop("alarms")]
    return {
        "MetricAlarms": [each for each in chosen if not alarm_store.is_composite(each)],
        "CompositeAlarms": [each for each in chosen if alarm_store.is_composite(each)],
        **answer,
    }


def _type(alarm: Record) -> str:
    return "CompositeAlarm" if alarm_store.is_composite(alarm) else "MetricAlarm"


def _shown(alarm: Record) -> Record:
    return {key: value for key, value in alarm.items() if key not in HIDDEN}


def _related(scope: Scope, request: Record) -> Iterable[Record]:
    found = alarm_store.alarms_of(scope)
    parent, child = request.get("ChildrenOfAlarmName"), request.get("ParentsOfAlarmName")
    if parent:
        alarm = alarm_store.find(scope, parent)
        rule = alarm.get("AlarmRule") if alarm else None
        names = {name.split(":alarm:")[-1] for name in alarms_in(parse(rule))} if rule else set()
        return [each for each in found if each["AlarmName"] in names]
    if child:
        return [
            each
            for each in found
            if alarm_store.is_composite(each)
            and child in {n.split(":alarm:")[-1] for n in alarms_in(parse(each["AlarmRule"]))}
        ]
    return found


def _matches(alarm: Record, request: Record) -> bool:
    names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix")
    value, action = request.get("StateValue"), request.get("ActionPrefix")
    actions = [each for field in ACTIONS for each in alarm.get(field) or ()]
    return (
        (not names or alarm["AlarmName"] in names)
        and alarm["AlarmName"].startswith(prefix or "")
        and (not value or alarm["StateValue"] == value)
        and (not action or any(each.startswith(action) for each in actions))
    )


def describe_alarms_for_metric(scope: Scope, request: Record) -> Record:
    fields = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit")
    wanted = {field: request[field] for field in fields if request.get(field)}
    dimensions = pairs(request.get("Dimensions"))
    return {
        "MetricAlarms": [
            _shown(alarm)
            for alarm in alarm_store.alarms_of(scope)
            if all(alarm.get(field) == value for field, value in wanted.items())
            and pairs(alarm.get("Dimensions")) == dimensions
        ]
    }


def describe_alarm_history(scope: Scope, request: Record) -> Record:
    types = request.get("AlarmTypes") or ["MetricAlarm"]
    name, kind = request.get("AlarmName"), request.get("HistoryItemType")
    start, end = request.get("StartDate"), request.get("EndDate")
    found = [
        item
        for item in state().records(alarm_store.HISTORY, scope)
        if (item["AlarmName"] == name if name else item["AlarmType"] in types)
        and (not kind or item["HistoryItemType"] == kind)
        and (not start or item["Timestamp"] >= start)
        and (not end or item["Timestamp"] <= end)
    ]
    if request.get("ScanBy") != "TimestampAscending":
        found.reverse()
    sized = {"NextToken": request.get("NextToken"), "MaxResults": request.get("MaxRecords")}
    return page(found, sized, "AlarmHistoryItems", 100, invalid_token)


def set_alarm_state(scope: Scope, request: Record) -> None:
    """Until the alarm is evaluated next."""
    data = None
    if text := request.get("StateReasonData"):
        try:
            data = json.loads(text)
        except ValueError as error:
            raise CloudWatchError("InvalidFormat", "StateReasonData is not valid JSON") from error
    if not alarm_store.find(scope, request["AlarmName"]):
        raise not_found(f"Alarm {request['AlarmName']} does not exist")
    value, reason = request["StateValue"], request["StateReason"]
    alarm_store.change(scope, request["AlarmName"], value, reason, data)


def enable_alarm_actions(scope: Scope, request: Record) -> None:
    _set_actions(scope, request, enabled=True)


def disable_alarm_actions(scope: Scope, request: Record) -> None:
    _set_actions(scope, request, enabled=False)


def _set_actions(scope: Scope, request: Record, *, enabled: bool) -> None:
    for name in request["AlarmNames"]:
        with state().transaction():
            if alarm := alarm_store.find(scope, name):
                alarm_store.save(scope, {**alarm, "ActionsEnabled": enabled})


HANDLERS = handlers(
    put_metric_alarm,
    put_composite_alarm,
    delete_alarms,
    describe_alarms,
    describe_alarms_for_metric,
    describe_alarm_history,
    set_alarm_state,
    enable_alarm_actions,
    disable_alarm_actions,
)
