"""DuckDB on the lab's folder: what Athena and awswrangler write are files anyone can open."""

import os
from pathlib import Path
from typing import Any

import awswrangler as wr
import duckdb
import pandas as pd
import pytest

wr.config.athena_query_wait_polling_delay = 0.05
FOLDER = Path(os.environ["LAB_HOME"]) / "s3"


@pytest.mark.fidelity("clients.duckdb")
def test_parquet_data_set(bucket: str, database: str) -> None:
    wr.s3.to_parquet(
        pd.DataFrame({"id": [1, 2, 3], "region": ["eu", "us", "us"]}),
        f"s3://{bucket}/sales/",
        dataset=True,
        database=database,
        table="sales",
        partition_cols=["region"],
    )
    files = f"{FOLDER}/{bucket}/sales/**/*.parquet"
    sql = f"SELECT region, sum(id) FROM read_parquet('{files}') GROUP BY 1 ORDER BY 1"
    assert duckdb.sql(sql).fetchall() == [("eu", 1), ("us", 5)]


@pytest.mark.fidelity("clients.duckdb")
@pytest.mark.parametrize("compression", ["SNAPPY", "GZIP", "ZSTD"])
def test_ctas(bucket: str, database: str, compression: str) -> None:
    location = f"s3://{bucket}/ctas_{compression}/"
    wr.athena.wait_query(
        wr.athena.start_query_execution(
            f"""CREATE TABLE ctas_{compression} WITH (format = 'PARQUET', external_location =
                '{location}', write_compression = '{compression}', partitioned_by = ARRAY['part'])
                AS SELECT n, DECIMAL '1.50' AS price, TIMESTAMP '2024-01-01 00:00:00' AS at,
                ARRAY[n] AS list, 'p' AS part FROM UNNEST(SEQUENCE(1, 3)) AS t (n)""",
            database=database,
        )
    )
    files = f"{FOLDER}/{bucket}/ctas_{compression}/*/*"
    found = duckdb.sql(f"SELECT * FROM read_parquet('{files}') ORDER BY n")
    assert found.columns == ["n", "price", "at", "list", "part"]
    assert [str(kind) for kind in found.types[:2]] == ["BIGINT", "DECIMAL(3,2)"]
    assert [(n, items, part) for n, _, _, items, part in found.fetchall()] == [
        (1, [1], "p"),
        (2, [2], "p"),
        (3, [3], "p"),
    ]
    metadata = duckdb.sql(f"SELECT DISTINCT compression FROM parquet_metadata('{files}')")
    assert metadata.fetchall() == [(compression,)]


@pytest.mark.fidelity("clients.duckdb")
def test_results_and_reports(bucket: str, s3: Any, athena: Any, database: str) -> None:
    """The CSV of a query is a file too; and what DuckDB writes beside S3's back is no object."""
    query = athena.start_query_execution(
        QueryString="SELECT n, 'a \"b\"' AS s FROM UNNEST(SEQUENCE(1, 3)) AS t (n) ORDER BY n",
        ResultConfiguration={"OutputLocation": f"s3://{bucket}/results/"},
    )["QueryExecutionId"]
    wr.athena.wait_query(query)
    result = FOLDER / bucket / "results" / f"{query}.csv"
    assert duckdb.sql(f"SELECT n, s FROM read_csv('{result}')").fetchall() == [
        (1, 'a "b"'),
        (2, 'a "b"'),
        (3, 'a "b"'),
    ]
