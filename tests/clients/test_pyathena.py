"""PyAthena, the DB API of Athena: its cursors, parameters, errors and cancellation."""

import asyncio
import datetime
import os
import time
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pyathena
import pytest
from pyarrow import fs
from pyathena.aio.arrow.cursor import AioArrowCursor
from pyathena.aio.pandas.cursor import AioPandasCursor
from pyathena.arrow.async_cursor import AsyncArrowCursor
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor, AsyncDictCursor
from pyathena.connection import Connection
from pyathena.cursor import DictCursor
from pyathena.pandas.async_cursor import AsyncPandasCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.pandas.util import to_sql
from pyathena.s3fs.cursor import S3FSCursor

EVERY_TYPE = """
    SELECT true AS a, CAST(1 AS tinyint) AS b, CAST(2 AS smallint) AS c, 3 AS d,
           BIGINT '4' AS e, CAST(1.5 AS real) AS f, 2.5E0 AS g, DECIMAL '12.34' AS h,
           'text' AS i, DATE '2024-02-29' AS j, TIMESTAMP '2024-02-29 12:00:00.123' AS k,
           TIME '12:30:00.000' AS l, X'00ff' AS m, ARRAY[1, 2] AS n, MAP(ARRAY['k'], ARRAY[1]) AS o,
           CAST(ROW(1, 'x') AS ROW(n integer, s varchar)) AS p, JSON '{"q": 1}' AS q,
           CAST(NULL AS varchar) AS r"""
NUMBERS = "SELECT n, CAST(n AS varchar) AS s FROM UNNEST(SEQUENCE(1, 5)) AS t (n) ORDER BY n"


@pytest.fixture(scope="module")
def options(bucket: str, database: str) -> dict[str, Any]:
    return {
        "s3_staging_dir": f"s3://{bucket}/results/",
        "schema_name": database,
        "region_name": "us-east-1",
        "poll_interval": 0.05,
    }


@pytest.fixture
def arrow_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAthena tells pyarrow's S3 client no address, and it reads none from the environment."""
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.setattr(fs, "S3FileSystem", partial(fs.S3FileSystem, endpoint_override=endpoint))


@pytest.fixture(scope="module")
def connection(options: dict[str, Any]) -> Iterator[Connection]:
    with pyathena.connect(**options) as connected:
        yield connected


def test_types(connection: Connection) -> None:
    cursor = connection.cursor()
    row = cursor.execute(EVERY_TYPE).fetchone()
    assert row == (
        True,
        1,
        2,
        3,
        4,
        1.5,
        2.5,
        Decimal("12.34"),
        "text",
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 12, 0, 0, 123000),
        datetime.time(12, 30),
        b"\x00\xff",
        [1, 2],
        {"k": "1"},
        {"n": "1", "s": "x"},
        {"q": 1},
        None,
    )
    assert [(name, kind) for name, kind, *_ in cursor.description][:8] == [
        ("a", "boolean"),
        ("b", "tinyint"),
        ("c", "smallint"),
        ("d", "integer"),
        ("e", "bigint"),
        ("f", "float"),
        ("g", "double"),
        ("h", "decimal"),
    ]
    assert cursor.description[7][4:6] == (4, 2)
    assert cursor.description[13][1] == "array"


def test_cursor(connection: Connection) -> None:
    cursor = connection.cursor()
    cursor.execute(NUMBERS)
    assert cursor.fetchone() == (1, "1")
    assert cursor.fetchmany(2) == [(2, "2"), (3, "3")]
    assert list(cursor) == [(4, "4"), (5, "5")]
    assert cursor.state == "SUCCEEDED"
    assert cursor.statement_type == "DML"
    assert cursor.output_location.endswith(f"{cursor.query_id}.csv")
    assert cursor.engine_execution_time_in_millis >= 0
    assert cursor.data_scanned_in_bytes == 0
    assert cursor.effective_engine_version == "Athena engine version 3"


def test_many_pages(connection: Connection) -> None:
    """GetQueryResults answers with 1,000 rows at most."""
    cursor = connection.cursor()
    cursor.execute("SELECT n FROM UNNEST(SEQUENCE(1, 2500)) AS t (n) ORDER BY n")
    assert [n for (n,) in cursor.fetchall()] == list(range(1, 2501))


