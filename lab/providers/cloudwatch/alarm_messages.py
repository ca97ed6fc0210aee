"""What an alarm tells others: the documents for SNS, Lambda and EventBridge.

Source: Amazon CloudWatch User Guide, "Acting on alarm changes", "Alarm events and EventBridge",
"Invoke a Lambda function from an alarm".
"""

import json
from typing import Any

from lab.providers.cloudwatch.alarm_evaluation import queries_of
from lab.providers.cloudwatch.alarm_store import is_composite, stamp
from lab.providers.cloudwatch.dispatch import Record, Scope

REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "eu-central-1": "EU (Frankfurt)",
}
ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")


def sns_message(scope: Scope, alarm: Record, before: Record) -> str:
    found: Record = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": scope.account,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": stamp(alarm["StateUpdatedTimestamp"]),
        "Region": REGIONS.get(scope.region, scope.region),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": before["StateValue"],
        **{field: alarm.get(field) or [] for field in ACTIONS},
    }
    if is_composite(alarm):
        data = json.loads(alarm.get("StateReasonData") or "{}")
        found["AlarmRule"] = alarm["AlarmRule"]
        found["TriggeringChildren"] = [
            {"Arn": each["arn"], "State": {"Value": each["state"]["value"],
                                           "Timestamp": each["state"]["timestamp"]}}
            for each in data.get("triggeringAlarms", [])
        ]  # fmt: skip
    else:
        found["Trigger"] = _trigger(alarm)
    return json.dumps(found)


def _trigger(alarm: Record) -> Record:
    found: Record = {
        "Period": alarm.get("Period", 0),
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        "DatapointsToAlarm": alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": alarm.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile") or "",
    }
    if alarm.get("Metrics"):
        return {**found, "Metrics": alarm["Metrics"]}
    found |= {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        "Unit": alarm.get("Unit"),
        "Dimensions": [
            {"value": each["Value"], "name": each["Name"]} for each in alarm.get("Dimensions") or ()
        ],
    }
    if alarm.get("Statistic"):
        return {**found, "StatisticType": "Statistic", "Statistic": _upper(alarm["Statistic"])}
    extended = alarm["ExtendedStatistic"]
    return {**found, "StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}


def _upper(statistic: str) -> str:
    return "SAMPLE_COUNT" if statistic == "SampleCount" else statistic.upper()


def lambda_event(scope: Scope, alarm: Record, before: Record) -> str:
    found = {
        "source": "aws.cloudwatch",
        "alarmArn": alarm["AlarmArn"],
        "accountId": scope.account,
        "time": stamp(alarm["StateUpdatedTimestamp"]),
        "region": scope.region,
        "alarmData": _detail(alarm, before),
    }
    return json.dumps(found)


def event_entry(alarm: Record, before: Record) -> Record:
    """The entry for EventBridge's PutEvents."""
    return {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(_detail(alarm, before)),
    }


def _detail(alarm: Record, before: Record) -> Record:
    return {
        "alarmName": alarm["AlarmName"],
        "state": _state(alarm),
        "previousState": _state(before),
        "configuration": _configuration(alarm),
    }


def _state(alarm: Record) -> Record:
    found = {"value": alarm["StateValue"], "reason": alarm["StateReason"]}
    if alarm.get("StateReasonData"):
        found["reasonData"] = alarm["StateReasonData"]
    return {**found, "timestamp": stamp(alarm["StateUpdatedTimestamp"])}


def _configuration(alarm: Record) -> Record:
    found: Record = {}
    if alarm.get("AlarmDescription"):
        found["description"] = alarm["AlarmDescription"]
    if is_composite(alarm):
        found["alarmRule"] = alarm["AlarmRule"]
        for field in ("ActionsSuppressor", "ActionsSuppressorWaitPeriod"):
            if alarm.get(field):
                found[field[0].lower() + field[1:]] = alarm[field]
        return found
    return {**found, "metrics": [_query(each) for each in queries_of(alarm)]}


def _query(query: Record) -> Record:
    found: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    for field in ("Expression", "Label", "Period"):
        if query.get(field):
            found[field.lower()] = query[field]
    if stat := query.get("MetricStat"):
        metric = stat["Metric"]
        found["metricStat"] = {
            "metric": {
                "namespace": metric["Namespace"],
                "name": metric["MetricName"],
                "dimensions": {
                    each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()
                },
            },
            "period": stat["Period"],
            "stat": stat["Stat"],
        }
    return found
