"""What EventBridge learns of crawls: that they began, and how they ended.

Source: AWS Glue User Guide, "Automating AWS Glue with EventBridge"; EventBridge, "AWS Glue events".
"""

import datetime as dt

from lab.providers.glue.crawlers.changes import ADD, DELETE, PARTITION, TABLE, UPDATE, Changes
from lab.providers.glue.crawlers.crawl_log import GROUP
from lab.providers.glue.events import send
from lab.providers.glue.models import DataCatalog

DETAIL_TYPE = "Glue Crawler State Change"


def started(catalog: DataCatalog, crawler: str, at: dt.datetime) -> None:
    detail = {"message": "Crawler Started", "startTime": _text(at), "state": "Started"}
    _send(catalog, crawler, detail)


def succeeded(
    catalog: DataCatalog, crawler: str, at: dt.datetime, seconds: float, changes: Changes
) -> None:
    counts = {
        f"{noun}{verb}": str(changes.counts[kind, action])
        for noun, kind in (("tables", TABLE), ("partitions", PARTITION))
        for verb, action in (("Created", ADD), ("Updated", UPDATE), ("Deleted", DELETE))
    }
    detail = {
        **counts,
        "warningMessage": "N/A",
        "message": "Crawler Succeeded",
        "runningTime (sec)": str(round(seconds)),
        "completionDate": _text(at),
        "state": "Succeeded",
        "cloudWatchLogLink": _link(catalog, crawler),
    }
    _send(catalog, crawler, detail)


def failed(catalog: DataCatalog, crawler: str, message: str) -> None:
    detail = {
        "errorMessage": message,
        "message": message,
        "state": "Failed",
        "cloudWatchLogLink": _link(catalog, crawler),
    }
    _send(catalog, crawler, detail)


def _send(catalog: DataCatalog, crawler: str, detail: dict[str, str]) -> None:
    detail = {"accountId": catalog.account, "crawlerName": crawler, **detail}
    send(catalog, DETAIL_TYPE, [], detail)


def _text(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _link(catalog: DataCatalog, crawler: str) -> str:
    return (
        f"https://console.aws.amazon.com/cloudwatch/home?region={catalog.region}"
        f"#logEventViewer:group={GROUP};stream={crawler}"
    )
