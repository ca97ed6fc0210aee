"""Alarms and their history as records, and what a change of state brings about.

Source: Amazon CloudWatch API reference, "MetricAlarm", "CompositeAlarm", "AlarmHistoryItem".
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

from lab.providers.clock import clock
from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.state import state

ALARM, HISTORY = "alarm", "alarm-history"
KEPT_HISTORY = dt.timedelta(days=30)

OnChange = Callable[[Scope, Record, Record], None]
on_change: list[OnChange] = []
"""Called with the scope, the alarm as it is and as it was, after its state has changed."""


def now() -> dt.datetime:
    return clock().utc()


def stamp(moment: dt.datetime) -> str:
    """A moment as CloudWatch's documents have it."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def arn_of(scope: Scope, name: str) -> str:
    return scope.arn(f"alarm:{name}")


def scope_of(alarm: Record) -> Scope:
    _, _, _, region, account, *_ = alarm["AlarmArn"].split(":")
    return Scope(account, region)


def find(scope: Scope, name_or_arn: str) -> Record | None:
    name = name_or_arn.split(":alarm:", 1)[-1]
    return state().get(ALARM, (*scope, name))


def alarms_of(scope: Scope) -> list[Record]:
    return state().records(ALARM, scope)


def all_alarms() -> Iterator[tuple[Scope, Record]]:
    for alarm in state().records(ALARM):
        yield scope_of(alarm), alarm


def is_composite(alarm: Record) -> bool:
    return "AlarmRule" in alarm


def save(scope: Scope, alarm: Record) -> None:
    state().put(ALARM, (*scope, alarm["AlarmName"]), alarm)


def put(scope: Scope, given: Record) -> None:
    """Create an alarm, or replace one's configuration; its state stays as it is."""
    moment, name = now(), given["AlarmName"]
    with state().transaction():
        before = find(scope, name)
        kept = before or {
            "StateValue": "INSUFFICIENT_DATA",
            "StateReason": "Unchecked: Initial alarm creation",
            "StateUpdatedTimestamp": moment,
            "StateTransitionedTimestamp": moment,
        }
        alarm = {
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            **given,
            **{key: value for key, value in kept.items() if key.startswith("State")},
            "AlarmArn": arn_of(scope, name),
            "AlarmConfigurationUpdatedTimestamp": moment,
        }
        save(scope, alarm)
        done = "updated" if before else "created"
        data = {"version": "1.0", "type": "Update" if before else "Create"}
        add_history(scope, alarm, "ConfigurationUpdate", f'Alarm "{name}" {done}', data)


def delete(scope: Scope, alarm: Record) -> None:
    with state().transaction():
        state().delete(ALARM, (*scope, alarm["AlarmName"]))
        summary = f'Alarm "{alarm["AlarmName"]}" deleted'
        data = {"version": "1.0", "type": "Delete"}
        add_history(scope, alarm, "ConfigurationUpdate", summary, data)


def change(
    scope: Scope, name: str, value: str, reason: str, data: Record | None = None
) -> Record | None:
    """Bring the alarm into a state; what it is then, or None when it was in it already."""
    moment = now()
    with state().transaction():
        before = find(scope, name)
        if before is None or before["StateValue"] == value:
            return None
        alarm = {
            **before,
            "StateValue": value,
            "StateReason": reason,
            "StateUpdatedTimestamp": moment,
            "StateTransitionedTimestamp": moment,
        }
        alarm.pop("StateReasonData", None)
        if data is not None:
            alarm["StateReasonData"] = json.dumps(data, separators=(",", ":"))
        save(scope, alarm)
        summary = f"Alarm updated from {before['StateValue']} to {value}"
        add_history(scope, alarm, "StateUpdate", summary, _state_update(before, alarm))
    for call in on_change:
        call(scope, alarm, before)
    return alarm


def _state_update(before: Record, after: Record) -> Record:
    def part(alarm: Record) -> Record:
        found = {"stateValue": alarm["StateValue"], "stateReason": alarm["StateReason"]}
        if text := alarm.get("StateReasonData"):
            found["stateReasonData"] = json.loads(text)
        return found

    return {"version": "1.0", "oldState": part(before), "newState": part(after)}


def add_history(scope: Scope, alarm: Record, kind: str, summary: str, data: Record) -> None:
    moment = now()
    item: dict[str, Any] = {
        "AlarmName": alarm["AlarmName"],
        "AlarmType": "CompositeAlarm" if is_composite(alarm) else "MetricAlarm",
        "Timestamp": moment,
        "HistoryItemType": kind,
        "HistorySummary": summary[:255],
        "HistoryData": json.dumps(data, separators=(",", ":"))[:4095],
    }
    place = f"{int(moment.timestamp() * 1e6):020d}"
    while not state().add(HISTORY, (*scope, place), item):
        place = f"{int(place) + 1:020d}"


def prune_history() -> None:
    """Forget what is older than CloudWatch keeps it."""
    oldest = f"{int((now() - KEPT_HISTORY).timestamp() * 1e6):020d}"
    for key in list(state().keys(HISTORY)):
        if key[-1] < oldest:
            state().delete(HISTORY, key)
