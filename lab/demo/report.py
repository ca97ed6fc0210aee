"""The daily report as Athena gave it, and what each way to compute it took: Parquet beside JSON."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.demo import price


@dataclass(frozen=True, slots=True)
class Row:
    """One airline on one day. ``mean_delay`` is in minutes, None when nothing arrived at all."""

    day: str
    airline: str
    flights: int
    on_time_share: float
    mean_delay: float | None


@dataclass(frozen=True, slots=True)
class Query:
    """One run of the report's query. ``engine_seconds`` is what Athena says; ``location`` is its
    CSV.
    """

    rows: list[Row]
    engine_seconds: float
    scanned: int
    location: str

    @property
    def flights(self) -> int:
        return sum(row.flights for row in self.rows)

    @property
    def dollars(self) -> float:
        return price.dollars(self.scanned)


def fetch(athena: Any, s3: Any, query_id: str) -> Query:
    """The statistics of a finished query, and its rows from the CSV that Athena left in S3."""
    execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    statistics: Mapping[str, int] = execution["Statistics"]
    location = execution["ResultConfiguration"]["OutputLocation"]
    return Query(
        rows=rows_of(read(s3, location)),
        engine_seconds=statistics["EngineExecutionTimeInMillis"] / 1000,
        scanned=statistics["DataScannedInBytes"],
        location=location,
    )


def read(s3: Any, location: str) -> str:
    """The text of one object, by its s3:// address."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.decode()


def rows_of(text: str) -> list[Row]:
    return [
        Row(
            day=row["dt"],
            airline=row["airline"],
            flights=int(row["flights"]),
            on_time_share=float(row["on_time_share"]),
            mean_delay=float(row["mean_delay"]) if row["mean_delay"] else None,
        )
        for row in csv.DictReader(io.StringIO(text))
    ]


def worst(rows: list[Row], number: int) -> list[Row]:
    """The days and airlines that passengers remember: the lowest share on time, of ten flights or
    more.
    """
    busy = [row for row in rows if row.flights >= 10]
    return sorted(busy, key=lambda row: (row.on_time_share, row.day, row.airline))[:number]
