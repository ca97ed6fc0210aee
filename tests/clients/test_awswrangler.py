"""awswrangler (AWS SDK for pandas): data sets with a catalog, queries to data frames."""

from typing import Any

import awswrangler as wr
import pandas as pd
import pytest

wr.config.athena_query_wait_polling_delay = 0.05

SALES = pd.DataFrame(
    {
        "id": [1, 2, 3],
        "name": ["anvil", "bolt", None],
        "price": [1.5, 2.5, None],
        "day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-02"]),
        "region": ["eu", "us", "us"],
    }
)


@pytest.fixture(scope="module")
def sales(bucket: str, database: str) -> str:
    """A partitioned table of Parquet files that tests read and do not write."""
    wr.s3.to_parquet(
        SALES,
        f"s3://{bucket}/sales/",
        dataset=True,
        database=database,
        table="sales",
        partition_cols=["region"],
        glue_table_settings={"columns_comments": {"id": "The sale"}, "description": "Sales"},
    )
    return "sales"


def rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


def read(sql: str, database: str, **options: Any) -> pd.DataFrame:
    options.setdefault("ctas_approach", False)
    return wr.athena.read_sql_query(sql, database=database, **options)


@pytest.mark.fidelity("clients.awswrangler")
def test_dataset_modes(bucket: str, database: str) -> None:
    def write(frame: pd.DataFrame, mode: str) -> list[tuple[Any, ...]]:
        wr.s3.to_parquet(
            frame,
            f"s3://{bucket}/modes/",
            dataset=True,
            mode=mode,
            database=database,
            table="modes",
            partition_cols=["region"],
        )
        return rows(read("SELECT id, region FROM modes ORDER BY id", database))

    assert write(SALES[["id", "region"]], "overwrite") == [(1, "eu"), (2, "us"), (3, "us")]
    more = pd.DataFrame({"id": [4], "region": ["us"]})
    assert write(more, "append") == [(1, "eu"), (2, "us"), (3, "us"), (4, "us")]
    assert write(more.assign(id=5), "overwrite_partitions") == [(1, "eu"), (5, "us")]
    assert write(more.assign(region="asia"), "overwrite") == [(4, "asia")]


@pytest.mark.fidelity("clients.awswrangler")
def test_schema_evolution(bucket: str, database: str) -> None:
    target = {"path": f"s3://{bucket}/evolving/", "database": database, "table": "evolving"}
    wr.s3.to_parquet(SALES[["id"]], dataset=True, **target)
    wr.s3.to_parquet(
        pd.DataFrame({"id": [4], "extra": ["new"]}),
        dataset=True,
        mode="append",
        catalog_versioning=True,
        **target,
    )
    frame = read("SELECT id, extra FROM evolving ORDER BY id", database)
    assert rows(frame.astype(object).where(frame.notna(), None)) == [
        (1, None),
        (2, None),
        (3, None),
        (4, "new"),
    ]
    assert len(list(wr.catalog.get_table_versions(database=database, table="evolving"))) == 2
    assert wr.catalog.get_table_number_of_versions(database=database, table="evolving") == 2
    with pytest.raises(wr.exceptions.InvalidArgumentValue, match="Schema change detected"):
        wr.s3.to_parquet(
            SALES[["id", "price"]], dataset=True, mode="append", schema_evolution=False, **target
        )


@pytest.mark.fidelity("clients.awswrangler")
@pytest.mark.parametrize(
    "approach",
    [
        {"ctas_approach": True},
        {"ctas_approach": True, "ctas_parameters": {"bucketing_info": (["id"], 2)}},
        {"ctas_approach": False},
        {"ctas_approach": False, "unload_approach": True},
    ],
    ids=["ctas", "ctas_bucketed", "plain", "unload"],
)
def test_read_sql_query(
    bucket: str, database: str, sales: str, approach: dict[str, Any], request: Any
) -> None:
    if "unload" in request.node.name:
        approach["s3_output"] = f"s3://{bucket}/unloaded/"
    frame = wr.athena.read_sql_query(f"SELECT * FROM {sales} ORDER BY id", database, **approach)
    assert frame.query_metadata["Status"]["State"] == "SUCCEEDED"
    frame = frame.sort_values("id", ignore_index=True)
    assert list(frame.columns) == ["id", "name", "price", "day", "region"]
    assert list(frame["id"]) == [1, 2, 3]
    assert frame["id"].dtype == "Int64"
    assert frame["name"].dtype == "string"
    assert list(frame["name"].fillna("?")) == ["anvil", "bolt", "?"]
    assert frame["price"].isna().tolist() == [False, False, True]
    assert str(frame["day"].dtype).startswith("datetime64")
    assert list(frame["day"]) == list(SALES["day"])
    assert list(frame["region"]) == ["eu", "us", "us"]
    # The temporary table of the CTAS is gone.
    names = [table["Name"] for table in wr.catalog.get_tables(database=database)]
    assert not [name for name in names if name.startswith("temp_table_")]


@pytest.mark.fidelity("clients.awswrangler")
@pytest.mark.parametrize("ctas", [True, False])
def test_chunks(database: str, sales: str, ctas: bool) -> None:
    chunks = list(read(f"SELECT id FROM {sales}", database, ctas_approach=ctas, chunksize=2))
    assert [len(chunk) for chunk in chunks] == [2, 1]


