"""What a crawler makes of each format, and that Athena reads it at once."""

import bz2
import gzip
import io
import json
from itertools import islice
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet
import pytest

from lab.data import access_log
from tests.providers.glue.crawlers.lake import Lake

pytestmark = pytest.mark.lab

CSV = "id,name,price,sold,flag,day\n1,pen,1.5,,true,2026-01-01\n2,ink,2,3,false,2026-01-02\n"


@pytest.mark.fidelity("glue_crawlers.csv")
@pytest.mark.fidelity("glue_crawlers.parameters")
def test_csv(lake: Lake) -> None:
    lake.put({"shop/items/a.csv": CSV})
    crawler = lake.crawl("shop/items/")
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler
    table = lake.table()
    assert table["Name"] == "items"
    assert lake.columns() == {
        "id": "bigint",
        "name": "string",
        "price": "double",
        "sold": "bigint",
        "flag": "boolean",
        "day": "string",
    }
    assert table["Parameters"] == {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": lake.name,
        "areColumnsQuoted": "false",
        "averageRecordSize": "27",
        "classification": "csv",
        "columnsOrdered": "true",
        "compressionType": "none",
        "delimiter": ",",
        "objectCount": "1",
        "recordCount": "2",
        "sizeKey": str(len(CSV)),
        "skip.header.line.count": "1",
        "typeOfData": "file",
    }
    serde = table["StorageDescriptor"]["SerdeInfo"]
    assert serde == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    assert table["StorageDescriptor"]["Location"] == f"s3://{lake.name}/shop/items/"
    assert lake.ask("SELECT name, price * 2, flag FROM items ORDER BY id") == [
        ["pen", "3.0", "true"],
        ["ink", "4.0", "false"],
    ]


@pytest.mark.fidelity("glue_crawlers.csv")
@pytest.mark.parametrize(
    ("text", "names", "header", "delimiter"),
    [
        ("a|b\n1|x\n2|y\n", {"a": "bigint", "b": "string"}, "1", "|"),
        ("1\tx\n2\ty\n", {"col0": "bigint", "col1": "string"}, None, "\t"),
        ("a;b\nc;d\ne;f\n", {"col0": "string", "col1": "string"}, None, ";"),
        ('"A","b c"\n"1","x,y"\n', {"a": "bigint", "b c": "string"}, "1", ","),
        ("n,m\n1,\n2.5,\n", {"n": "double", "m": "string"}, "1", ","),
    ],
)
def test_headers(
    lake: Lake, text: str, names: dict[str, str], header: str | None, delimiter: str
) -> None:
    lake.put({"t/a.csv": text})
    lake.crawl("t")
    assert lake.columns() == names
    parameters = lake.table()["Parameters"]
    assert parameters.get("skip.header.line.count") == header
    assert parameters["delimiter"] == delimiter


