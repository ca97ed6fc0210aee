"""Composite alarms: when one of their alarms changes they are looked at again; their actions may be
held back by another alarm, the suppressor.

Source: Amazon CloudWatch User Guide, "Combining alarms", "Composite alarm action suppression".
"""

import datetime as dt
import threading

from lab.providers.cloudwatch import alarm_store
from lab.providers.cloudwatch.alarm_rule import alarms_in, holds, parse
from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.state import state

SUPPRESSED = ("ActionsSuppressedBy", "ActionsSuppressedReason", "SuppressedUntil")
BEFORE = "SuppressedBefore"
"""The state before the change whose actions wait."""

_under_way = threading.local()


def evaluate(scope: Scope, changed: Record | None = None) -> None:
    """Look at each composite alarm of the region, after ``changed`` has changed if any has.

    Alarms that depend on each other in a circle are looked at once.
    """
    passed: list[str] = getattr(_under_way, "names", [])
    if changed is not None:
        passed = [*passed, changed["AlarmName"]]
    _under_way.names = passed
    try:
        _evaluate(scope, changed, passed)
    finally:
        _under_way.names = passed[:-1] if changed is not None else passed


def _evaluate(scope: Scope, changed: Record | None, passed: list[str]) -> None:
    for alarm in alarm_store.alarms_of(scope):
        if not alarm_store.is_composite(alarm) or alarm["AlarmName"] in passed:
            continue
        rule = parse(alarm["AlarmRule"])
        if changed is None or _mentions(alarm, changed):
            value = "ALARM" if holds(rule, lambda name: _state(scope, name)) else "OK"
            reason, data = _because(scope, alarm, changed)
            alarm_store.change(scope, alarm["AlarmName"], value, reason, data)


def _mentions(alarm: Record, changed: Record) -> bool:
    names = set(alarms_in(parse(alarm["AlarmRule"])))
    return changed["AlarmName"] in names or changed["AlarmArn"] in names


def _state(scope: Scope, name: str) -> str:
    found = alarm_store.find(scope, name)
    return found["StateValue"] if found else "INSUFFICIENT_DATA"


def _because(scope: Scope, alarm: Record, changed: Record | None) -> tuple[str, Record | None]:
    if changed is None:
        for name in alarms_in(parse(alarm["AlarmRule"])):
            changed = alarm_store.find(scope, name) or changed
    if changed is None:
        return f"The rule {alarm['AlarmRule']} was evaluated", None
    moment = changed["StateTransitionedTimestamp"].astimezone(dt.UTC)
    reason = (
        f"{changed['AlarmArn']} transitioned to {changed['StateValue']} at "
        f"{moment.strftime('%A %d %B, %Y %H:%M:%S')} UTC"
    )
    trigger = {"value": changed["StateValue"], "timestamp": alarm_store.stamp(moment)}
    return reason, {"triggeringAlarms": [{"arn": changed["AlarmArn"], "state": trigger}]}


def may_act(scope: Scope, alarm: Record, before: Record) -> bool:
    """Whether an alarm whose state has just changed acts now; if not, it is marked as suppressed.

    It waits for its suppressor to go into ALARM for ``ActionsSuppressorWaitPeriod``.
    """
    suppressor = alarm.get("ActionsSuppressor")
    if not suppressor:
        return True
    _update(scope, alarm, {**dict.fromkeys(SUPPRESSED), BEFORE: before["StateValue"]})
    if _state(scope, suppressor) == "ALARM":
        _suppress(scope, alarm, "Alarm", f"Actions suppressed by {suppressor}", None)
        return False
    wait = alarm.get("ActionsSuppressorWaitPeriod") or 0
    if wait and alarm["StateValue"] == "ALARM":
        reason = f"Actions suppressed by WaitPeriod of {suppressor}"
        _suppress(scope, alarm, "WaitPeriod", reason, wait)
        return False
    return True


def released(scope: Scope, alarm: Record) -> bool:
    """Whether the actions of a suppressed alarm are due now."""
    by, suppressor = alarm.get("ActionsSuppressedBy"), alarm.get("ActionsSuppressor")
    if not by or not suppressor:
        return False
    if _state(scope, suppressor) == "ALARM":
        if by != "Alarm":
            _suppress(scope, alarm, "Alarm", f"Actions suppressed by {suppressor}", None)
        return False
    if by == "Alarm" and (extension := alarm.get("ActionsSuppressorExtensionPeriod")):
        reason = f"Actions suppressed by ExtensionPeriod of {suppressor}"
        _suppress(scope, alarm, "ExtensionPeriod", reason, extension)
        return False
    until = alarm.get("SuppressedUntil")
    if until and alarm_store.now() < until:
        return False
    _update(scope, alarm, dict.fromkeys(SUPPRESSED))
    return True


def _suppress(scope: Scope, alarm: Record, by: str, reason: str, seconds: int | None) -> None:
    until = alarm_store.now() + dt.timedelta(seconds=seconds) if seconds else None
    _update(scope, alarm, dict(zip(SUPPRESSED, (by, reason, until), strict=True)))


def _update(scope: Scope, alarm: Record, changes: Record) -> None:
    with state().transaction():
        found = alarm_store.find(scope, alarm["AlarmName"])
        if found:
            kept = {**found, **changes}
            alarm_store.save(scope, {k: v for k, v in kept.items() if v is not None})
