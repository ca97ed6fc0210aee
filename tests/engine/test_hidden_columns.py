"""``"$path"`` and its like, and partitions that declare other types than their table."""

from dataclasses import replace

import pytest

from lab.engine.catalog import Column
from lab.engine.errors import QueryError
from tests.engine.support import Athena

CREATE = (
    "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (p string) ROW FORMAT SERDE"
    " 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://data/t/'"
)


@pytest.fixture
def files(athena: Athena) -> Athena:
    athena.run(CREATE)
    athena.objects.write("s3://data/t/p=x/1.json", b'{"a":1}\n')
    athena.objects.write("s3://data/t/p=y/2.json", b'{"a":22}\n')
    athena.run("MSCK REPAIR TABLE t")
    return athena


@pytest.mark.fidelity("athena_storage.hidden_columns")
def test_what_they_hold(files: Athena) -> None:
    sql = 'SELECT "$path", "$partition", "$file_size", a FROM t ORDER BY a'
    assert files.run(sql) == [
        ["s3://data/t/p=x/1.json", "p=x", "8", "1"],
        ["s3://data/t/p=y/2.json", "p=y", "9", "22"],
    ]
    assert [(c.name, str(c.type)) for c in files.outcome.columns[:3]] == [
        ("$path", "varchar"), ("$partition", "varchar"), ("$file_size", "bigint"),
    ]  # fmt: skip
    moments = files.run('SELECT count(*) FROM t WHERE "$file_modified_time" > timestamp'
                        " '2020-01-01 00:00:00 UTC'")  # fmt: skip
    assert moments == [["2"]]


@pytest.mark.fidelity("athena_storage.hidden_columns")
def test_a_star_does_not_select_them(files: Athena) -> None:
    assert files.run("SELECT * FROM t ORDER BY a") == [["1", "x"], ["22", "y"]]
    assert files.run("SELECT u.a FROM t u WHERE u.\"$path\" LIKE '%2.json'") == [["22"]]
    with pytest.raises(QueryError) as caught:
        files.run('SELECT "$path" FROM (SELECT * FROM t)')
    assert caught.value.name == "COLUMN_NOT_FOUND"


def test_a_table_without_partitions_has_no_partition(athena: Athena) -> None:
    athena.run("CREATE TABLE n WITH (external_location = 's3://data/n/') AS SELECT 1 AS a")
    ((path,),) = athena.run('SELECT "$path" FROM n')
    assert path is not None
    assert path.startswith("s3://data/n/")
    with pytest.raises(QueryError) as caught:
        athena.run('SELECT "$partition" FROM n')
    assert caught.value.name == "COLUMN_NOT_FOUND"


@pytest.mark.fidelity("athena_storage.partition_schemas")
@pytest.mark.parametrize(("kind", "fits"), [("tinyint", True), ("string", True), ("date", False)])
def test_a_partition_of_other_types(files: Athena, kind: str, fits: bool) -> None:
    parts = files.catalog.parts["lab", "t"]
    parts[0] = replace(parts[0], columns=(Column("a", kind),))
    if fits:
        assert files.run("SELECT a FROM t WHERE p = 'x'") == [["1"]]
        return
    assert files.run("SELECT a FROM t WHERE p = 'y'") == [["22"]]
    with pytest.raises(QueryError) as caught:
        files.run("SELECT a FROM t")
    assert str(caught.value) == (
        "HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch between the table and partition"
        " schemas. The types are incompatible and cannot be coerced. The column 'a' in table"
        " 'lab.t' is declared as type 'int', but partition 'p=x' declared column 'a' as type"
        " 'date'."
    )


def test_a_partition_key_that_is_a_column_too(files: Athena) -> None:
    """DDL refuses it; a crawler or Glue's API makes it."""
    table = files.catalog.table("lab", "t")
    assert table is not None
    files.catalog.replace_table(replace(table, columns=(*table.columns, Column("p", "string"))))
    with pytest.raises(QueryError) as caught:
        files.run("SELECT a FROM t")
    assert str(caught.value) == (
        "HIVE_INVALID_METADATA: Hive metadata for table t is invalid: "
        "Table descriptor contains duplicate columns"
    )
