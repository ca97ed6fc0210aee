import gzip
import json

import pytest

from lab.data import flight_reference


@pytest.fixture(scope="module")
def tables() -> dict:
    return json.loads(gzip.decompress(flight_reference.packed()))


def test_sizes(tables: dict) -> None:
    assert {name: len(table) for name, table in tables.items()} == {
        "airlines": 16,
        "airports": 1458,
        "planes": 3322,
        "weather": 3,
    }
    assert sum(map(len, tables["weather"].values())) == 26_115


def test_rows(tables: dict) -> None:
    assert tables["airlines"]["UA"] == "United Air Lines Inc."
    assert tables["airports"]["EWR"] == ["Newark Liberty Intl", 40.6925, -74.168667]
    assert tables["planes"]["N10156"] == ["EMBRAER", "EMB-145XR", 2004, 55]
    assert tables["weather"]["EWR"]["2013-01-01T06"] == [39.02, 10.36, 0.0, 10.0]


def test_an_unknown_year_is_null(tables: dict) -> None:
    assert any(plane[2] is None for plane in tables["planes"].values())


def test_it_is_small_and_the_same_every_time() -> None:
    packed = flight_reference.packed()
    assert len(packed) < 250_000
    assert packed == flight_reference.packed()
