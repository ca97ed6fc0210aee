"""CREATE TABLE AS and INSERT INTO: files, partitions, and the limits of both."""

import pyarrow.parquet as pq
import pytest

from lab.engine.errors import Cancelled, QueryError
from lab.engine.run import Job
from tests.engine.support import NOW, Athena

NUMBERS = "SELECT x, x * 1.5 AS y, CAST(x % 3 AS varchar) AS m FROM UNNEST(sequence(1, 30)) AS t(x)"


def test_partitioned_parquet(athena: Athena) -> None:
    athena.run(
        "CREATE TABLE n WITH (format = 'PARQUET', write_compression = 'SNAPPY',"
        " partitioned_by = ARRAY['m'],"
        f" external_location = 's3://data/n/') AS {NUMBERS}"
    )
    assert (athena.outcome.form, athena.outcome.count) == ("manifest", 30)
    assert athena.run("SHOW PARTITIONS n") == [["m=0"], ["m=1"], ["m=2"]]
    assert athena.run("SELECT m, count(*), sum(x), max(y) FROM n GROUP BY m ORDER BY m") == [
        ["0", "10", "165", "45.0"],
        ["1", "10", "145", "42.0"],
        ["2", "10", "155", "43.5"],
    ]
    files = list(athena.objects.list("s3://data/n/m=1/"))
    footer = pq.read_metadata(files[0].path)
    assert footer.schema.names == ["x", "y"]
    assert footer.row_group(0).column(0).compression == "SNAPPY"


@pytest.mark.parametrize("form", ["PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE"])
def test_what_is_written_is_read_back(athena: Athena, form: str) -> None:
    athena.run(
        f"CREATE TABLE f WITH (format = '{form}') AS SELECT 1 AS a, CAST(NULL AS varchar) AS b,"
        " 'x\ty' AS c, true AS d, TIMESTAMP '2024-01-01 00:00:00.500' AS e, DATE"
        " '2024-02-29' AS g, 2.50 AS h"
    )
    assert athena.run("SELECT * FROM f") == [
        ["1", None, "x\ty", "true", "2024-01-01 00:00:00.500", "2024-02-29", "2.50"]
    ]
    assert athena.outcome.form == "table"


@pytest.mark.fidelity("athena_storage.parquet_timestamps")
def test_timestamps_have_milliseconds(athena: Athena) -> None:
    fine = "TIMESTAMP '2024-01-02 03:04:05.678901'"
    athena.run(f"CREATE TABLE ts AS SELECT CAST({fine} AS timestamp(3)) AS t")
    athena.run(f"INSERT INTO ts VALUES {fine}")
    assert athena.run("SELECT DISTINCT t, typeof(t) FROM ts") == [
        ["2024-01-02 03:04:05.679", "timestamp(3)"]
    ]
    (one, two) = athena.objects.list("s3://out/tables/1/")
    for file in (one, two):
        (value,) = pq.read_table(file.path).column("t").to_pylist()
        assert value.microsecond == 679_000
    for finer in (fine, f"ARRAY[{fine}]", f"CAST(ROW({fine}) AS ROW(x timestamp(6)))"):
        with pytest.raises(QueryError) as caught:
            athena.run(f"UNLOAD (SELECT {finer} AS t) TO 's3://data/u/' WITH (format = 'PARQUET')")
        assert str(caught.value) == (
            "NOT_SUPPORTED: Incorrect timestamp precision for timestamp(6); the configured"
            " precision is MILLISECONDS; column name: t"
        )


