import base64
import gzip
import json
from types import ModuleType
from typing import Any

import pytest

from lab.data import flights

ARRIVED = 1_385_000_000.5


class FakeSearch:
    """Answers bulk requests with the statuses it is given, request by request; then with 201."""

    def __init__(self, *statuses: list[int]) -> None:
        self.statuses = list(statuses)
        self.requests: list[list[dict]] = []

    def request(self, method: str, path: str, body: bytes, **_: str) -> dict:
        assert (method, path) == ("POST", "/flights/_bulk")
        lines = [json.loads(line) for line in body.splitlines()]
        self.requests.append(lines)
        default = [201] * (len(lines) // 2)
        statuses = self.statuses.pop(0) if self.statuses else default
        items = [{"index": {"status": status}} for status in statuses]
        return {"errors": any(status >= 300 for status in statuses), "items": items}


class FakeS3:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803
        assert Bucket == "lake"
        self.objects[Key] = Body


@pytest.fixture
def handler(solution: Any, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = solution("handler")
    monkeypatch.setattr(module, "SEARCH", FakeSearch())
    monkeypatch.setattr(module, "S3", FakeS3())
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    return module


def event_of(*data: bytes) -> dict:
    """What Lambda passes for these records of the first shard, the first with the sequence number
    100.
    """
    return {
        "Records": [
            {
                "eventID": f"shardId-000000000000:{number}",
                "kinesis": {
                    "data": base64.b64encode(item).decode(),
                    "sequenceNumber": str(number),
                    "partitionKey": "N1",
                    "approximateArrivalTimestamp": ARRIVED,
                },
            }
            for number, item in enumerate(data, start=100)
        ]
    }


def departure(**changes: object) -> dict:
    return {**next(flights.departures(days=1)), **changes}


def test_the_document_is_enriched(handler: ModuleType) -> None:
    handler.handler(event_of(flights.encode(departure())), None)
    action, document = handler.SEARCH.requests[0]
    assert action == {"index": {"_id": "2013-01-01-UA-1545-EWR-IAH"}}
    assert document == departure() | {
        "airline": "United Air Lines Inc.",
        "delay_class": "on_time",
        "origin_name": "Newark Liberty Intl",
        "origin_location": {"lat": 40.6925, "lon": -74.168667},
        "dest_name": "George Bush Intercontinental",
        "dest_location": {"lat": 29.984433, "lon": -95.341442},
        "manufacturer": "BOEING",
        "model": "737-824",
        "plane_year": 1999,
        "seats": 149,
        "temperature_f": 39.02,
        "wind_speed_mph": 12.66,
        "precipitation_in": 0.0,
        "visibility_mi": 10.0,
    }


def test_what_is_not_in_the_tables_is_left_out(handler: ModuleType) -> None:
    document = handler.enrich(departure(tailnum=None, dest="BQN"))
    assert "dest_name" not in document
    assert "model" not in document


@pytest.mark.parametrize(
    ("departure_delay", "arrival_delay", "expected"),
    [
        (None, None, "cancelled"),
        (10, None, "diverted"),
        (-5, -20, "on_time"),
        (20, 14, "on_time"),
        (20, 15, "late"),
        (0, 59, "late"),
        (0, 60, "very_late"),
    ],
)
def test_delay_class(
    handler: ModuleType, departure_delay: int | None, arrival_delay: int | None, expected: str
) -> None:
    assert handler.delay_class(departure_delay, arrival_delay) == expected


def test_the_index_has_a_mapping_for_every_field(handler: ModuleType, folder: Any) -> None:
    mapping = json.loads((folder / "index.json").read_text())["mappings"]
    assert mapping["dynamic"] == "strict"
    fields = {name for event in flights.departures(2) for name in handler.enrich(event)}
    assert fields == mapping["properties"].keys()


def test_the_archive_has_an_object_per_month(handler: ModuleType) -> None:
    months = {
        n: departure(event_id=n, scheduled_departure=f"2013-0{n}-01T05:15:00-05:00") for n in "12"
    }
    handler.handler(event_of(*map(flights.encode, months.values())), None)
    assert sorted(handler.S3.objects) == [
        "archive/month=2013-01/shardId-000000000000-100.json.gz",
        "archive/month=2013-02/shardId-000000000000-100.json.gz",
    ]
    for key, body in handler.S3.objects.items():
        (line,) = gzip.decompress(body).splitlines()
        assert json.loads(line)["scheduled_departure"].startswith(key[14:21])


def test_the_same_batch_writes_the_same_objects(handler: ModuleType) -> None:
    batch = event_of(*(record.data for record in flights.records(days=1)))
    handler.handler(batch, None)
    first = dict(handler.S3.objects)
    handler.handler(batch, None)
    assert first == handler.S3.objects


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b'{"event_id": "2013',
            "not JSON: Unterminated string starting at: line 1 column 14 (char 13)",
        ),
        (b"\xff\xfe", "not JSON: "),
        (b"[1]", "not an object but a list"),
        (flights.encode(departure(carrier=42)), "carrier is a int: 42"),
        (flights.encode(departure(arrival_delay="late")), "arrival_delay is a str: 'late'"),
        (flights.encode(departure(distance=True)), "distance is a bool: True"),
        (flights.encode(departure(colour="red")), "unknown field colour"),
        (
            flights.encode({k: v for k, v in departure().items() if k != "scheduled_departure"}),
            "scheduled_departure is missing",
        ),
        (
            flights.encode(departure(scheduled_departure="2013-02-30T25:61:00-05:00")),
            "scheduled_departure: ",
        ),
    ],
)
def test_a_malformed_record_is_put_aside(handler: ModuleType, data: bytes, reason: str) -> None:
    figures = handler.handler(event_of(data, flights.encode(departure())), None)
    assert (figures["Indexed"], figures["Archived"], figures["Malformed"]) == (1, 1, 1)
    (line,) = handler.S3.objects["errors/dt=2013-11-21/shardId-000000000000-100.json"].splitlines()
    error = json.loads(line)
    assert error.pop("reason").startswith(reason)
    assert error == {
        "shard_id": "shardId-000000000000",
        "sequence_number": "100",
        "partition_key": "N1",
        "arrived": ARRIVED,
        "data": base64.b64encode(data).decode(),
    }


