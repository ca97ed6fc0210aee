"""What a crawl says of itself in CloudWatch Logs: the group ``/aws-glue/crawlers``, a stream a
crawler, each line with the id of the crawl before it.

Source: AWS Glue User Guide, "Viewing crawler results and details", "Accelerating crawls" (log
lines).
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

LOG = logging.getLogger(__name__)

GROUP = "/aws-glue/crawlers"
MOST_LINES = 5000
"""How many lines of one crawl are kept; what is beyond is said to be left out."""
PER_CALL = 500


@dataclass
class CrawlLog:
    """The lines of one crawl, written when it begins, between its steps, and at its end."""

    account: str
    region: str
    crawler: str
    crawl: str
    _pending: list[dict[str, Any]] = field(default_factory=list)
    _count: int = 0

    def benchmark(self, text: str) -> None:
        self._add("BENCHMARK", text)
        self.flush()

    def info(self, text: str) -> None:
        self._add("INFO", text)

    def warn(self, text: str) -> None:
        self._add("WARN", text)

    def error(self, text: str) -> None:
        self._add("ERROR", text)

    def _add(self, level: str, text: str) -> None:
        self._count += 1
        if level != "BENCHMARK" and self._count == MOST_LINES:
            text = "Further lines of this crawl are left out."
        if level == "BENCHMARK" or self._count <= MOST_LINES:
            message = f"[{self.crawl}] {level} : {text}"
            self._pending.append({"timestamp": int(time.time() * 1000), "message": message})

    def flush(self) -> None:
        events, self._pending = self._pending, []
        logs = connect_to(aws_access_key_id=self.account, region_name=self.region).logs
        try:
            for start in range(0, len(events), PER_CALL):
                self._put(logs, events[start : start + PER_CALL])
        except (BotoCoreError, ClientError) as error:
            LOG.warning("the log of the crawler %s was not written: %s", self.crawler, error)

    def _put(self, logs: Any, events: list[dict[str, Any]]) -> None:
        given = {"logGroupName": GROUP, "logStreamName": self.crawler}
        try:
            logs.put_log_events(**given, logEvents=events)
        except logs.exceptions.ResourceNotFoundException:
            for make, names in (
                (logs.create_log_group, {"logGroupName": GROUP}),
                (logs.create_log_stream, given),
            ):
                try:
                    make(**names)
                except logs.exceptions.ResourceAlreadyExistsException:
                    continue
            logs.put_log_events(**given, logEvents=events)
