"""Parquet: which types become which, names and places of columns, files that are none."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena

CREATE = "CREATE EXTERNAL TABLE t ({}) {} STORED AS PARQUET LOCATION 's3://data/t/'"


def store(athena: Athena, columns: dict[str, Any], name: str = "1", **options: Any) -> None:
    path = athena.objects.path(f"s3://data/t/{name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **options)


@pytest.mark.fidelity("athena_storage.mismatches")
@pytest.mark.parametrize(
    ("values", "kind", "shown"),
    [
        (pa.array([7], pa.int32()), "bigint", "7"),
        (pa.array([7], pa.int8()), "int", "7"),
        (pa.array([7], pa.int64()), "int", "7"),
        (pa.array([7], pa.int32()), "decimal(10,2)", "7.00"),
        (pa.array([0.5], pa.float32()), "double", "0.5"),
        (pa.array(["1.50"]).cast(pa.decimal128(5, 2)), "decimal(12,4)", "1.5000"),
        (pa.array(["x"]), "binary", "78"),
        (pa.array([b"x"]), "string", "x"),
        (pa.array([["x"]]), "array<string>", "[x]"),
        (pa.array([[("k", 1)]], pa.map_("string", "int32")), "map<string,bigint>", "{k=1}"),
        (pa.array([{"B": 1, "a": "x"}]), "struct<a:string,b:bigint,c:int>",
         "{a=x, b=1, c=null}"),
        (pa.array([1704067200000], pa.timestamp("ms")), "timestamp", "2024-01-01 00:00:00.000"),
    ],
)  # fmt: skip
def test_types_that_become_another(athena: Athena, values: Any, kind: str, shown: str) -> None:
    store(athena, {"A": values})
    athena.run(CREATE.format(f"gone int, a {kind}", ""))
    assert athena.run("SELECT * FROM t") == [[None, shown]]


def test_timestamps_of_96_bits(athena: Athena) -> None:
    values = pa.array([1704067200000], pa.timestamp("ms"))
    store(athena, {"a": values}, use_deprecated_int96_timestamps=True)
    athena.run(CREATE.format("a timestamp", ""))
    assert athena.run("SELECT a FROM t") == [["2024-01-01 00:00:00.000"]]


@pytest.mark.fidelity("athena_storage.mismatches")
@pytest.mark.parametrize(
    ("values", "kind", "physical", "shown"),
    [
        (pa.array(["x"]), "int", "BINARY", "integer"),
        (pa.array([1], pa.int64()), "string", "INT64", "varchar"),
        (pa.array([1.5]), "bigint", "DOUBLE", "bigint"),
        (pa.array([1.5]), "float", "DOUBLE", "real"),
        (pa.array([True]), "int", "BOOLEAN", "integer"),
        (pa.array([1], pa.int32()), "double", "INT32", "double"),
        (pa.array([{"a": 1}]), "string", "GROUP", "varchar"),
        (pa.array([1], pa.int64()), "array<bigint>", "INT64", "array(bigint)"),
    ],
)
def test_types_that_do_not(
    athena: Athena, values: Any, kind: str, physical: str, shown: str
) -> None:
    store(athena, {"a": values, "b": [1]})
    athena.run(CREATE.format(f"a {kind}, b bigint", ""))
    assert athena.run("SELECT b FROM t") == [["1"]]
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT a FROM t")
    assert str(caught.value) == (
        f"HIVE_BAD_DATA: Field a's type {physical} in parquet file s3://data/t/1 is incompatible"
        f" with type {shown} defined in table schema"
    )


def test_columns_by_place(athena: Athena) -> None:
    store(athena, {"x": [1], "y": ["a"]})
    serde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    how = (
        f"ROW FORMAT SERDE '{serde}' WITH SERDEPROPERTIES ('parquet.column.index.access' = 'true')"
    )
    athena.run(CREATE.format("y bigint, other string, more int", how))
    assert athena.run("SELECT * FROM t") == [["1", "a", None]]


def test_a_file_that_is_none(athena: Athena) -> None:
    athena.objects.write("s3://data/t/1", b"a,b\nc,d\n")
    athena.run(CREATE.format("a string", ""))
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT a FROM t")
    assert str(caught.value) == (
        "HIVE_BAD_DATA: Malformed Parquet file. Expected magic number: PAR1 got: c,d\n"
        " [s3://data/t/1]"
    )


@pytest.mark.fidelity("athena_storage.parquet_timestamps")
def test_timestamps_are_read_in_milliseconds(athena: Athena) -> None:
    """And so compared, grouped and written."""
    moments = [1704067200_123_499, 1704067200_123_500, -1_500]
    store(athena, {"a": pa.array(moments, pa.timestamp("us"))})
    athena.run(CREATE.format("a timestamp", "PARTITIONED BY (p int)"))
    athena.run("ALTER TABLE t ADD PARTITION (p = 1) LOCATION 's3://data/t/'")
    assert athena.run("SELECT a FROM t ORDER BY a") == [
        ["1969-12-31 23:59:59.999"],
        ["2024-01-01 00:00:00.123"],
        ["2024-01-01 00:00:00.124"],
    ]
    equal = "SELECT p FROM t WHERE a = TIMESTAMP '2024-01-01 00:00:00.123'"
    assert athena.run(equal) == [["1"]]
    athena.run("CREATE TABLE c AS SELECT a FROM t")
    (written,) = athena.objects.list("s3://out/tables/1/")
    values = pq.read_table(written.path).column("a").to_pylist()
    assert {value.microsecond for value in values} == {999_000, 123_000, 124_000}
