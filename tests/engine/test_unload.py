"""UNLOAD, buckets, and what readers and failures see of files that are being written."""

import gzip
import re
import threading
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lab.engine import commits
from lab.engine.errors import Cancelled, QueryError
from lab.engine.run import Job
from tests.engine.support import NOW, Athena

NUMBERS = "SELECT x, CAST(x % 3 AS varchar) AS m FROM UNNEST(sequence(1, 30)) AS t(x)"
NAME = r"\d{8}_\d{6}_\d{5}_[a-z0-9]{5}_[0-9a-f-]{36}"


@pytest.mark.fidelity("athena_storage.unload")
def test_unload(athena: Athena) -> None:
    athena.run(
        f"UNLOAD ({NUMBERS}) TO 's3://data/u/' WITH (format = 'parquet', compression = 'snappy',"
        " partitioned_by = ARRAY['m'])"
    )
    outcome = athena.outcome
    assert (outcome.form, outcome.count, len(outcome.files)) == ("manifest", 30, 3)
    assert athena.run("SHOW TABLES") == []
    files = list(athena.objects.list("s3://data/u/"))
    assert [f"s3://data/{file.key}" for file in files] == outcome.files
    for file, value in zip(files, "012", strict=True):
        assert re.fullmatch(rf"u/m={value}/{NAME}", file.key)
        footer = pq.read_metadata(file.path)
        assert (footer.schema.names, footer.num_rows) == (["x"], 10)
        assert footer.row_group(0).column(0).compression == "SNAPPY"


@pytest.mark.fidelity("athena_storage.unload_order")
def test_order_without_partitions(athena: Athena) -> None:
    rows = (
        "SELECT x * 1000 + y AS a FROM UNNEST(sequence(1, 300)) t(x), UNNEST(sequence(1, 999)) u(y)"
    )
    athena.run(f"UNLOAD ({rows} ORDER BY a DESC) TO 's3://data/u/' WITH (format = 'PARQUET')")
    (file,) = athena.objects.list("s3://data/u/")
    values = pq.read_table(file.path)["a"].to_pylist()
    assert len(values) == 299_700
    assert values == sorted(values, reverse=True)


def test_unload_of_text(athena: Athena) -> None:
    athena.run(
        "UNLOAD (SELECT 1, 'a,(b' AS t, ARRAY[1, 2]) TO 's3://data/u'"
        " WITH (format = 'TEXTFILE', field_delimiter = ';')"
    )
    (file,) = athena.objects.list("s3://data/u/")
    assert gzip.decompress(file.path.read_bytes()) == b"1;a,(b;1\x022\n"


@pytest.mark.fidelity("athena_storage.unload")
@pytest.mark.parametrize(
    ("rest", "error"),
    [
        ("TO 's3://data/u/' WITH (format = 'JSON')",
         "HIVE_PATH_ALREADY_EXISTS: Target directory for table 'lab.unload' already exists:"
         " s3://data/u/"),
        ("TO 's3://data/v/'", "INVALID_TABLE_PROPERTY: UNLOAD needs the property 'format'"),
        ("TO 's3://data/v/' WITH (format = 'AVRO', write_compression = 'NONE')",
         "INVALID_TABLE_PROPERTY: line 1:1: Catalog 'awsdatacatalog' unload property"
         " 'write_compression' does not exist"),
        ("TO 's3://data/v/' WITH (format = 'JSON', partitioned_by = ARRAY['x'])",
         "INVALID_TABLE_PROPERTY: Table contains only partition columns"),
        ("TO '/etc/' WITH (format = 'JSON')",
         "INVALID_TABLE_PROPERTY: /etc/ is not an S3 location"),
        ("INTO 's3://data/v/'",
         "SYNTAX_ERROR: line 1:21: mismatched input 'INTO'"),
    ],
)  # fmt: skip
def test_refusals(athena: Athena, rest: str, error: str) -> None:
    athena.objects.write("s3://data/u/old", b"x")
    with pytest.raises(QueryError) as caught:
        athena.run(f"UNLOAD (SELECT 1 x) {rest}")
    assert str(caught.value).startswith(error)
    assert list(athena.objects.list("s3://data/v/")) == []


@pytest.mark.fidelity("athena_storage.buckets")
def test_buckets(athena: Athena) -> None:
    """By Hive's hash: an integer is its own, a text is Java's hash of its bytes."""
    athena.run(
        "CREATE TABLE b WITH (bucketed_by = ARRAY['n'], bucket_count = 4, format = 'TEXTFILE',"
        " write_compression = 'NONE', external_location = 's3://data/b/') AS"
        " SELECT n, s FROM (VALUES (0, 'x'), (5, 'y'), (-1, 'z'), (NULL, 'w')) AS t(n, s)"
    )
    files = {f.key: f.path.read_text() for f in athena.objects.list("s3://data/b/")}
    name = r"b/00000(\d)_0_\d{8}_\d{6}_\d{5}_[a-z0-9]{5}"
    found = {match[1]: files[key] for key in files if (match := re.fullmatch(name, key))}
    assert {n: sorted(text.splitlines()) for n, text in found.items()} == {
        "0": ["0\x01x", "\\N\x01w"], "1": ["5\x01y"], "3": ["-1\x01z"],
    }  # fmt: skip
    table = athena.catalog.table("lab", "b")
    assert table is not None
    assert (table.bucketed_by, table.bucket_count) == (("n",), 4)
    with pytest.raises(QueryError, match="INSERT INTO a bucketed table is not supported"):
        athena.run("INSERT INTO b VALUES (1, 'x')")