def test_a_day_of_records_is_split_in_good_and_damaged(handler: ModuleType) -> None:
    records = list(flights.records(days=7))
    documents, rejected = handler.read(event_of(*(r.data for r in records))["Records"])
    assert [key for key, _, _ in documents] == [r.event_id for r in records if not r.damaged]
    assert len(rejected) == sum(r.damaged for r in records)


def test_only_what_was_turned_down_is_sent_again(handler: ModuleType) -> None:
    handler.SEARCH = FakeSearch([201, 429, 200], [503], [201])
    handler.handler(event_of(*(flights.encode(departure(event_id=n)) for n in "abc")), None)
    ids = [[line["index"]["_id"] for line in lines[::2]] for lines in handler.SEARCH.requests]
    assert ids == [["a", "b", "c"], ["b"], ["b"]]


def test_a_document_that_can_never_be_indexed_raises(handler: ModuleType) -> None:
    handler.SEARCH = FakeSearch([400])
    with pytest.raises(handler.NotIndexedError, match="'status': 400"):
        handler.handler(event_of(flights.encode(departure())), None)


def test_an_overloaded_cluster_raises_in_the_end(handler: ModuleType) -> None:
    handler.SEARCH = FakeSearch(*[[429]] * 6)
    with pytest.raises(handler.NotIndexedError, match="1 documents"):
        handler.handler(event_of(flights.encode(departure())), None)


def test_a_failed_write_to_the_archive_raises(
    handler: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise ConnectionError("no S3")

    monkeypatch.setattr(handler.S3, "put_object", refuse)
    with pytest.raises(ConnectionError, match="no S3"):
        handler.handler(event_of(flights.encode(departure())), None)


def test_the_figures_are_an_embedded_metric(
    handler: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.handler(event_of(flights.encode(departure()), b"x"), None)
    line = json.loads(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "HybridPipeline"
    assert {metric["Name"] for metric in directive["Metrics"]} == line.keys() - {"_aws"}
    assert (line["Records"], line["Indexed"], line["Malformed"]) == (2, 1, 1)
    ((_, archived),) = [
        item for item in handler.S3.objects.items() if item[0].startswith("archive")
    ]
    assert line["ArchivedBytes"] == len(archived)
    assert line["IndexedBytes"] == len(gzip.decompress(archived)) - 1
