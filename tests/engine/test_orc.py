"""ORC: columns by place and by name, types, bytes of the streams that are needed."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import orc

from lab.engine import orc_footer
from lab.engine.errors import QueryError
from tests.engine.support import Athena

BY_NAME = (
    "ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.orc.OrcSerde'"
    " WITH SERDEPROPERTIES ('orc.column.index.access' = 'false')"
)
CREATE = "CREATE EXTERNAL TABLE t ({}) {} STORED AS ORC LOCATION 's3://data/t/'"


def store(athena: Athena, rows: Any, name: str = "1", **options: Any) -> Path:
    path = athena.objects.path(f"s3://data/t/{name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    orc.write_table(rows if isinstance(rows, pa.Table) else pa.table(rows), path, **options)
    return path


@pytest.mark.fidelity("athena_storage.orc")
def test_columns_by_place_or_by_name(athena: Athena) -> None:
    store(athena, {"Second": ["x"], "FIRST": pa.array([1], pa.int32())})
    athena.run(CREATE.format("first string, second int, third double", ""))
    assert athena.run("SELECT * FROM t") == [["x", "1", None]]
    athena.run("DROP TABLE t")
    athena.run(CREATE.format("first bigint, second string, third double", BY_NAME))
    assert athena.run("SELECT * FROM t") == [["1", "x", None]]


def test_files_of_several_schemas_and_nested_types(athena: Athena) -> None:
    nested = {"s": [{"A": 1, "b": ["x"]}], "m": pa.array([[("k", 2)]], pa.map_("string", "int64"))}
    store(athena, nested, "1")
    store(athena, {"m": pa.array([None], pa.map_("string", "int64"))}, "2")
    athena.run(CREATE.format("s struct<b:array<string>,a:bigint>, m map<string,bigint>", BY_NAME))
    assert athena.run("SELECT s, m, s.a FROM t ORDER BY 3") == [
        ["{b=[x], a=1}", "{k=2}", "1"],
        [None, None, None],
    ]


def test_partitions_and_paths(athena: Athena) -> None:
    for day in ("a", "b"):
        store(athena, {"x": [1, 2]}, f"day={day}/1")
    athena.run(CREATE.format("x bigint", "PARTITIONED BY (day string)"))
    athena.run("MSCK REPAIR TABLE t")
    assert athena.run('SELECT day, sum(x), max("$path") FROM t GROUP BY day ORDER BY day') == [
        ["a", "3", "s3://data/t/day=a/1"],
        ["b", "3", "s3://data/t/day=b/1"],
    ]
    assert athena.run("SELECT a.x FROM t a JOIN t b ON a.x = b.x + 1 AND b.day = 'a'") == [
        ["2"],
        ["2"],
    ]


@pytest.mark.fidelity("athena_storage.orc_bytes")
@pytest.mark.parametrize("codec", ["uncompressed", "zlib", "snappy", "lz4", "zstd"])
def test_bytes_of_columns_and_stripes(athena: Athena, codec: str) -> None:
    count = 200_000
    rows = {
        "id": range(count),
        "name": [f"name {i % 997}" for i in range(count)],
        "s": [{"a": i, "b": i / 7} for i in range(count)],
    }
    path = store(athena, rows, compression=codec, stripe_size=1 << 18)
    athena.run(CREATE.format("id bigint, name string, s struct<a:bigint,b:double>", ""))
    status = path.stat()
    stripes = orc_footer.read(path, status.st_size, status.st_mtime).stripes
    # Column 1 is id, 2 name, 3 the struct, 4 and 5 are its fields.
    assert sum(sum(stripe.sizes.values()) for stripe in stripes) < status.st_size
    assert len(stripes) > 1
    for sql, numbers, read in (
        ("SELECT count(*) FROM t", (), stripes),
        ("SELECT sum(id) FROM t", (1,), stripes),
        ("SELECT max(s.a) FROM t", (3, 4, 5), stripes),
        ("SELECT max(name) FROM t WHERE id < 10", (1, 2), stripes[:1]),
        ("SELECT name FROM t WHERE id < 0", (1, 2), ()),
    ):
        athena.run(sql)
        expected = sum(stripe.sizes.get(number, 0) for stripe in read for number in numbers)
        assert athena.bytes == expected, sql


@pytest.mark.fidelity("athena_storage.mismatches")
def test_a_type_that_does_not_fit(athena: Athena) -> None:
    size = store(athena, {"a": ["x"]}).stat().st_size
    athena.run(CREATE.format("a int", ""))
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT a FROM t")
    assert str(caught.value) == (
        f"HIVE_BAD_DATA: Error opening Hive split s3://data/t/1 (offset=0, length={size}):"
        " Malformed ORC file. Cannot read SQL type 'integer' from ORC stream '.a' of type STRING"
        " with attributes {} [s3://data/t/1]"
    )


def test_a_file_that_is_none(athena: Athena) -> None:
    athena.objects.write("s3://data/t/1", b"a,b\n" * 9)
    athena.run(CREATE.format("a int", ""))
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT a FROM t")
    assert str(caught.value) == (
        "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://data/t/1 (offset=0, length=36):"
        " Malformed ORC file. Invalid postscript [s3://data/t/1]"
    )
