"""Files of a data lake as exercises begin with them and as checks add to them: CSV of the flights
of 2013, and objects that are there only while a check looks.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched, groupby

from lab.checks import queries
from lab.checks.bench import Bench
from lab.data.flights import Event

COLUMNS = (
    *("flight_date", "carrier", "flight", "tailnum", "origin", "dest", "scheduled"),
    *("dep_delay", "arr_delay", "distance"),
)


def bucket(bench: Bench, name: str) -> str:
    """An empty bucket ``name``-ACCOUNT, and that of Athena's results; its whole name. What another
    learner has left in this lab would be rows that nobody expects.
    """
    queries.make_results_bucket(bench)
    whole = f"{name}-{queries.ACCOUNT}"
    s3 = bench.client("s3")
    s3.create_bucket(Bucket=whole)
    for some in batched(sizes(bench, whole), 1_000):
        s3.delete_objects(Bucket=whole, Delete={"Objects": [{"Key": key} for key in some]})
    return whole


def put(bench: Bench, bucket: str, key: str, text: str | bytes) -> int:
    """Write an object; its size in bytes."""
    body = text.encode() if isinstance(text, str) else text
    bench.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return len(body)


def sizes(bench: Bench, bucket: str, prefix: str = "") -> dict[str, int]:
    """The keys below ``prefix`` and the bytes of each."""
    pages = bench.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=bucket, Prefix=prefix)
    return {one["Key"]: one["Size"] for page in found for one in page.get("Contents", [])}


@contextmanager
def added(bench: Bench, bucket: str, key: str, text: str | bytes) -> Iterator[int]:
    """An object that is there only within the block: data that the learner has not seen."""
    size = put(bench, bucket, key, text)
    try:
        yield size
    finally:
        bench.client("s3").delete_object(Bucket=bucket, Key=key)


def row(flight: Event) -> dict[str, object]:
    """A departure as a row of the lake: its date, and its scheduled time at the airport, without a
    zone; what is not known is empty.
    """
    local = flight["scheduled_departure"][:19].replace("T", " ")
    return {
        "flight_date": local[:10],
        "carrier": flight["carrier"],
        "flight": flight["flight"],
        "tailnum": flight["tailnum"],
        "origin": flight["origin"],
        "dest": flight["dest"],
        "scheduled": local,
        "dep_delay": flight["departure_delay"],
        "arr_delay": flight["arrival_delay"],
        "distance": flight["distance"],
    }


def days(flights: Iterable[Event]) -> dict[str, list[dict[str, object]]]:
    """Rows by date, of flights that are in the order of their dates."""
    rows = map(row, flights)
    return {str(day): list(of_day) for day, of_day in groupby(rows, lambda r: r["flight_date"])}


def text(
    rows: Iterable[dict[str, object]], columns: Sequence[str] = COLUMNS, *, header: bool = True
) -> str:
    """The rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def need(bench: Bench, bucket: str, *, code: str) -> None:
    """Failed unless the bucket that ``lab start`` has made is there."""
    bench.ask(
        "s3",
        "head_bucket",
        code=code,
        fr=f"le bucket {bucket} existe ; lab goto le recrée",
        en=f"the bucket {bucket} exists; lab goto makes it again",
        Bucket=bucket,
    )
