"""Partitions computed from table properties: which values, which folders, which files are read."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from lab.engine.catalog import Column, Table
from lab.engine.errors import QueryError
from lab.engine.java_dates import pattern
from lab.engine.projection import partitions, shifted
from lab.engine.values import Scan
from tests.engine.support import Athena

JSON = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"


def values(properties: Mapping[str, str], filters: Any = ()) -> list[str]:
    """The values of one key ``k`` with these properties, without conditions."""
    table = Table(
        "lab", "t", (), (Column("k", "string"),), "s3://data/t/",
        parameters={f"projection.k.{name}": value for name, value in properties.items()},
    )  # fmt: skip
    scan = Scan(0, table, "t", filters=list(filters))
    return [partition.values[0] for partition in partitions(scan, lambda _, found: found)]


@pytest.mark.fidelity("athena_storage.projection")
@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"type": "enum", "values": "A,B , é"}, ["A", "B", "é"]),
        ({"type": "integer", "range": "-1,2"}, ["-1", "0", "1", "2"]),
        ({"type": "integer", "range": "0,30", "interval": "10", "digits": "3"},
         ["000", "010", "020", "030"]),
        ({"type": "date", "format": "yyyy-MM-dd", "range": "2024-02-28,2024-03-01"},
         ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ({"type": "date", "format": "yyyy/MM", "range": "2023/11,2024/02"},
         ["2023/11", "2023/12", "2024/01", "2024/02"]),
        ({"type": "date", "format": "yyyy-MM-dd-HH", "range": "2024-01-01-22,2024-01-02-04",
          "interval": "3", "interval.unit": "HOURS"},
         ["2024-01-01-22", "2024-01-02-01", "2024-01-02-04"]),
        ({"type": "date", "format": "yyyyMMdd'T'HHmm", "range": "20240101T0000,20240101T0030",
          "interval": "15", "interval.unit": "minutes"},
         ["20240101T0000", "20240101T0015", "20240101T0030"]),
        ({"type": "date", "format": "yyyy", "range": "2020,2024", "interval": "2",
          "interval.unit": "YEARS"}, ["2020", "2022", "2024"]),
        ({"type": "date", "format": "yyyy-MM-dd", "range": "2024-01-31,2024-04-30",
          "interval": "1", "interval.unit": "MONTHS"},
         ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
    ],
)  # fmt: skip
def test_values(properties: dict[str, str], expected: list[str]) -> None:
    assert values(properties) == expected


@pytest.mark.parametrize(
    ("low", "days"), [("NOW-2DAYS", 3), ("now - 1 weeks", 8), ("NOW", 1), ("NOW-1DAY", 2)]
)
def test_dates_up_to_now(low: str, days: int) -> None:
    found = values({"type": "date", "format": "yyyy-MM-dd", "range": f"{low},NOW"})
    today = dt.datetime.now(dt.UTC).date()
    assert len(found) == days
    # Midnight may pass between the two calls.
    assert found[-1] in {str(today), str(today - dt.timedelta(days=1))}


def test_months_end_where_the_calendar_has_it() -> None:
    start = dt.datetime(2024, 1, 31)
    assert [shifted(start, n, "MONTHS").date().isoformat() for n in (1, 2, -2)] == [
        "2024-02-29",
        "2024-03-31",
        "2023-11-30",
    ]
    assert shifted(dt.datetime(2024, 2, 29), 1, "YEARS") == dt.datetime(2025, 2, 28)


@pytest.mark.parametrize(
    ("properties", "error"),
    [
        ({"type": "enum"}, "property projection.k.values is missing"),
        ({"type": "colour"}, "there is no projection type colour"),
        ({"type": "integer", "range": "5,1"},
         "the range is empty, or interval or digits is not positive"),
        ({"type": "integer", "range": "1,x"}, "range, interval and digits are integers"),
        ({"type": "date", "format": "yyyy-MM-dd-HH", "range": "2024-01-01-00,NOW"},
         "format yyyy-MM-dd-HH needs interval and interval.unit"),
        ({"type": "date", "format": "yyyy-MM-dd", "range": "01/01/2024,NOW"},
         "'01/01/2024' is not of the format yyyy-MM-dd"),
    ],
)  # fmt: skip
def test_properties_that_make_no_sense(properties: dict[str, str], error: str) -> None:
    with pytest.raises(QueryError) as caught:
        values(properties)
    assert str(caught.value) == (
        "INVALID_TABLE_PROPERTY: Table lab.t has an invalid partition projection for column k: "
        + error
    )


def test_a_key_without_projection() -> None:
    with pytest.raises(QueryError) as caught:
        values({"values": "a"})
    assert str(caught.value) == (
        "HIVE_METASTORE_ERROR: Table lab.t is configured for partition projection, but the"
        " following partition columns are missing projection configuration: [k] (table lab.t)"
    )


@pytest.mark.parametrize("source", ["EEE", "MMM", "yyyy yyyy", "'only text'", "d"])
def test_date_formats_that_are_refused(source: str) -> None:
    with pytest.raises(QueryError, match=r"^NOT_SUPPORTED: "):
        pattern(source)


@pytest.fixture
def logs(athena: Athena) -> Athena:
    """A file for each of two regions on each of three days, in folders of no Hive form."""
    for region in ("eu", "us"):
        for day in (1, 2, 3):
            uri = f"s3://data/logs/{region}/2024/01/0{day}/a.json"
            athena.objects.write(uri, f'{{"a":{day}}}\n'.encode() * day)
    athena.run(
        f"CREATE EXTERNAL TABLE logs (a int) PARTITIONED BY (region string, day string) {JSON}"
        " LOCATION 's3://data/logs/' TBLPROPERTIES ('projection.enabled' = 'true',"
        " 'projection.region.type' = 'enum', 'projection.region.values' = 'eu,us,asia',"
        " 'projection.day.type' = 'date', 'projection.day.format' = 'yyyy/MM/dd',"
        " 'projection.day.range' = '2014/01/01,NOW',"
        " 'storage.location.template' = 's3://data/logs/${region}/${day}/')"
    )
    return athena


@pytest.mark.fidelity("athena_storage.projection")
def test_only_the_folders_of_the_condition_are_read(logs: Athena) -> None:
    found = logs.run(
        "SELECT region, day, count(*) FROM logs WHERE day = '2024/01/03' AND region <> 'us'"
        " GROUP BY 1, 2"
    )
    assert found == [["eu", "2024/01/03", "3"]]
    assert logs.bytes == 3 * len('{"a":3}\n')


def test_conditions_on_several_keys_at_once(logs: Athena) -> None:
    sql = "SELECT count(*) FROM logs WHERE region || day BETWEEN 'us2024/01/02' AND 'us2024/01/03'"
    assert logs.run(sql) == [["5"]]


def test_injected_values_come_from_the_statement(athena: Athena) -> None:
    for device in "abc":
        athena.objects.write(f"s3://data/d/device={device}/x.json", b'{"n":1}\n')
    athena.run(
        f"CREATE EXTERNAL TABLE d (n int) PARTITIONED BY (device string) {JSON}"
        " LOCATION 's3://data/d/' TBLPROPERTIES ('projection.enabled' = 'true',"
        " 'projection.device.type' = 'injected')"
    )
    assert athena.run("SELECT device, n FROM d WHERE device = 'b'") == [["b", "1"]]
    assert athena.run("SELECT count(*) FROM d WHERE device IN ('a', 'c', 'x')") == [["2"]]
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT count(*) FROM d")
    assert str(caught.value) == (
        "CONSTRAINT_VIOLATION: Injected projected partition column device must have only (and at"
        " least one) equality conditions in the WHERE clause!"
    )
