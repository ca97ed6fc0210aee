"""Iceberg tables: CREATE, CTAS, INSERT, ALTER, DESCRIBE and DROP, and what each refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.engine.errors import QueryError
from lab.engine.iceberg.commands import NOT_FOR_ICEBERG
from lab.engine.iceberg.partitions import bucket_of
from tests.engine.support import Athena

ICEBERG = "LOCATION 's3://data/t/' TBLPROPERTIES ('table_type'='ICEBERG')"
CREATE = f"CREATE TABLE t (id bigint, name string, ts timestamp) {ICEBERG}"
ROWS = (
    "INSERT INTO t VALUES (1, 'apple', TIMESTAMP '2024-01-31 23:30:00'),"
    " (2, 'avocado', TIMESTAMP '2024-02-01 00:30:00'), (3, NULL, NULL)"
)


def metadata(athena: Athena, name: str = "t") -> dict[str, Any]:
    """The current metadata file of a table."""
    found = athena.catalog.table("lab", name)
    assert found is not None
    content: dict[str, Any] = json.loads(
        athena.objects.path(found.parameters["metadata_location"]).read_text()
    )
    return content


def failure(athena: Athena, sql: str) -> str:
    with pytest.raises(QueryError) as caught:
        athena.run(sql)
    return str(caught.value)


@pytest.mark.fidelity("athena_iceberg.create")
def test_create_writes_the_catalogue_entry_of_athena(athena: Athena) -> None:
    athena.run(
        "CREATE TABLE IF NOT EXISTS t (id bigint COMMENT 'key', s struct<a:int,b:array<string>>)"
        " COMMENT 'about' PARTITIONED BY (bucket(4, id)) LOCATION 's3://data/t/'"
        " TBLPROPERTIES ('table_type'='ICEBERG', 'format'='parquet',"
        " 'write_compression'='snappy', 'vacuum_min_snapshots_to_keep'='3')"
    )
    found = athena.catalog.table("lab", "t")
    assert found is not None
    assert [(c.name, c.type, c.comment, dict(c.parameters)) for c in found.columns] == [
        (
            name,
            kind,
            comment,
            {
                "iceberg.field.current": "true",
                "iceberg.field.id": number,
                "iceberg.field.optional": "true",
            },
        )
        for name, kind, comment, number in (
            ("id", "bigint", "key", "1"),
            ("s", "struct<a:int,b:array<string>>", None, "2"),
        )
    ]
    assert found.parameters["table_type"] == "ICEBERG"
    assert "previous_metadata_location" not in found.parameters
    assert (found.location, found.partition_keys, found.comment) == ("s3://data/t", (), "about")
    content = metadata(athena)
    assert content["format-version"] == 2
    assert content["properties"]["write.parquet.compression-codec"] == "snappy"
    assert content["properties"]["vacuum_min_snapshots_to_keep"] == "3"
    first = found.parameters["metadata_location"]
    athena.run("INSERT INTO t (id) VALUES 1")
    found = athena.catalog.table("lab", "t")
    assert found is not None
    assert found.parameters["previous_metadata_location"] == first


@pytest.mark.fidelity("athena_iceberg.partitions")
@pytest.mark.parametrize(
    ("partitioning", "paths"),
    [
        ("name", {"name=apple", "name=avocado", "name=null"}),
        ("year(ts)", {"ts_year=2024", "ts_year=null"}),
        ("month(ts)", {"ts_month=2024-01", "ts_month=2024-02", "ts_month=null"}),
        ("day(ts)", {"ts_day=2024-01-31", "ts_day=2024-02-01", "ts_day=null"}),
        ("hour(ts)", {"ts_hour=2024-01-31-23", "ts_hour=2024-02-01-00", "ts_hour=null"}),
        ("truncate(2, name)", {"name_trunc=ap", "name_trunc=av", "name_trunc=null"}),
        ("truncate(2, id)", {"id_trunc=0", "id_trunc=2"}),
        ("bucket(4, id)", {"id_bucket=0", "id_bucket=3"}),
        ("bucket(16, name)", {"name_bucket=0", "name_bucket=10", "name_bucket=null"}),
        ("year(ts), name", {f"ts_year={y}/name={n}" for y, n in
            (("2024", "apple"), ("2024", "avocado"), ("null", "null"))}),
    ],
)  # fmt: skip
def test_partition_transforms(athena: Athena, partitioning: str, paths: set[str]) -> None:
    athena.run(CREATE.replace(ICEBERG, f"PARTITIONED BY ({partitioning}) {ICEBERG}"))
    athena.run(ROWS)
    found = [row[0] for row in athena.run('SELECT file_path FROM "t$files"')]
    depth = partitioning.count("(ts), ") + 1
    assert {"/".join(str(path).split("/")[-1 - depth : -1]) for path in found} == paths
    assert athena.run("SELECT id, name FROM t ORDER BY id") == [
        ["1", "apple"],
        ["2", "avocado"],
        ["3", None],
    ]


@pytest.mark.parametrize(
    ("text", "kind", "hashed"),
    [
        ("34", "long", 2017239379),
        ("iceberg", "string", 1210000089),
        ("00010203", "binary", -188683207 & 0x7FFFFFFF),
        ("14.20", "decimal(9, 2)", -500754589 & 0x7FFFFFFF),
    ],
)
def test_buckets_are_those_of_the_specification(text: str, kind: str, hashed: int) -> None:
    """Iceberg Table Spec, "Appendix B: 32-bit Hash Requirements"."""
    assert bucket_of(text, kind, 1_000_003) == hashed % 1_000_003


@pytest.mark.fidelity("athena_iceberg.pruning")
def test_partitions_and_statistics_prune(athena: Athena) -> None:
    athena.run(CREATE.replace(ICEBERG, f"PARTITIONED BY (day(ts)) {ICEBERG}"))
    athena.run(ROWS)
    athena.run("SELECT id FROM t")
    whole = athena.bytes
    for condition in (
        "ts < TIMESTAMP '2024-02-01 00:00:00'",
        "id = 1",
        "id IN (1)",
        "name = 'apple'",
        "id BETWEEN -1 AND 1",
    ):
        assert athena.run(f"SELECT id FROM t WHERE {condition}") == [["1"]]
        assert 0 < athena.bytes < whole * 1.5, condition
    assert athena.run("SELECT id FROM t WHERE id > 3") == []
    assert athena.bytes == 0
    assert athena.run("SELECT count(*) FROM t") == [["3"]]
    assert athena.bytes == 0


@pytest.mark.fidelity("athena_iceberg.ctas")
def test_create_table_as(athena: Athena) -> None:
    athena.run(
        "CREATE TABLE c WITH (table_type = 'ICEBERG', location = 's3://data/c/',"
        " is_external = false, format = 'PARQUET', write_compression = 'GZIP',"
        " partitioning = ARRAY['bucket(id, 2)', 'day(ts)'], vacuum_max_snapshot_age_seconds = 60)"
        " AS SELECT * FROM (VALUES (1, CAST(TIMESTAMP '2024-01-01 00:00:00' AS timestamp(6))),"
        " (2, NULL)) AS v(id, ts)"
    )
    assert athena.outcome.count == 2
    assert athena.run("SELECT * FROM c ORDER BY id") == [
        ["1", "2024-01-01 00:00:00.000000"],
        ["2", None],
    ]
    content = metadata(athena, "c")
    assert content["properties"]["vacuum_max_snapshot_age_seconds"] == "60"
    fields = content["partition-specs"][0]["fields"]
    assert [(f["name"], f["transform"]) for f in fields] == [
        ("id_bucket", "bucket[2]"),
        ("ts_day", "day"),
    ]
    athena.run(
        "CREATE TABLE e WITH (table_type = 'ICEBERG', location = 's3://data/e/') AS"
        " SELECT id FROM c WITH NO DATA"
    )
    assert athena.run("SELECT * FROM e") == []


@pytest.mark.fidelity("athena_iceberg.types")
def test_types_survive(athena: Athena) -> None:
    athena.run(
        "CREATE TABLE t (a boolean, b int, c bigint, d float, e double, f decimal(20,3), g date,"
        " h timestamp, i string, j binary, k array<int>, l map<string,array<bigint>>,"
        f" m struct<x:int,y:struct<z:string>>) {ICEBERG}"
    )
    athena.run(
        "INSERT INTO t VALUES (true, -1, 2, REAL '1.5', 2.5E0, DECIMAL '12345.678',"
        " DATE '2024-02-29', TIMESTAMP '2024-02-29 01:02:03.456', 'é', X'00FF', ARRAY[1, NULL],"
        " MAP(ARRAY['k'], ARRAY[ARRAY[BIGINT '7']]),"
        " CAST(ROW(1, ROW('q')) AS ROW(x integer, y ROW(z varchar))))"
    )
    athena.run("INSERT INTO t (b) VALUES NULL")
    assert athena.run("SELECT * FROM t WHERE a") == [
        [
            "true", "-1", "2", "1.5", "2.5", "12345.678", "2024-02-29",
            "2024-02-29 01:02:03.456000", "é", "00 ff", "[1, null]", "{k=[7]}", "{x=1, y={z=q}}",
        ]
    ]  # fmt: skip
    assert athena.run("SELECT * FROM t WHERE a IS NULL") == [[None] * 13]


@pytest.mark.fidelity("athena_iceberg.drop")
def test_drop_and_rename(athena: Athena, tmp_path: Path) -> None:
    athena.run(CREATE)
    athena.run(ROWS)
    athena.objects.write("s3://data/two/other", b"x")
    athena.run("ALTER TABLE t RENAME TO u")
    assert athena.run("SELECT count(*) FROM u") == [["3"]]
    assert athena.catalog.table("lab", "t") is None
    athena.run("DROP TABLE u")
    left = [path for path in (tmp_path / "s3").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["other"]
    athena.run("DROP TABLE IF EXISTS u")


@pytest.mark.fidelity("athena_iceberg.metadata_errors")
def test_broken_metadata(athena: Athena) -> None:
    athena.run(CREATE)
    found = athena.catalog.table("lab", "t")
    assert found is not None
    path = athena.objects.path(found.parameters["metadata_location"])
    path.write_text("{}")
    assert (
        failure(athena, "SELECT * FROM t")
        == "ICEBERG_INVALID_METADATA: Invalid metadata file for table lab.t"
    )
    path.unlink()
    assert failure(athena, "SELECT * FROM t") == (
        "ICEBERG_MISSING_METADATA: Metadata not found in metadata location for table lab.t"
    )
    athena.run("DROP TABLE t")
    assert athena.catalog.table("lab", "t") is None


TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
CTAS = "CREATE TABLE q WITH (table_type = 'ICEBERG', location = 's3://data/q/'"


@pytest.mark.fidelity("athena_iceberg.refusals")
@pytest.mark.parametrize(
    ("sql", "error"),
    [
        (CREATE, TASK + "AlreadyExistsException(message:Table t already exists.)"),
        (
            CREATE.replace("TABLE t", "EXTERNAL TABLE q"),
            "SYNTAX_ERROR: External keyword not supported for table type ICEBERG",
        ),
        (
            CREATE.replace("TABLE t", "TABLE q").replace("bigint", "tinyint"),
            "NOT_SUPPORTED: Type not supported for Iceberg: tinyint",
        ),
        (
            "CREATE TABLE q (id int) PARTITIONED BY (day(id)) " + ICEBERG,
            "INVALID_TABLE_PROPERTY: Invalid source type int for transform: day",
        ),
        (
            "CREATE TABLE q (id int) PARTITIONED BY (nope) " + ICEBERG,
            "COLUMN_NOT_FOUND: Column not found: nope",
        ),
        (
            "CREATE TABLE q (id int) PARTITIONED BY (cube(id)) " + ICEBERG,
            "INVALID_TABLE_PROPERTY: Unsupported partition field: cube(id)",
        ),
        (
            "CREATE TABLE q (id int) LOCATION 's3://data/q/'",
            "FAILED: SemanticException Only external tables can be created;"
            " use CREATE EXTERNAL TABLE",
        ),
        (
            CREATE.replace("TABLE t", "TABLE q").replace("ICEBERG')", "ICEBERG', 'x'='1')"),
            "INVALID_TABLE_PROPERTY: Unsupported table property key: x",
        ),
        (
            CREATE.replace("TABLE t", "TABLE q").replace("ICEBERG')", "ICEBERG', 'format'='orc')"),
            "NOT_SUPPORTED: an Iceberg table with format = 'orc' is not supported by this lab",
        ),
        (
            "ALTER TABLE t SET TBLPROPERTIES ('optimize_rewrite_data_file_threshold'='50')",
            "INVALID_TABLE_PROPERTY: Invalid value for optimize_rewrite_data_file_threshold: 50",
        ),
        (
            "ALTER TABLE t UNSET TBLPROPERTIES ('x')",
            "INVALID_TABLE_PROPERTY: Unsupported table property key: x",
        ),
        (
            f"{CTAS}) AS SELECT localtimestamp AS x",
            "NOT_SUPPORTED: Timestamp precision (3) not supported for Iceberg."
            ' Use "timestamp(6)" instead.',
        ),
        (
            f"{CTAS}, is_external = true) AS SELECT 1 AS x",
            "INVALID_TABLE_PROPERTY: is_external must be false for Iceberg tables",
        ),
        (
            f"{CTAS}) AS SELECT 1 AS x, 2 AS X",
            "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'x' specified more than once",
        ),
        (
            CTAS.replace("/q/", "/t/") + ") AS SELECT 1 AS x",
            "ICEBERG_FILESYSTEM_ERROR: Cannot create a table on a non-empty location: s3://data/t",
        ),
        (
            f"{CTAS}, partitioning = ARRAY['n']) AS SELECT n FROM UNNEST(sequence(1, 101)) AS u(n)",
            "ICEBERG_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions",
        ),
        (
            "INSERT INTO t (nope) VALUES 1",
            "COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: nope",
        ),
        (
            "INSERT INTO t (id) VALUES 'a'",
            "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types:"
            " Table: [bigint], Query: [varchar(1)]",
        ),
        ("ALTER TABLE t CHANGE COLUMN id id string", TASK
            + "Cannot change column type: id: long -> string"),
        ("ALTER TABLE t DROP COLUMN nope", TASK
            + "Column nope does not exist in table lab.t"),
        ("ALTER TABLE t ADD COLUMNS (id int)", TASK
            + "Cannot add column, name already exists: id"),
        *((f"ALTER TABLE t {change}", f"DDL_NOT_SUPPORTED: {NOT_FOR_ICEBERG}") for change in (
            "REPLACE COLUMNS (a int)", "ADD PARTITION (name = 'a')",
            "DROP PARTITION (name = 'a')", "SET LOCATION 's3://data/other/'",
        )),
        ("DESCRIBE EXTENDED t", "NOT_SUPPORTED: DESCRIBE TABLE EXTENDED of an Iceberg table is"
            " not supported by this lab"),
        (
            CREATE.replace("TABLE t", "TABLE q").replace("s3://data/t/", "file:///etc/"),
            "INVALID_TABLE_PROPERTY: file:///etc/ is not an S3 location",
        ),
        (
            "ALTER TABLE h DROP COLUMN id",
            "FAILED: ParseException line 1:19 mismatched input 'COLUMN' expecting PARTITION near"
            " 'DROP' in drop partition statement",
        ),
        (
            "ALTER TABLE nope RENAME TO x",
            "FAILED: SemanticException [Error 10001]: Table not found lab.nope",
        ),
        (
            "MSCK REPAIR TABLE t",
            f"DDL_NOT_SUPPORTED: {NOT_FOR_ICEBERG}",
        ),
        (
            'SELECT * FROM "t$nope"',
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lab.t$nope' does not exist",
        ),
    ],
)  # fmt: skip
def test_refusals(athena: Athena, sql: str, error: str) -> None:
    athena.run(CREATE)
    athena.run("CREATE EXTERNAL TABLE h (id int) STORED AS PARQUET LOCATION 's3://data/h/'")
    assert failure(athena, sql) == error
    assert athena.catalog.table("lab", "q") is None