def test_types(database: str) -> None:
    """All that the plain approach and the CTAS approach can carry."""
    sql = """
        SELECT CAST(1 AS tinyint) AS a, CAST(2 AS smallint) AS b, 3 AS c, CAST(4 AS bigint) AS d,
               CAST(1.5 AS real) AS e, 2.5E0 AS f, DECIMAL '12.34' AS g, true AS h, 'text' AS i,
               DATE '2024-02-29' AS j, TIMESTAMP '2024-02-29 12:00:00' AS k, X'00ff' AS l"""
    for ctas in (True, False):
        frame = read(sql, database, ctas_approach=ctas)
        row = frame.iloc[0]
        assert [str(t) for t in frame.dtypes[:6]] == [
            "Int8",
            "Int16",
            "Int32",
            "Int64",
            "float32",
            "float64",
        ]
        assert (row["a"], row["b"], row["c"], row["d"]) == (1, 2, 3, 4)
        assert (row["e"], row["f"], str(row["g"]), row["h"]) == (1.5, 2.5, "12.34", True)
        assert (row["i"], str(row["j"])) == ("text", "2024-02-29")
        assert str(row["k"]) == "2024-02-29 12:00:00"
        # In a CSV result, bytes are written as hexadecimal text.
        assert row["l"] == (b"\x00\xff" if ctas else b"00 ff")


def test_nested_types(database: str) -> None:
    sql = "SELECT ARRAY[1, 2] AS a, CAST(ROW(1, 'x') AS ROW(n integer, s varchar)) AS r"
    row = read(sql, database, ctas_approach=True).iloc[0]
    assert list(row["a"]) == [1, 2]
    assert row["r"] == {"n": 1, "s": "x"}


@pytest.mark.fidelity("clients.awswrangler")
def test_parameters(database: str, sales: str) -> None:
    named = read(
        f"SELECT name FROM {sales} WHERE id = :id AND region = :region",
        database,
        params={"id": 2, "region": "us"},
    )
    assert list(named["name"]) == ["bolt"]
    marks = read(
        f"SELECT name FROM {sales} WHERE id = ? AND region = ?",
        database,
        params=["1", "'eu'"],
        paramstyle="qmark",
    )
    assert list(marks["name"]) == ["anvil"]


@pytest.mark.fidelity("clients.awswrangler")
def test_cache(database: str, sales: str) -> None:
    sql = f"SELECT count(*) AS n FROM {sales}"
    first = read(sql, database)
    again = read(sql, database, athena_cache_settings={"max_cache_seconds": 900})
    assert list(again["n"]) == [3]
    assert again.query_metadata["QueryExecutionId"] == first.query_metadata["QueryExecutionId"]


def test_result_reuse(database: str, sales: str) -> None:
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 10}}
    sql = f"SELECT max(id) AS last_one FROM {sales}"
    for reused in (False, True):
        frame = read(sql, database, result_reuse_configuration=reuse)
        statistics = frame.query_metadata["Statistics"]
        assert statistics["ResultReuseInformation"]["ReusedPreviousResult"] is reused


def test_errors(database: str, sales: str) -> None:
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND: line 1:8: Column 'no'"):
        read(f"SELECT no FROM {sales}", database)
    with pytest.raises(wr.exceptions.QueryFailed, match="TABLE_NOT_FOUND"):
        read("SELECT * FROM nowhere", database)


@pytest.mark.fidelity("clients.awswrangler")
def test_prepared_statements(database: str, sales: str) -> None:
    wr.athena.create_prepared_statement(f"SELECT name FROM {sales} WHERE id = ?", "by_id")
    assert "by_id" in [s["StatementName"] for s in wr.athena.list_prepared_statements()]
    assert list(read("EXECUTE by_id USING 2", database)["name"]) == ["bolt"]
    assert list(read("EXECUTE by_id", database, params=["1"], paramstyle="qmark")["name"]) == [
        "anvil"
    ]
    wr.athena.delete_prepared_statement("by_id")
    assert "by_id" not in [s["StatementName"] for s in wr.athena.list_prepared_statements()]


def test_executions(database: str, sales: str) -> None:
    query = wr.athena.start_query_execution(f"SELECT id, name FROM {sales}", database=database)
    assert wr.athena.wait_query(query)["Status"]["State"] == "SUCCEEDED"
    assert wr.athena.get_query_columns_types(query) == {"id": "bigint", "name": "varchar"}
    assert len(wr.athena.get_query_results(query)) == 3
    assert query in wr.athena.list_query_executions()
    executions = wr.athena.get_query_executions([query])
    assert list(executions["Status.State"]) == ["SUCCEEDED"]


def test_unload(bucket: str, database: str, sales: str) -> None:
    path = f"s3://{bucket}/unload/"
    wr.athena.unload(
        f"SELECT id, region FROM {sales}",
        path,
        database,
        file_format="parquet",
        partitioned_by=["region"],
    )
    # awswrangler has the manifest and the metadata written beside the data.
    frame = wr.s3.read_parquet(path, dataset=True, path_ignore_suffix=[".csv", ".metadata"])
    assert sorted(rows(frame)) == [(1, "eu"), (2, "us"), (3, "us")]


def test_create_ctas_table(bucket: str, database: str, sales: str) -> None:
    wr.athena.create_ctas_table(
        f"SELECT id, region FROM {sales}",
        database,
        ctas_table="of_ctas",
        s3_output=f"s3://{bucket}/of_ctas",
        storage_format="orc",
        write_compression="zlib",
        partitioning_info=["region"],
        wait=True,
    )
    assert wr.catalog.get_table_types(database, "of_ctas") == {"id": "bigint", "region": "string"}
    assert list(read("SELECT sum(id) AS n FROM of_ctas", database)["n"]) == [6]
