"""The batch half of the course's pipeline: an archive of JSON becomes partitioned Parquet, without
duplicates.
"""

import gzip
import json

import pytest

from tests.providers.athena.support import BUCKET, Sql

pytestmark = pytest.mark.lab

SUMMARY = (
    "SELECT carrier, count(*) AS n, round(avg(delay), 1) AS delay,"
    " sum(CASE WHEN cancelled THEN 1 ELSE 0 END) AS gone FROM {} GROUP BY carrier"
    " ORDER BY n DESC, carrier"
)


@pytest.fixture(scope="module")
def archive(sql: Sql) -> Sql:
    """60 days of 10 events, each day's first event delivered twice."""
    for number in range(60):
        day = f"2013-{1 + number // 30:02d}-{1 + number % 30 % 28:02d}"
        events = [
            {
                "event_id": f"{number}-{place}",
                "carrier": "UA" if place % 3 else "AA",
                "delay": None if place == 9 else place * 1.5,
                "cancelled": place == 9,
                "at": f"{day}T05:00:0{place}Z",
            }
            for place in range(10)
        ]
        lines = "".join(json.dumps(event) + "\n" for event in [*events, events[0]])
        key = f"archive/dt={day}/{number}.json.gz"
        sql.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(lines.encode()))
    made = sql.run(
        "CREATE EXTERNAL TABLE archive (event_id string, carrier string, delay"
        " double, cancelled boolean,"
        " at timestamp) PARTITIONED BY (dt string)"
        " ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
        f" LOCATION 's3://{BUCKET}/archive/'"
    )
    assert made["Status"]["State"] == "SUCCEEDED"
    return sql


def test_archive_to_parquet(archive: Sql) -> None:
    assert len(archive.rows("MSCK REPAIR TABLE archive")) == 57
    archive.run("DROP TABLE IF EXISTS events")
    made = archive.run(
        f"CREATE TABLE events WITH (format = 'PARQUET', external_location = 's3://{BUCKET}/events/',"
        " partitioned_by = ARRAY['month']) AS SELECT event_id, carrier, delay,"
        " cancelled, at, month FROM ("
        " SELECT *, substr(dt, 1, 7) AS month, row_number() OVER (PARTITION BY"
        " event_id ORDER BY at) AS place"
        " FROM archive) WHERE place = 1"
    )
    assert made["Status"]["State"] == "SUCCEEDED", made["Status"]
    assert made["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    assert made["Statistics"]["DataScannedInBytes"] == sum(
        one["Size"]
        for one in archive.s3.list_objects_v2(Bucket=BUCKET, Prefix="archive/")["Contents"]
    )
    manifest = archive.body(made["Statistics"]["DataManifestLocation"]).decode().splitlines()
    assert [uri.rsplit("/", 1)[0] for uri in manifest] == [
        f"s3://{BUCKET}/events/month=2013-01",
        f"s3://{BUCKET}/events/month=2013-02",
    ]
    answer = archive.athena.get_query_results(QueryExecutionId=made["QueryExecutionId"])
    assert answer["UpdateCount"] == 600
    assert archive.rows(SUMMARY.format("events")) == [
        ["carrier", "n", "delay", "gone"],
        ["UA", "360", "6.8", "0"],
        ["AA", "240", "4.5", "60"],
    ]
    twice = archive.rows(SUMMARY.format("archive"))
    assert twice[1:] == [["UA", "360", "6.8", "0"], ["AA", "300", "3.4", "60"]]


def test_parquet_scans_less_than_json(archive: Sql) -> None:
    parquet = archive.run(SUMMARY.format("events"))["Statistics"]["DataScannedInBytes"]
    text = archive.run(SUMMARY.format("archive"))["Statistics"]["DataScannedInBytes"]
    assert 0 < parquet < text
    one = "SELECT count(*) FROM events WHERE month = '2013-01'"
    assert archive.run(one)["Statistics"]["DataScannedInBytes"] == 0
