"""The four counts that must agree: sent, indexed, archived, reported; and the records put aside
beside them.

Each is taken where it lies, not from what the function said of itself. When they do not agree, the
ids that are missing are found, which reads everything once more; so that is done only then.
"""

import csv
import gzip
import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from opensearchpy import OpenSearch

from lab.data import flights
from lab.demo import report
from lab.demo.pipeline import Outputs
from lab.errors import LabError
from lab.i18n import lab_error

PAGE = 5_000
NAMED = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """Departures and damaged records are what the data holds; the others are what was found."""

    departures: int
    damaged: int
    sent: int
    indexed: int
    archived: int
    reported: int
    malformed: int

    @property
    def agree(self) -> bool:
        return (
            self.sent == self.departures + self.damaged
            and self.indexed == self.archived == self.reported == self.departures
            and self.malformed == self.damaged
        )


class Places:
    """Where the records are in the end."""

    def __init__(self, outputs: Outputs, s3: Any, athena: Any, search: OpenSearch) -> None:
        self.outputs = outputs
        self.s3 = s3
        self.athena = athena
        self.search = search

    def indexed(self) -> int:
        """Documents in the index, the newest included."""
        self.search.indices.refresh(index=self.outputs.index)
        count: int = self.search.count(index=self.outputs.index)["count"]
        return count

    def archived(self) -> int:
        """Events in the archive; a batch that came twice counts once."""
        table = f"{self.outputs.database}.archive"
        text = self.query(f"SELECT count(DISTINCT event_id) FROM {table}")  # noqa: S608 - our name
        return int(list(csv.reader(io.StringIO(text)))[1][0])

    def malformed(self) -> int:
        """Records under errors/, each once."""
        found = {
            (error["shard_id"], error["sequence_number"])
            for key in self._keys("errors/")
            for error in map(json.loads, self._object(key).splitlines())
        }
        return len(found)

    def indexed_ids(self) -> Iterator[str]:
        after: list[Any] | None = None
        while True:
            body: dict[str, Any] = {"size": PAGE, "_source": False, "sort": [{"event_id": "asc"}]}
            if after:
                body["search_after"] = after
            hits = self.search.search(index=self.outputs.index, body=body)["hits"]["hits"]
            if not hits:
                return
            yield from (hit["_id"] for hit in hits)
            after = hits[-1]["sort"]

    def archived_ids(self) -> Iterator[str]:
        for key in self._keys("archive/"):
            for line in gzip.decompress(self._object(key)).splitlines():
                yield json.loads(line)["event_id"]

    def reported_ids(self) -> Iterator[str]:
        table = f"{self.outputs.database}.flights"
        text = self.query(f"SELECT event_id FROM {table}")  # noqa: S608 - our name
        yield from (row["event_id"] for row in csv.DictReader(io.StringIO(text)))

    def query(self, sql: str) -> str:
        """Run one statement on Athena; returns its CSV."""
        location = {"OutputLocation": f"s3://{self.outputs.bucket}/athena-results/"}
        query = self.athena.start_query_execution(QueryString=sql, ResultConfiguration=location)
        execution = self._wait(query["QueryExecutionId"])
        if execution["Status"]["State"] != "SUCCEEDED":
            reason = execution["Status"].get("StateChangeReason", "")
            raise lab_error("demo-query-failed", sql=sql, reason=reason)
        return report.read(self.s3, execution["ResultConfiguration"]["OutputLocation"])

    def _wait(self, query_id: str) -> dict[str, Any]:
        while True:
            answer = self.athena.get_query_execution(QueryExecutionId=query_id)
            execution: dict[str, Any] = answer["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.1)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.outputs.bucket, Prefix=prefix):
            yield from (item["Key"] for item in page.get("Contents", []))

    def _object(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.outputs.bucket, Key=key)["Body"].read()
        return body


def disagreement(counts: Counts, places: Places, days: int, events: int | None) -> LabError:
    """The error that says which records are missing, hop by hop, the first ten of each."""
    found = {
        "indexed": (counts.indexed, places.indexed_ids),
        "archived": (counts.archived, places.archived_ids),
        "reported": (counts.reported, places.reported_ids),
    }
    missing = {
        hop: missing_ids(flights.event_ids(days, events), ids())
        for hop, (count, ids) in found.items()
        if count != counts.departures
    }
    named = "; ".join(f"{hop}: {', '.join(ids) or '-'}" for hop, ids in missing.items())
    return lab_error(
        "demo-counts-differ",
        departures=counts.departures,
        damaged=counts.damaged,
        sent=counts.sent,
        indexed=counts.indexed,
        archived=counts.archived,
        reported=counts.reported,
        malformed=counts.malformed,
        missing=named or "-",
    )


def missing_ids(expected: Iterable[str], found: Iterable[str]) -> list[str]:
    """The first ids that are not among those found."""
    present = set(found)
    return list(islice((key for key in expected if key not in present), NAMED))