@pytest.mark.fidelity("clients.pyathena")
def test_dict_cursor(connection: Connection) -> None:
    rows = connection.cursor(DictCursor).execute(NUMBERS).fetchall()
    assert rows[0] == {"n": 1, "s": "1"}
    assert len(rows) == 5


@pytest.mark.fidelity("clients.pyathena")
@pytest.mark.parametrize("unload", [False, True], ids=["csv", "unload"])
def test_pandas_cursor(connection: Connection, unload: bool) -> None:
    frame = connection.cursor(PandasCursor, unload=unload).execute(NUMBERS).as_pandas()
    assert str(frame["n"].dtype) == ("int64" if unload else "Int64")
    assert sorted(frame["n"]) == [1, 2, 3, 4, 5]
    assert sorted(frame["s"]) == ["1", "2", "3", "4", "5"]


def test_pandas_chunks(connection: Connection) -> None:
    cursor = connection.cursor(PandasCursor, chunksize=2).execute(NUMBERS)
    assert [list(chunk["n"]) for chunk in cursor.as_pandas()] == [[1, 2], [3, 4], [5]]


@pytest.mark.fidelity("clients.pyarrow_endpoint")
@pytest.mark.parametrize("unload", [False, True], ids=["csv", "unload"])
def test_arrow_cursor(connection: Connection, arrow_s3: None, unload: bool) -> None:
    table = connection.cursor(ArrowCursor, unload=unload).execute(NUMBERS).as_arrow()
    assert sorted(table["n"].to_pylist()) == [1, 2, 3, 4, 5]
    assert str(table.schema.field("n").type) == "int64"
    assert str(table.schema.field("s").type) in ("string", "large_string")


@pytest.mark.fidelity("clients.pyathena")
def test_s3fs_cursor(connection: Connection) -> None:
    assert connection.cursor(S3FSCursor).execute(NUMBERS).fetchall()[-1] == (5, "5")


@pytest.mark.fidelity("clients.pyathena")
@pytest.mark.parametrize(
    "kind", [AsyncCursor, AsyncDictCursor, AsyncPandasCursor, AsyncArrowCursor]
)
def test_async_cursors(connection: Connection, arrow_s3: None, kind: Any) -> None:
    cursor = connection.cursor(kind)
    query, future = cursor.execute(NUMBERS)
    result = future.result()
    assert result.query_id == query
    assert result.state == "SUCCEEDED"
    if kind is AsyncPandasCursor:
        assert list(result.as_pandas()["n"]) == [1, 2, 3, 4, 5]
    elif kind is AsyncArrowCursor:
        assert result.as_arrow()["n"].to_pylist() == [1, 2, 3, 4, 5]
    else:
        assert len(result.fetchall()) == 5
    cursor.close(wait=True)


@pytest.mark.fidelity("clients.pyathena")
def test_aio_cursors(options: dict[str, Any], arrow_s3: None) -> None:
    async def run() -> None:
        async with await pyathena.aio_connect(**options) as connected:
            cursor = connected.cursor()
            await cursor.execute(NUMBERS)
            assert await cursor.fetchone() == (1, "1")
            assert [n async for n, _ in cursor] == [2, 3, 4, 5]
            await (frames := connected.cursor(AioPandasCursor)).execute(NUMBERS)
            assert len(frames.as_pandas()) == 5
            await (arrow := connected.cursor(AioArrowCursor)).execute(NUMBERS)
            assert arrow.as_arrow().num_rows == 5

    asyncio.run(run())


@pytest.mark.fidelity("clients.pyathena")
def test_parameters(connection: Connection) -> None:
    cursor = connection.cursor()
    cursor.execute(
        "SELECT %(s)s, %(n)d, %(d)s, %(none)s, %(t)s, 1 WHERE 1 IN %(many)s",
        {
            "s": "it's",
            "n": 5,
            "d": datetime.date(2024, 1, 2),
            "none": None,
            "t": datetime.datetime(2024, 1, 2, 3, 4, 5),
            "many": [1, 2],
        },
    )
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5)
    assert cursor.fetchall() == [("it's", 5, datetime.date(2024, 1, 2), None, moment, 1)]
    cursor.execute(
        "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) t (n, s) WHERE n = ? AND s = ?",
        ["2", "'b'"],
        paramstyle="qmark",
    )
    assert cursor.fetchall() == [(2, "b")]


