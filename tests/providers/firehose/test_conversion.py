"""JSON to Parquet and ORC through a Glue table."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from lab.providers.firehose import conversion
from lab.providers.glue.models import DataCatalog
from tests.providers.firehose.conftest import BUCKET, ROLE, Api, Bucket, Clock

COLUMNS = {
    "id": "bigint",
    "name": "string",
    "price": "decimal(8,2)",
    "at": "timestamp",
    "tags": "array<string>",
    "who": "struct<city:string,zip:int>",
    "more": "map<string,double>",
}
HINTS = {"SizeInMBs": 64, "IntervalInSeconds": 60}


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataCatalog]:
    made = DataCatalog("000000000000", "us-east-1", tmp_path / "glue")
    made.create_database({"Name": "shop"})
    columns = [{"Name": name, "Type": kind} for name, kind in COLUMNS.items()]
    made.create_table("shop", {"Name": "orders", "StorageDescriptor": {"Columns": columns}})
    monkeypatch.setattr(conversion, "catalog_of", lambda *_: made)
    yield made
    made.storage.close()


def settings(serializer: str = "ParquetSerDe", **serde: Any) -> dict[str, Any]:
    return {
        "Enabled": True,
        "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "shop", "TableName": "orders"},
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": serde}},
        "OutputFormatConfiguration": {"Serializer": {serializer: {}}},
    }


def deliver(api: Api, clock: Clock, *records: Any, name: str = "s") -> None:
    encoded = (each if isinstance(each, bytes) else json.dumps(each).encode() for each in records)
    api.put(*encoded, name=name)
    api.work(name)
    clock.advance(60)
    api.work(name)
    clock.advance(60)
    api.work(name)


ORDER = {
    "ID": 1,
    "name": {"first": "Ada"},
    "price": 12.5,
    "at": "2017-02-07T15:13:01.39256Z",
    "tags": ["a", None],
    "who": {"City": "Paris", "zip": 75001},
    "more": {"x": 1},
}


@pytest.mark.fidelity("firehose.parquet")
def test_records_become_rows_of_parquet(
    api: Api, bucket: Bucket, clock: Clock, catalog: DataCatalog
) -> None:
    api.create(
        BufferingHints=HINTS,
        DataFormatConversionConfiguration=settings(ColumnToJsonKeyMappings={"name": "full-name"}),
    )
    deliver(api, clock, ORDER, b'{"id": 2, "at": 1486480381}{"id": "3", "full-name": "x"}')
    [(key, content)] = bucket.objects.items()
    assert key.endswith(".parquet")
    rows = pq.read_table(io.BytesIO(content)).to_pylist()
    assert rows[0]["name"] == '{"first":"Ada"}'
    assert [str(rows[0]["price"]), str(rows[0]["at"])] == ["12.50", "2017-02-07 15:13:01.392560"]
    assert rows[0]["who"] == {"city": "Paris", "zip": 75001}
    assert (rows[0]["tags"], rows[0]["more"]) == (["a", None], [("x", 1.0)])
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert (str(rows[1]["at"]), rows[2]["name"]) == ("2017-02-07 15:13:01", "x")


@pytest.mark.fidelity("firehose.orc")
def test_records_become_rows_of_orc(
    api: Api, bucket: Bucket, clock: Clock, catalog: DataCatalog
) -> None:
    api.create(BufferingHints=HINTS, DataFormatConversionConfiguration=settings("OrcSerDe"))
    deliver(api, clock, {"id": 1, "name": "x"})
    [(key, content)] = bucket.objects.items()
    assert key.endswith(".orc")
    [row] = orc.ORCFile(io.BytesIO(content)).read().to_pylist()
    assert (row["id"], row["name"], row["at"]) == (1, "x", None)


@pytest.mark.fidelity("firehose.orc")
def test_orc_is_written_as_asked(
    api: Api, bucket: Bucket, clock: Clock, catalog: DataCatalog
) -> None:
    plain = {"Compression": "NONE", "FormatVersion": "V0_11"}
    filtered = {
        **plain,
        **{"FormatVersion": "V0_12", "BloomFilterColumns": ["id", "more"]},
        "BloomFilterFalsePositiveProbability": 0.01,
    }
    files = []
    for name, options in ("plain", plain), ("filtered", filtered):
        conversion = settings("OrcSerDe")
        conversion["OutputFormatConfiguration"]["Serializer"]["OrcSerDe"] = options
        api.create(name, BufferingHints=HINTS, DataFormatConversionConfiguration=conversion)
        deliver(api, clock, *({"id": number} for number in range(100)), name=name)
        files.append(orc.ORCFile(io.BytesIO(bucket.objects.popitem()[1])))
    without, with_filter = files
    assert (without.file_version, with_filter.file_version) == ("0.11", "0.12")
    assert without.compression == "UNCOMPRESSED"
    assert with_filter.content_length > without.content_length
    assert with_filter.read().to_pylist() == without.read().to_pylist()


@pytest.mark.fidelity("firehose.conversion_failures")
def test_what_does_not_fit_goes_to_the_error_prefix(
    api: Api, bucket: Bucket, clock: Clock, catalog: DataCatalog
) -> None:
    api.create(BufferingHints=HINTS, DataFormatConversionConfiguration=settings())
    deliver(api, clock, {"id": "many"}, b"no json", {"id": 1})
    [failed] = bucket.under("format-conversion-failed/2023/11/14/22/")
    first, second = (json.loads(line) for line in failed.splitlines())
    assert first["lastErrorCode"] == "DataFormatConversion.MalformedData"
    assert first["lastErrorMessage"].startswith("The value of the column id does not match")
    assert first["dataCatalogTable"] == {
        "catalogId": "000000000000",
        "databaseName": "shop",
        "tableName": "orders",
        "region": "us-east-1",
        "versionId": "LATEST",
    }
    assert second["lastErrorMessage"].startswith("The record is not valid JSON")
    [content] = bucket.under("2023/")
    assert pq.read_table(io.BytesIO(content)).num_rows == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60}},
            "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.",
        ),
        (
            {"CompressionFormat": "GZIP"},
            "CompressionFormat must be UNCOMPRESSED when data format conversion is enabled.",
        ),
    ],
)
@pytest.mark.fidelity("firehose.conversion_failures")
def test_settings_that_exclude_conversion(api: Api, changed: Any, message: str) -> None:
    destination = {
        "RoleARN": ROLE,
        "BucketARN": BUCKET,
        "DataFormatConversionConfiguration": settings(),
        **changed,
    }
    assert api.refused(
        "CreateDeliveryStream",
        DeliveryStreamName="s",
        ExtendedS3DestinationConfiguration=destination,
    ) == ("InvalidArgumentException", message)