def test_the_hash_of_several_columns(athena: Athena) -> None:
    athena.run(
        "CREATE TABLE b WITH (bucketed_by = ARRAY['s', 'n', 'd', 'l'], bucket_count = 1000,"
        " external_location = 's3://data/b/') AS SELECT 'é1' AS s, BIGINT '-7000000000' AS n,"
        " DATE '1970-01-11' AS d, true AS l"
    )
    total = 0
    for byte in "é1".encode():
        total = total * 31 + (byte - 256 if byte > 127 else byte)
    number = -7000000000
    for part in (number ^ (number >> 32), 10, 1):
        total = total * 31 + part
    expected = (total & 0x7FFFFFFF) % 1000
    (file,) = athena.objects.list("s3://data/b/")
    assert file.key.startswith(f"b/{expected:06d}_0_")


@pytest.mark.fidelity("athena_storage.atomic")
def test_readers_see_all_files_of_a_statement_or_none(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    athena.run(f"CREATE TABLE n WITH (partitioned_by = ARRAY['m']) AS {NUMBERS}")
    adopt, counts, threads = athena.objects.adopt, [], []

    def look() -> None:
        counts.append(athena.run("SELECT count(*) FROM n"))

    def slowly(uri: str, path: Path, content_type: str) -> None:
        adopt(uri, path, content_type)
        threads.append(threading.Thread(target=look))
        threads[-1].start()

    monkeypatch.setattr(athena.objects, "adopt", slowly)
    athena.run(f"INSERT INTO n {NUMBERS}")
    for thread in threads:
        thread.join()
    assert counts == [[["60"]]] * 3


@pytest.mark.fidelity("athena_storage.atomic")
def test_a_failure_leaves_nothing(athena: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt, seen = athena.objects.adopt, []

    def failing(uri: str, path: Path, content_type: str) -> None:
        seen.append(uri)
        if len(seen) == 3:
            raise QueryError("HIVE_FILESYSTEM_ERROR", "disk full")
        adopt(uri, path, content_type)

    monkeypatch.setattr(athena.objects, "adopt", failing)
    with pytest.raises(QueryError, match="disk full"):
        athena.run(f"UNLOAD ({NUMBERS}) TO 's3://data/u/' WITH (format = 'ORC',"
                   " partitioned_by = ARRAY['m'])")  # fmt: skip
    assert len(seen) == 3
    assert list(athena.objects.list("s3://data/u/")) == []
    assert list(athena.scratch.iterdir()) == []
    with commits.READING:
        pass


def test_a_cancelled_statement_leaves_nothing(athena: Athena) -> None:
    job = Job(athena.pool)
    adopted: list[Any] = []
    statement = athena.engine.read(
        f"CREATE TABLE n WITH (format = 'AVRO', external_location = 's3://data/n/') AS {NUMBERS}"
    )
    job.cancel()
    with pytest.raises(Cancelled):
        athena.engine.run(statement, "lab", job, "s3://out/", NOW)
    job.close()
    assert adopted == []
    assert list(athena.objects.list("s3://data/")) == []
    assert list(athena.scratch.iterdir()) == []


@pytest.mark.fidelity("athena_storage.ion")
def test_ion_is_refused(athena: Athena) -> None:
    for sql in (
        "UNLOAD (SELECT 1 x) TO 's3://data/u/' WITH (format = 'ION')",
        "CREATE EXTERNAL TABLE i (a int) STORED AS ION LOCATION 's3://data/i/'",
    ):
        with pytest.raises(QueryError, match=r"^NOT_SUPPORTED: .*ION'? is not supported by this"):
            athena.run(sql)


def test_insert_goes_where_a_partition_is(athena: Athena) -> None:
    athena.run(
        "CREATE EXTERNAL TABLE p (a int) PARTITIONED BY (d string) STORED AS ORC"
        " LOCATION 's3://data/p/'"
    )
    athena.run("ALTER TABLE p ADD PARTITION (d = 'x') LOCATION 's3://else/x/'")
    athena.run("INSERT INTO p VALUES (1, 'x'), (2, 'y')")
    assert athena.run("SELECT * FROM p ORDER BY a") == [["1", "x"], ["2", "y"]]
    assert len(list(athena.objects.list("s3://else/x/"))) == 1
    assert [f.key.split("/")[1] for f in athena.objects.list("s3://data/p/")] == ["d=y"]