def test_executemany(connection: Connection, bucket: str) -> None:
    cursor = connection.cursor()
    cursor.execute(
        f"""CREATE EXTERNAL TABLE many (n int, s string)
            STORED AS PARQUET LOCATION 's3://{bucket}/many/'"""
    )
    rows = [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}]
    cursor.executemany("INSERT INTO many (n, s) VALUES (%(n)d, %(s)s)", rows)
    cursor.execute("INSERT INTO many VALUES (3, 'c'), (4, 'd')")
    assert cursor.rowcount == 2
    assert cursor.execute("SELECT * FROM many ORDER BY n").fetchall() == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
        (4, "d"),
    ]
    # PyAthena 3.34 finds what DDL says in rows.
    assert ("many",) in cursor.execute("SHOW TABLES").fetchall()
    assert cursor.execute("DROP TABLE many").fetchall() == []


def test_to_sql(connection: Connection, database: str, bucket: str) -> None:
    """A data frame becomes a partitioned table of Parquet files."""
    frame = connection.cursor(PandasCursor).execute(NUMBERS).as_pandas().assign(part="p")
    to_sql(
        frame,
        "framed",
        connection,
        f"s3://{bucket}/framed/",
        schema=database,
        partitions=["part"],
        index=False,
        if_exists="replace",
    )
    rows = connection.cursor().execute("SELECT n, s, part FROM framed ORDER BY n").fetchall()
    assert rows[0] == (1, "1", "p")
    assert len(rows) == 5


@pytest.mark.fidelity("clients.pyathena")
def test_result_reuse(connection: Connection) -> None:
    cursor = connection.cursor()
    for reused in (False, True):
        cursor.execute("SELECT 'reused' AS word", result_reuse_enable=True, result_reuse_minutes=60)
        assert cursor.fetchall() == [("reused",)]
        assert bool(cursor.reused_previous_result) is reused


def test_cache(connection: Connection) -> None:
    """PyAthena's own: it looks for the same statement in the history of the work group."""
    cursor = connection.cursor()
    first = cursor.execute("SELECT 'cached' AS word").query_id
    again = cursor.execute("SELECT 'cached' AS word", cache_size=10, cache_expiration_time=900)
    assert again.query_id == first
    assert again.fetchall() == [("cached",)]


@pytest.mark.fidelity("clients.pyathena")
def test_cancel(connection: Connection) -> None:
    many = "UNNEST(SEQUENCE(1, 10000))"
    endless = f"""SELECT count(*) FROM {many} a (x), {many} b (x), {many} c (x)
                  WHERE (a.x * b.x + c.x) % 7 = 1"""
    cursor = connection.cursor(AsyncCursor)
    query, future = cursor.execute(endless)
    while cursor.query_execution(query).result().state == "QUEUED":
        time.sleep(0.05)
    cursor.cancel(query).result()
    assert future.result().state == "CANCELLED"
    cursor.close(wait=True)


@pytest.mark.fidelity("clients.pyathena")
def test_errors(connection: Connection) -> None:
    cursor = connection.cursor()
    with pytest.raises(pyathena.error.OperationalError, match="TABLE_NOT_FOUND: line 1:15"):
        cursor.execute("SELECT * FROM nowhere")
    # What Athena refuses at StartQueryExecution is a DatabaseError.
    with pytest.raises(pyathena.error.DatabaseError, match="mismatched input 'SELEC'"):
        cursor.execute("SELEC 1")
    with pytest.raises(pyathena.error.DatabaseError, match=r"WorkGroup is not found\."):
        cursor.execute("SELECT 1", work_group="nowhere")
    with pytest.raises(pyathena.error.ProgrammingError):
        cursor.fetchone()
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_metadata(connection: Connection, database: str) -> None:
    cursor = connection.cursor()
    assert database in [each.name for each in cursor.list_databases("AwsDataCatalog")]
    cursor.execute("CREATE OR REPLACE VIEW seen AS SELECT 1 AS one")
    found = cursor.get_table_metadata("seen", schema_name=database)
    assert (found.table_type, [column.name for column in found.columns]) == (
        "VIRTUAL_VIEW",
        ["one"],
    )
    assert "seen" in [each.name for each in cursor.list_table_metadata(schema_name=database)]
