"""Avro: names in any case, defaults of the table's schema, logical types, packed blocks."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import fastavro
import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena

CREATE = "CREATE EXTERNAL TABLE t ({}) STORED AS AVRO LOCATION 's3://data/t/' {}"


def store(athena: Athena, fields: list[Any], rows: list[Any], name: str = "1") -> int:
    path = athena.objects.path(f"s3://data/t/{name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        schema = {"type": "record", "name": "event", "fields": fields}
        fastavro.writer(file, fastavro.parse_schema(schema), rows, codec="deflate")
    return path.stat().st_size


@pytest.mark.fidelity("athena_storage.avro")
def test_types_of_every_kind(athena: Athena) -> None:
    inner = {"type": "record", "name": "inner", "fields": [{"name": "x", "type": "float"}]}
    millis = {"type": "long", "logicalType": "timestamp-millis"}
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}
    fields = [
        {"name": "A", "type": ["null", "int"]},
        {"name": "t", "type": millis},
        {"name": "d", "type": {"type": "int", "logicalType": "date"}},
        {"name": "n", "type": decimal},
        {"name": "e", "type": {"type": "enum", "name": "letter", "symbols": ["X", "Y"]}},
        {"name": "m", "type": {"type": "map", "values": "long"}},
        {"name": "l", "type": {"type": "array", "items": ["null", inner]}},
        {"name": "again", "type": "inner"},
    ]
    moment = dt.datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=dt.UTC)
    row = {
        "A": 1, "t": moment, "d": dt.date(2024, 2, 29), "n": Decimal("1.25"), "e": "Y",
        "m": {"k": 2}, "l": [{"x": 0.5}, None], "again": {"x": 1.5},
    }  # fmt: skip
    size = store(athena, fields, [row])
    columns = (
        "again struct<x:float>, a bigint, t timestamp, d date, n decimal(6,2), e string,"
        " m map<string,bigint>, l array<struct<x:float>>, gone int"
    )
    athena.run(CREATE.format(columns, ""))
    assert athena.run("SELECT * FROM t") == [
        ["{x=1.5}", "1", "2024-01-02 03:04:05.678", "2024-02-29", "1.25", "Y", "{k=2}",
         "[{x=0.5}, null]", None]
    ]  # fmt: skip
    assert athena.run("SELECT count(*) FROM t") == [["1"]]
    assert athena.bytes == size


@pytest.mark.fidelity("athena_storage.avro")
def test_the_tables_schema_gives_defaults(athena: Athena) -> None:
    store(athena, [{"name": "a", "type": "int"}], [{"a": 1}], "1")
    store(athena, [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}],
          [{"a": 2, "b": "y"}], "2")  # fmt: skip
    literal = {
        "type": "record", "name": "event", "fields": [
            {"name": "a", "type": "long"}, {"name": "b", "type": "string", "default": "none"},
        ],
    }  # fmt: skip
    tail = f"TBLPROPERTIES ('avro.schema.literal' = '{json.dumps(literal)}')"
    athena.run(CREATE.format("a bigint, b string", tail))
    assert athena.run("SELECT * FROM t ORDER BY a") == [["1", "none"], ["2", "y"]]


def test_what_is_refused(athena: Athena) -> None:
    store(athena, [{"name": "u", "type": ["int", "string"]}], [{"u": "x"}])
    athena.run(CREATE.format("u string", ""))
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT u FROM t")
    assert str(caught.value) == (
        "NOT_SUPPORTED: an Avro union of several types is not supported by this lab"
    )
    athena.objects.write("s3://data/t/1", b"no avro")
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT u FROM t")
    assert str(caught.value) == (
        "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://data/t/1 (offset=0, length=7):"
        " Not an Avro data file"
    )
