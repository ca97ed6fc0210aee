"""The function between the stream and the two stores: clean, enrich, index, archive.

Kinesis gives it a batch of one shard and moves on only when it returns; when it raises, the same
batch comes again. So delivery is at least once, and every write here has a name that a second
attempt writes again rather than beside:

* a document's id in OpenSearch is the id of the event;
* an archive object is named after the shard and the first sequence number of the batch.

A record that cannot be used must not raise: it would come again for ever and hold up its shard. It
is put aside under ``errors/`` with the reason and counted.
"""

import base64
import gzip
import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import boto3
from botocore.config import Config
from search import Search, SearchError

# All of this runs once per environment, at the cold start, not once per batch.
BUCKET = os.environ["BUCKET"]
INDEX = os.environ["INDEX"]
WORKERS = 4
S3 = boto3.client("s3", config=Config(max_pool_connections=WORKERS))
SEARCH = Search(os.environ["OPENSEARCH_URL"])
POOL = ThreadPoolExecutor(WORKERS)
REFERENCE = json.loads(gzip.decompress(Path(__file__).with_name("reference.json.gz").read_bytes()))
ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)

ATTEMPTS = 6
OVERLOADED = (429, 503)


class MalformedError(Exception):
    """The record cannot be used; the text says why."""


class NotIndexedError(Exception):
    """Some documents are not in the index: the batch must come again."""


def handler(event, _context):
    """Called by Lambda with ``{"Records": [...]}`` of one shard, in order."""
    records = event["Records"]
    documents, rejected = read(records)
    archive = list(archive_objects(documents, records))
    # S3 is written while OpenSearch works: both wait for the network, neither for the other.
    writes = [
        POOL.submit(
            S3.put_object, Bucket=BUCKET, Key=key, Body=body, ContentType="application/json"
        )
        for key, body in [*archive, *error_objects(rejected, records)]
    ]
    index(documents)
    for write in writes:
        write.result()  # raises what the write raised
    figures = {
        "Records": len(records),
        "Indexed": len(documents),
        "IndexedBytes": sum(len(line) for _, _, line in documents),
        "Archived": len(documents),
        "ArchivedBytes": sum(len(body) for _, body in archive),
        "Malformed": len(rejected),
        "AgeMilliseconds": age_of(records),
    }
    print_metrics(figures)
    return figures


def read(records):
    """Split a batch in documents, as ``(id, month, line of JSON)``, and rejected records, as
    ``(record, reason)``.
    """
    documents, rejected = [], []
    for record in records:
        try:
            event = parse(base64.b64decode(record["kinesis"]["data"]))
        except MalformedError as error:
            rejected.append((record, str(error)))
        else:
            # Encoded once; the same line goes to OpenSearch and to S3.
            line = ENCODER.encode(enrich(event))
            documents.append((event["event_id"], event["scheduled_departure"][:7], line))
    return documents, rejected


# --- Clean: what a departure must look like -------------------------------------------------------

TEXT, NUMBER, NOTHING = str, int, type(None)
SCHEMA = {
    "event_id": (TEXT,),
    "scheduled_departure": (TEXT,),
    "departure_delay": (NUMBER, NOTHING),
    "arrival_delay": (NUMBER, NOTHING),
    "carrier": (TEXT,),
    "flight": (NUMBER,),
    "tailnum": (TEXT, NOTHING),
    "origin": (TEXT,),
    "dest": (TEXT,),
    "distance": (NUMBER,),
    "air_time": (NUMBER, NOTHING),
}


def parse(data):
    """The event in a record's bytes; raises MalformedError with the first thing that is wrong."""
    try:
        event = json.loads(data)
    except ValueError as error:  # not UTF-8, or not JSON
        raise MalformedError(f"not JSON: {error}") from None
    if not isinstance(event, dict):
        raise MalformedError(f"not an object but a {type(event).__name__}")
    for field, types in SCHEMA.items():
        if field not in event:
            raise MalformedError(f"{field} is missing")
        if type(event[field]) not in types:
            raise MalformedError(f"{field} is a {type(event[field]).__name__}: {event[field]!r}")
    if unknown := event.keys() - SCHEMA.keys():
        raise MalformedError(f"unknown field {min(unknown)}")
    try:
        datetime.fromisoformat(event["scheduled_departure"])
    except ValueError as error:
        raise MalformedError(f"scheduled_departure: {error}") from None
    return event


# --- Enrich: join with what is known, on the fly --------------------------------------------------


def enrich(event):
    """The event with its airline, airports, plane, the weather at its origin, and a delay class.

    A plane or an airport that is not in the tables is no error: the fields are just absent (a left
    join).
    """
    document = dict(event)
    document["airline"] = REFERENCE["airlines"].get(event["carrier"])
    document["delay_class"] = delay_class(event["departure_delay"], event["arrival_delay"])
    document.update(airport("origin", event["origin"]))
    document.update(airport("dest", event["dest"]))
    document.update(plane(event["tailnum"]))
    scheduled = event["scheduled_departure"]
    document.update(weather(event["origin"], utc_hour(scheduled[:13], scheduled[-6:])))
    return document


def delay_class(departure_delay, arrival_delay):
    """On time is what the U.S. Department of Transportation calls so: less than 15 minutes late at
    the gate.
    """
    if departure_delay is None:
        return "cancelled"
    if arrival_delay is None:
        return "diverted"
    if arrival_delay < 15:
        return "on_time"
    return "late" if arrival_delay < 60 else "very_late"