@pytest.mark.fidelity("glue_crawlers.json")
def test_json(lake: Lake) -> None:
    rows: list[dict[str, Any]] = [
        {"Id": 1, "big": 5_000_000_000, "x": 1, "at": {"City": "Lyon", "tags": ["a"]}, "no": None},
        {"Id": 2, "big": 1, "x": 1.5, "at": {"City": "Nice", "zip": 6000}, "mixed": 1},
        {"Id": 3, "big": 2, "x": 2, "at": None, "mixed": "one"},
    ]
    lake.put({"events/a.json": "\n".join(json.dumps(row) for row in rows)})
    lake.crawl("events/")
    assert lake.columns() == {
        "id": "int",
        "big": "bigint",
        "x": "double",
        "at": "struct<City:string,tags:array<string>,zip:int>",
        "no": "string",
        "mixed": "string",
    }
    serde = lake.table()["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    assert serde["Parameters"] == {"paths": "Id,at,big,mixed,no,x"}
    assert lake.ask("SELECT id, at.city, x FROM events WHERE id < 3 ORDER BY id") == [
        ["1", "Lyon", "1.0"],
        ["2", "Nice", "1.5"],
    ]


@pytest.mark.fidelity("glue_crawlers.json")
def test_an_array_is_one_column(lake: Lake) -> None:
    lake.put({"all/a.json": json.dumps([{"a": 1}, {"a": 2, "b": "x"}])})
    lake.crawl("all/")
    assert lake.columns() == {"array": "array<struct<a:int,b:string>>"}


def _parquet(codec: str = "snappy") -> bytes:
    table = pa.table(
        {
            "Id": pa.array([1, 2], pa.int64()),
            "price": pa.array([1, 2], pa.decimal128(9, 2)),
            "at": pa.array([0, 1], pa.timestamp("us")),
            "tags": pa.array([["a"], []], pa.list_(pa.string())),
        }
    )
    file = io.BytesIO()
    pa.parquet.write_table(table, file, compression=codec)
    return file.getvalue()


@pytest.mark.fidelity("glue_crawlers.columnar")
def test_files_that_carry_their_schema(lake: Lake) -> None:
    orc, avro = io.BytesIO(), io.BytesIO()
    pa.orc.write_table(pa.table({"a": pa.array([1, 2], pa.int32()), "b": ["x", "y"]}), orc)
    schema = {
        "type": "record",
        "name": "r",
        "fields": [{"name": "a", "type": ["null", "long"]}, {"name": "b", "type": "string"}],
    }
    fastavro.writer(avro, schema, [{"a": 1, "b": "x"}, {"a": None, "b": "y"}])
    lake.put({"p/a.parquet": _parquet(), "o/a.orc": orc.getvalue(), "v/a.avro": avro.getvalue()})
    lake.crawl()
    tables = lake.tables()
    assert {name: table["Parameters"]["classification"] for name, table in tables.items()} == {
        "p": "parquet",
        "o": "orc",
        "v": "avro",
    }
    assert lake.columns("p") == {
        "id": "bigint",
        "price": "decimal(9,2)",
        "at": "timestamp",
        "tags": "array<string>",
    }
    assert lake.columns("o") == {"a": "int", "b": "string"}
    assert lake.columns("v") == {"a": "bigint", "b": "string"}
    assert tables["p"]["Parameters"]["recordCount"] == "2"
    assert tables["p"]["Parameters"]["compressionType"] == "none"
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in "pov")
    assert sorted(lake.ask(counts)) == [["o", "2"], ["p", "2"], ["v", "2"]]
    assert lake.ask("SELECT sum(a), max(b) FROM v") == [["1", "y"]]


@pytest.mark.fidelity("glue_crawlers.compression")
def test_compression(lake: Lake) -> None:
    lake.put({"g/a.csv.gz": gzip.compress(CSV.encode()), "b/a.csv.bz2": bz2.compress(CSV.encode())})
    lake.crawl()
    found = {name: table["Parameters"]["compressionType"] for name, table in lake.tables().items()}
    assert found == {"g": "gzip", "b": "bzip2"}
    assert lake.ask("SELECT sum(g.price + b.price) FROM g JOIN b ON g.id = b.id") == [["7.0"]]


@pytest.mark.fidelity("glue_crawlers.logs")
def test_an_access_log(lake: Lake) -> None:
    lines = list(islice(access_log.lines(300, seed=3), 300))
    lake.put({"web/access.log": "\n".join(lines)})
    lake.crawl("web/")
    table = lake.table()
    assert table["Parameters"]["classification"] == "combined_apache"
    assert table["Parameters"]["grokPattern"] == "%{COMBINEDAPACHELOG}"
    assert {"clientip", "timestamp", "verb", "request", "response", "agent"} <= set(lake.columns())
    [[rows, errors]] = lake.ask("SELECT count(*), count_if(response = '200') FROM web")
    assert rows == "300"
    assert errors == str(sum('" 200 ' in line for line in lines))


@pytest.mark.fidelity("glue_crawlers.unknown")
def test_what_nobody_recognizes(lake: Lake) -> None:
    lake.put({"what/a.bin": b"\x00\x01\x02" * 100})
    crawler = lake.crawl("what/")
    table = lake.table()
    assert table["Parameters"]["classification"] == "UNKNOWN"
    assert table["StorageDescriptor"]["Columns"] == []
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
