"""Who learns of a run's states: those who wait in the lab, EventBridge, CloudWatch.

Sources: AWS Glue Developer Guide, "Automating AWS Glue with EventBridge", "Monitoring AWS Glue
using Amazon CloudWatch metrics".
"""

import json
from typing import Any

from lab.providers.cloudwatch import Metric, Source, publisher
from lab.providers.glue import events, state_changes
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.state_changes import StateChange
from lab.providers.glue.storage import Record

NAMESPACE = "Glue"
SEVERITIES = {"FAILED": "ERROR", "TIMEOUT": "WARN"}
MESSAGES = {
    "SUCCEEDED": "Job run succeeded",
    "STOPPED": "Job run stopped",
    "TIMEOUT": "Job run timed out",
}
METRICS = {
    "elapsedTime": "Milliseconds",
    "numCompletedTasks": "Count",
    "numFailedTasks": "Count",
    "bytesRead": "Bytes",
    "recordsRead": "Count",
    "shuffleBytesWritten": "Bytes",
    "shuffleLocalBytesRead": "Bytes",
}
"""Of ``glue.driver.aggregate``."""


def announce(catalog: DataCatalog, run: Record) -> None:
    """Tell of the state in which a run is now; EventBridge learns of the last one only."""
    name, state = run["JobName"], run["JobRunState"]
    if state in (*MESSAGES, "FAILED"):
        detail = {
            "jobName": name,
            "severity": SEVERITIES.get(state, "INFO"),
            "state": state,
            "jobRunId": run["Id"],
            "message": MESSAGES.get(state) or run.get("ErrorMessage", ""),
        }
        events.send(catalog, "Glue Job State Change", [], detail)
    change = StateChange(catalog.account, catalog.region, "job", name, run["Id"], state)
    state_changes.publish(change)


def count(catalog: DataCatalog, run: Record, counts: dict[str, Any], milliseconds: float) -> None:
    """Publish what Spark has counted, for the run and, as ``ALL``, for the job."""
    values = {**counts, "elapsedTime": milliseconds}
    samples = [
        (Metric(f"glue.driver.aggregate.{name}", unit), float(values[name]))
        for name, unit in METRICS.items()
        if name in values
    ]
    for identifier in (run["Id"], "ALL"):
        dimensions = (
            ("JobName", run["JobName"]),
            ("JobRunId", identifier),
            ("Type", "count"),
        )
        source = Source(NAMESPACE, catalog.account, catalog.region, dimensions)
        publisher().add(source, samples)


def read_counts(text: str) -> dict[str, Any]:
    return dict(json.loads(text))