# A few hundred airports, 4,000 planes and the present hour come again and again: remember what was
# built for them.


@lru_cache(maxsize=512)
def airport(role, code):
    if code not in REFERENCE["airports"]:
        return {}
    name, latitude, longitude = REFERENCE["airports"][code]
    return {f"{role}_name": name, f"{role}_location": {"lat": latitude, "lon": longitude}}


@lru_cache(maxsize=8192)
def plane(tailnum):
    if tailnum not in REFERENCE["planes"]:
        return {}
    manufacturer, model, year, seats = REFERENCE["planes"][tailnum]
    fields = {"manufacturer": manufacturer, "model": model, "plane_year": year, "seats": seats}
    return {name: value for name, value in fields.items() if value is not None}


@lru_cache(maxsize=512)
def weather(origin, hour):
    readings = REFERENCE["weather"].get(origin, {}).get(hour)
    names = ("temperature_f", "wind_speed_mph", "precipitation_in", "visibility_mi")
    return {
        name: value for name, value in zip(names, readings or (), strict=False) if value is not None
    }


@lru_cache(maxsize=512)
def utc_hour(local_hour, offset):
    """Readings are kept by hour in UTC, which unlike local time never repeats: "2013-01-01T05" ->
    "2013-01-01T10".
    """
    return datetime.fromisoformat(f"{local_hour}:00{offset}").astimezone(UTC).isoformat()[:13]


# --- The live side: OpenSearch --------------------------------------------------------------------


def index(documents):
    """Index all documents or raise. Those that an overloaded OpenSearch turns down are sent again,
    alone.
    """
    waiting = [
        (f'{{"index":{{"_id":{ENCODER.encode(key)}}}}}\n{line}\n') for key, _, line in documents
    ]
    for attempt in range(ATTEMPTS):
        if not waiting:
            return
        if attempt:
            time.sleep(jitter() * 0.1 * 2**attempt)
        waiting = turned_down(waiting)
    if waiting:
        raise NotIndexedError(f"{len(waiting)} documents: OpenSearch stayed overloaded")


def jitter():
    """Half to all of a pause, at random: who failed together must not try again together."""
    return random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret


def turned_down(actions):
    """Send one bulk request; returns what to send again, raises when something cannot succeed."""
    try:
        # A bulk request answers 200 even if every document in it failed: each has a status of its
        # own. The filter keeps those, and spares us the parsing of everything else.
        answer = SEARCH.request(
            "POST",
            f"/{INDEX}/_bulk",
            "".join(actions).encode(),
            filter_path="errors,items.*.status,items.*.error.reason",
        )
    except SearchError as error:
        if error.status in OVERLOADED:
            return actions
        raise
    if not answer["errors"]:
        return []
    again = []
    for action, item in zip(actions, answer["items"], strict=True):
        if item["index"]["status"] in OVERLOADED:
            again.append(action)
        elif item["index"]["status"] >= 300:
            raise NotIndexedError(f"{item['index']} for {action[:200]}")
    return again


# --- The lasting side: S3 -------------------------------------------------------------------------


def archive_objects(documents, records):
    """One object per month of flights in the batch: the month is the partition Athena can skip.

    Not per day: when a whole year is replayed, a batch spans many days, and many small objects cost
    more than they spare, in requests here and in Athena later.
    """
    months = {}
    for _, month, line in documents:
        months.setdefault(month, []).append(line)
    for month, lines in months.items():
        # Level 1: a third more bytes than the default level in well under half its time. And no
        # time stamp in the header, so that the same batch gives the same bytes.
        body = gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=1, mtime=0)
        yield f"archive/month={month}/{batch_name(records)}.json.gz", body


def error_objects(rejected, records):
    """One object for all that was rejected, with what is needed to repair and send it again."""
    if not rejected:
        return
    lines = [ENCODER.encode(error_line(record, reason)) for record, reason in rejected]
    arrived = records[0]["kinesis"]["approximateArrivalTimestamp"]
    day = datetime.fromtimestamp(arrived, UTC).date().isoformat()
    yield f"errors/dt={day}/{batch_name(records)}.json", ("\n".join(lines) + "\n").encode()


def error_line(record, reason):
    kinesis = record["kinesis"]
    return {
        "reason": reason,
        "shard_id": record["eventID"].partition(":")[0],
        "sequence_number": kinesis["sequenceNumber"],
        "partition_key": kinesis["partitionKey"],
        "arrived": kinesis["approximateArrivalTimestamp"],
        "data": kinesis["data"],  # base64, as it came: the bytes may be no text at all
    }


def batch_name(records):
    """The eventID is
    "shardId-000000000001:49590338271490256608559692538361571095921575989136588898".
    """
    return records[0]["eventID"].replace(":", "-")


# --- Metrics --------------------------------------------------------------------------------------


def age_of(records):
    """How long ago the newest record of the batch came into the stream, in milliseconds."""
    last_arrival = records[-1]["kinesis"]["approximateArrivalTimestamp"]
    return max(0, round((time.time() - last_arrival) * 1000))


def print_metrics(figures):
    """CloudWatch's embedded metric format: a log line that becomes metrics, with no API call.

    (CloudWatch User Guide, "Specification: Embedded metric format".)
    """
    metrics = [{"Name": name} for name in figures]
    directive = {"Namespace": "HybridPipeline", "Dimensions": [[]], "Metrics": metrics}
    envelope = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]}
    print(ENCODER.encode({"_aws": envelope, **figures}))
