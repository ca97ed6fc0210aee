"""What others learn of queries: EventBridge of each change of state, CloudWatch of each end.

Source: Amazon Athena User Guide, "Monitor Athena query events with EventBridge", "Monitor Athena
query metrics with CloudWatch".
"""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.plugins import SERVICE_PLUGINS

from lab.providers.athena.models import FINAL, Execution, moment
from lab.providers.cloudwatch import Metric, Source, publisher

LOG = logging.getLogger(__name__)
NAMESPACE = "AWS/Athena"
MILLISECONDS = "Milliseconds"
TIMES = {
    Metric("TotalExecutionTime", MILLISECONDS): "TotalExecutionTimeInMillis",
    Metric("QueryQueueTime", MILLISECONDS): "QueryQueueTimeInMillis",
    Metric("ServicePreProcessingTime", MILLISECONDS): "ServicePreProcessingTimeInMillis",
    Metric("QueryPlanningTime", MILLISECONDS): "QueryPlanningTimeInMillis",
    Metric("EngineExecutionTime", MILLISECONDS): "EngineExecutionTimeInMillis",
    Metric("ServiceProcessingTime", MILLISECONDS): "ServiceProcessingTimeInMillis",
}
PROCESSED = Metric("ProcessedBytes", "Bytes")
# CloudWatch's word has one L.
STATES = {"CANCELLED": "CANCELED"}


def measure(execution: Execution) -> None:
    """Count a query that has ended, for its work group, kind and state together."""
    if execution.state not in FINAL:
        return
    dimensions = (
        ("QueryState", STATES.get(execution.state, execution.state)),
        ("QueryType", execution.kind),
        ("WorkGroup", execution.work_group),
    )
    figures = execution.statistics()
    samples: list[tuple[Metric, float]] = [
        (metric, figures[name]) for metric, name in TIMES.items()
    ]
    if execution.kind == "DML":
        samples.append((PROCESSED, execution.bytes_scanned))
    publisher().add(Source(NAMESPACE, execution.account, execution.region, dimensions), samples)


@cache
def _sender() -> ThreadPoolExecutor:
    """One thread, so that events arrive in their order; a query does not wait for it."""
    return ThreadPoolExecutor(1, thread_name_prefix="athena-events")


def announce(execution: Execution) -> None:
    """Put the new state on the account's default event bus, if anybody has used EventBridge."""
    if not SERVICE_PLUGINS.is_running("events"):
        return
    detail = {
        "versionId": "0",
        "currentState": execution.state,
        "statementType": execution.kind,
        "queryExecutionId": execution.id,
        "workgroupName": execution.work_group,
        "sequenceNumber": str(execution.changes),
    }
    if execution.previous is not None:
        detail["previousState"] = execution.previous
    changed = execution.completed or execution.started or execution.submitted
    entry = {
        "Time": moment(changed),
        "Source": "aws.athena",
        "Resources": [],
        "DetailType": "Athena Query State Change",
        "Detail": json.dumps(detail),
    }
    _sender().submit(_send, execution.account, execution.region, entry)


def _send(account: str, region: str, entry: dict[str, object]) -> None:
    client = connect_to(aws_access_key_id=account, region_name=region).events
    try:
        client.put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:
        LOG.warning("state of a query not announced: %s", error)
