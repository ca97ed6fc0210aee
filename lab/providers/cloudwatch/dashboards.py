"""Dashboards: kept as they are given, once their body is one.

A body must be JSON with a list of widgets, each with a type that CloudWatch knows and its
properties; anything else about it is the console's, which the lab has not.

Source: Amazon CloudWatch API reference, "PutDashboard", "Dashboard body structure and syntax".
"""

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

from lab.providers.cloudwatch.dispatch import Record, Scope
from lab.providers.cloudwatch.errors import CloudWatchError, invalid, invalid_token, not_found
from lab.providers.cloudwatch.state import state
from lab.providers.handlers import handlers
from lab.providers.pages import page

KIND = "dashboard"
WIDGETS = ("alarm", "custom", "explorer", "log", "metric", "text")
MAX_WIDGETS = 500


def put_dashboard(scope: Scope, request: Record) -> Record:
    name, body = request["DashboardName"], request["DashboardBody"]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        raise invalid(
            "The value for field DashboardName contains invalid characters. It can only contain "
            "alphanumerics, dash (-) and underscore (_).\n"
        )
    if problems := list(_problems(body)):
        listed = json.dumps(problems, indent=2)
        count = len(problems)
        raise CloudWatchError(
            "InvalidParameterInput",
            f"The dashboard body is invalid, there are {count} validation errors:\n{listed}",
        )
    record = {"name": name, "body": body, "modified": dt.datetime.now(dt.UTC)}
    state().put(KIND, (*scope, name), record)
    return {"DashboardValidationMessages": []}


def _problems(body: str) -> Iterator[Record]:
    try:
        content = json.loads(body)
    except ValueError:
        yield {"dataPath": "", "message": "The dashboard body is not valid JSON"}
        return
    widgets = content.get("widgets") if isinstance(content, dict) else None
    if not isinstance(widgets, list):
        yield {"dataPath": "", "message": "Should have required property 'widgets'"}
        return
    if len(widgets) > MAX_WIDGETS:
        yield {"dataPath": "/widgets", "message": f"Should NOT have more than {MAX_WIDGETS} items"}
    for place, widget in enumerate(widgets):
        yield from _widget_problems(f"/widgets/{place}", widget)


def _widget_problems(path: str, widget: Any) -> Iterator[Record]:
    if not isinstance(widget, dict):
        yield {"dataPath": path, "message": "Should be object"}
        return
    for field in ("type", "properties"):
        if field not in widget:
            yield {"dataPath": path, "message": f"Should have required property '{field}'"}
    if widget.get("type", "text") not in WIDGETS:
        allowed = "Should be equal to one of the allowed values"
        yield {"dataPath": f"{path}/type", "message": allowed}


def get_dashboard(scope: Scope, request: Record) -> Record:
    found = state().get(KIND, (*scope, request["DashboardName"]))
    if not found:
        raise not_found(f"Dashboard {request['DashboardName']} does not exist")
    return {
        "DashboardName": found["name"],
        "DashboardArn": _arn(scope, found["name"]),
        "DashboardBody": found["body"],
    }


def _arn(scope: Scope, name: str) -> str:
    return f"arn:aws:cloudwatch::{scope.account}:dashboard/{name}"


def list_dashboards(scope: Scope, request: Record) -> Record:
    prefix = request.get("DashboardNamePrefix") or ""
    found = [
        {
            "DashboardName": each["name"],
            "DashboardArn": _arn(scope, each["name"]),
            "LastModified": each["modified"],
            "Size": len(each["body"].encode()),
        }
        for each in state().records(KIND, scope)
        if each["name"].startswith(prefix)
    ]
    sized = {"NextToken": request.get("NextToken")}
    return page(found, sized, "DashboardEntries", 1000, invalid_token)


def delete_dashboards(scope: Scope, request: Record) -> None:
    """All of them, or none when one does not exist."""
    names = request["DashboardNames"]
    with state().transaction():
        for name in names:
            if not state().delete(KIND, (*scope, name)):
                raise not_found(f"Dashboard {name} does not exist")


HANDLERS = handlers(put_dashboard, get_dashboard, list_dashboards, delete_dashboards)