def test_insert(athena: Athena) -> None:
    athena.run(f"CREATE TABLE n WITH (partitioned_by = ARRAY['m']) AS {NUMBERS}")
    athena.run("INSERT INTO n SELECT BIGINT '100', 1.0, 'new'")
    athena.run("INSERT INTO n (m, x) VALUES ('new', BIGINT '101')")
    assert athena.run("SELECT x, y, m FROM n WHERE m = 'new' ORDER BY x") == [
        ["100", "1.0", "new"],
        ["101", None, "new"],
    ]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        (
            "CREATE TABLE n AS SELECT 1",
            "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1",
        ),
        (
            "CREATE TABLE n AS SELECT 1 a, 2 a",
            "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once",
        ),
        (
            "CREATE TABLE n WITH (partitioned_by = ARRAY['a']) AS SELECT 1 a, 2 b",
            "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in"
            " the table and in the"
            " same order as the table properties: [a]",
        ),
        (
            "CREATE TABLE n WITH (partitioned_by = ARRAY['p'], bucketed_by = ARRAY['a'],"
            " bucket_count = 2) AS SELECT x % 7 a, x % 51 p FROM UNNEST(sequence(1, 9999)) t(x)",
            "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for"
            " partitions/buckets",
        ),
        (
            "CREATE TABLE n WITH (partitioned_by = ARRAY['p']) AS"
            " SELECT 1 a, x p FROM UNNEST(sequence(1, 101)) AS t(x)",
            "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for"
            " partitions/buckets",
        ),
        (
            "CREATE TABLE n WITH (bucket_count = 3) AS SELECT 1 a",
            "INVALID_TABLE_PROPERTY: bucketed_by and bucket_count must be specified together",
        ),
        (
            "CREATE TABLE n WITH (bucketed_by = ARRAY['b'], bucket_count = 3) AS SELECT 1 a",
            "INVALID_TABLE_PROPERTY: Bucketing columns [b] not present in schema",
        ),
        (
            "CREATE TABLE n WITH (colour = 'red') AS SELECT 1 a",
            "INVALID_TABLE_PROPERTY: line 1:1: Catalog 'awsdatacatalog' table property 'colour'"
            " does not exist",
        ),
        (
            "CREATE TABLE n WITH (format = 'ORC', write_compression = 'GZIP') AS SELECT 1 a",
            "INVALID_TABLE_PROPERTY: Compression codec GZIP is not supported for format ORC",
        ),
        (
            "CREATE TABLE n WITH (compression_level = 4) AS SELECT 1 a",
            "INVALID_TABLE_PROPERTY: compression_level is supported only for ZSTD compression",
        ),
        (
            "CREATE TABLE n WITH (write_compression = 'ZSTD', compression_level = 23) AS SELECT 1",
            "INVALID_TABLE_PROPERTY: compression_level must be between 1 and 22, not 23",
        ),
        (
            "CREATE TABLE n WITH (format = 'ION') AS SELECT 1 a",
            "NOT_SUPPORTED: format = 'ION' is not supported by this lab",
        ),
        (
            "CREATE TABLE n WITH (field_delimiter = ',') AS SELECT 1 a",
            "INVALID_TABLE_PROPERTY: Cannot specify field_delimiter table property for storage"
            " format: PARQUET",
        ),
        (
            "CREATE TABLE n WITH (partitioned_by = ARRAY['p']) AS SELECT 1 a, 'é' p",
            "HIVE_INVALID_PARTITION_VALUE: Hive partition keys can only contain printable ASCII"
            " characters (0x20 - 0x7E). Invalid value: C3 A9",
        ),
        (
            "INSERT INTO lab.nope SELECT 1",
            "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.lab.nope' does not exist",
        ),
    ],
)
def test_refusals(athena: Athena, sql: str, error: str) -> None:
    with pytest.raises(QueryError) as caught:
        athena.run(sql)
    assert str(caught.value) == error
    assert athena.run("SHOW TABLES") == []
    assert list(athena.objects.list("s3://out/")) == []
    assert list(athena.scratch.iterdir()) == []


def test_a_place_that_holds_files_is_not_written_to(athena: Athena) -> None:
    athena.objects.write("s3://data/n/old", b"x")
    with pytest.raises(QueryError) as caught:
        athena.run("CREATE TABLE n WITH (external_location = 's3://data/n/') AS SELECT 1 a")
    assert str(caught.value) == (
        "HIVE_PATH_ALREADY_EXISTS: Target directory for table 'lab.n' already exists: s3://data/n/"
    )


def test_odd_partition_values(athena: Athena) -> None:
    """NULL has a folder of its own, and what a path cannot hold is escaped; reading gives both
    back.
    """
    athena.run(
        "CREATE TABLE n WITH (partitioned_by = ARRAY['p', 'ok', 'd'], external_location = 's3://data/n/')"
        " AS SELECT x, p, x > 1 AS ok, DATE '2024-01-01' AS d FROM (VALUES (1,"
        " 'a/b:c'), (2, NULL)) AS t(x, p)"
    )
    assert athena.run("SHOW PARTITIONS n") == [
        ["p=__HIVE_DEFAULT_PARTITION__/ok=true/d=2024-01-01"],
        ["p=a%2Fb%3Ac/ok=false/d=2024-01-01"],
    ]
    rows = athena.run("SELECT * FROM n ORDER BY x")
    assert rows == [
        ["1", "a/b:c", "false", "2024-01-01"],
        ["2", None, "true", "2024-01-01"],
    ]
    assert athena.run("SELECT x FROM n WHERE p IS NULL AND ok") == [["2"]]
    assert athena.bytes > 0


def test_a_scan_over_the_limit_writes_nothing(athena: Athena) -> None:
    athena.run(f"CREATE TABLE n AS {NUMBERS}")
    job = Job(athena.pool, limit=1)
    statement = athena.engine.read(
        "CREATE TABLE more WITH (external_location = 's3://data/m/') AS SELECT x FROM n"
    )
    with pytest.raises(Cancelled, match="Bytes scanned limit was exceeded"):
        athena.engine.run(statement, "lab", job, "s3://out/", NOW)
    job.close()
    assert athena.run("SHOW TABLES") == [["n"]]
    assert list(athena.objects.list("s3://data/m/")) == []
