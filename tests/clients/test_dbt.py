"""dbt with its Athena adapter: a small project, built twice, as `dbt build` is in production.

The project is in ``shop``: a seed, a source, a view, tables (Parquet, ORC, Iceberg), incremental
models of each strategy, a snapshot, data tests, a unit test, and documentation kept in the catalog.
"""

import datetime
import json
from pathlib import Path
from typing import Any

import awswrangler as wr
import pytest
from dbt.cli.main import dbtRunner

wr.config.athena_query_wait_polling_delay = 0.05
PROJECT = Path(__file__).parent / "shop"

NAMES = ("id", "customer_id", "amount", "status", "updated_at")
FIRST = [
    (1, 1, 9.99, "paid", "2024-01-01 12:00:00.000"),
    (2, 1, 0.05, "open", "2024-01-02 12:00:00.000"),
    (3, 2, 5, "open", "2024-01-02 13:00:00.000"),
]
# One order changes, and one is new.
SECOND = [
    FIRST[0],
    (2, 1, 0.05, "sent", "2024-01-03 09:00:00.000"),
    FIRST[2],
    (4, 3, 1, "open", "2024-01-03 10:00:00.000"),
]


class Shop:
    """The project, and the schema that it is built in."""

    def __init__(self, bucket: str, database: str, folder: Path, s3: Any) -> None:
        self.bucket, self.database, self.folder, self.s3 = bucket, database, folder, s3

    def load(self, orders: list[tuple[Any, ...]]) -> None:
        """The source's only file."""
        lines = "\n".join(json.dumps(dict(zip(NAMES, order, strict=True))) for order in orders)
        self.s3.put_object(Bucket=self.bucket, Key="raw/orders.json", Body=lines.encode())

    def dbt(self, *words: str) -> dict[str, str]:
        """The command, in this process, since it takes long to start; each node's status."""
        target = self.folder / "target"
        folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        folders += ["--target-path", str(target), "--log-path", str(self.folder)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHOP_BUCKET", self.bucket)
            patch.setenv("SHOP_SCHEMA", self.database)
            done = dbtRunner().invoke([*words, *folders, "--quiet"])
        assert done.success, done.exception or [
            (each.node.name, each.message) for each in done.result if each.status != "success"
        ]
        results = json.loads((target / "run_results.json").read_text())["results"]
        return {each["unique_id"]: each["status"] for each in results}

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        frame = wr.athena.read_sql_query(sql, self.database, ctas_approach=False)
        frame = frame.astype(object).where(frame.notna(), None)
        return list(frame.itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def shop(bucket: str, database: str, tmp_path_factory: Any, s3: Any) -> Shop:
    """Built once with the first orders and once more with the second."""
    made = Shop(bucket, database, tmp_path_factory.mktemp("dbt"), s3)
    made.load(FIRST)
    wr.athena.wait_query(
        wr.athena.start_query_execution(
            f"""CREATE EXTERNAL TABLE raw_orders (id int, customer_id int, amount double,
                status string, updated_at timestamp)
                ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
                LOCATION 's3://{bucket}/raw/'""",
            database=database,
        )
    )
    made.first = made.dbt("build")
    made.load(SECOND)
    made.second = made.dbt("build")
    return made


@pytest.mark.fidelity("clients.dbt")
def test_everything_was_built_twice(shop: Shop) -> None:
    for results in (shop.first, shop.second):
        assert set(results.values()) == {"success", "pass"}
        assert len(results) == 20
    assert shop.first.keys() == shop.second.keys()


def test_seed(shop: Shop) -> None:
    assert shop.ask("SELECT id, name, since FROM customers ORDER BY id") == [
        (1, "Ada", datetime.date(2020, 1, 31)),
        (2, "Grace, Admiral", datetime.date(2021, 2, 28)),
        (3, None, datetime.date(2022, 3, 1)),
    ]


def test_tables_and_views(shop: Shop) -> None:
    assert [
        (id, orders, str(total), year)
        for id, orders, total, year in shop.ask(
            "SELECT id, orders, total, since_year FROM customers_orders ORDER BY id"
        )
    ] == [(1, 2, "10.04", 2020), (2, 1, "5.00", 2021), (3, 1, "1.00", 2022)]
    assert shop.ask("SELECT count(*) FROM stg_orders") == [(4,)]
    assert shop.ask("SELECT count(*) FROM orders_orc") == [(4,)]
    assert shop.ask("SELECT count(*) FROM orders_iceberg") == [(4,)]
    # Of a table that is swapped for its successor, partitions and all.
    assert shop.ask("SELECT count(*) FROM customers_ha WHERE since_year > 2020") == [(2,)]
    # Of an Iceberg table's first build nothing is left.
    names = {each["Name"] for each in wr.catalog.get_tables(database=shop.database)}
    assert not [name for name in names if "__" in name]


@pytest.mark.fidelity("clients.dbt")
def test_incremental_append(shop: Shop) -> None:
    assert shop.ask("SELECT id, status FROM changes_appended ORDER BY updated_at") == [
        (1, "paid"),
        (2, "open"),
        (3, "open"),
        (2, "sent"),
        (4, "open"),
    ]


@pytest.mark.fidelity("clients.dbt")
def test_incremental_insert_overwrite(shop: Shop) -> None:
    """The last day is computed anew, with a column that the table did not have."""
    sql = "SELECT id, status, CAST(updated_on AS varchar) FROM days_overwritten ORDER BY 3, 1"
    assert shop.ask(sql) == [
        (1, None, "2024-01-01"),
        (3, "open", "2024-01-02"),
        (2, "sent", "2024-01-03"),
        (4, "open", "2024-01-03"),
    ]


@pytest.mark.fidelity("clients.dbt")
def test_incremental_merge(shop: Shop) -> None:
    assert shop.ask("SELECT id, status, how FROM orders_merged ORDER BY id") == [
        (1, "paid", None),
        (2, "sent", "merged"),
        (3, "open", None),
        (4, "open", "merged"),
    ]


@pytest.mark.fidelity("clients.dbt")
def test_snapshot(shop: Shop) -> None:
    sql = """SELECT id, status, dbt_valid_to IS NULL FROM orders_history
             ORDER BY id, dbt_valid_from"""
    assert shop.ask(sql) == [
        (1, "paid", True),
        (2, "open", False),
        (2, "sent", True),
        (3, "open", True),
        (4, "open", True),
    ]


@pytest.mark.fidelity("clients.dbt")
def test_documentation(shop: Shop, glue: Any) -> None:
    """Descriptions are kept in the catalog, and the catalog is in the documentation."""
    table = glue.get_table(DatabaseName=shop.database, Name="customers_orders")["Table"]
    assert table["Description"] == "One line a customer"
    assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "The customer"
    shop.dbt("docs", "generate", "--no-compile")
    nodes = json.loads((shop.folder / "target" / "catalog.json").read_text())
    columns = nodes["nodes"]["model.shop.customers_orders"]["columns"]
    assert list(columns) == ["id", "name", "orders", "total", "since_year"]
    assert nodes["nodes"]["model.shop.stg_orders"]["metadata"]["type"] == "view"
    assert "source.shop.raw.raw_orders" in nodes["sources"]


@pytest.mark.fidelity("clients.dbt")
def test_source_freshness(shop: Shop) -> None:
    shop.dbt("source", "freshness")
    sources = json.loads((shop.folder / "target" / "sources.json").read_text())["results"]
    assert [each["max_loaded_at"][:19] for each in sources] == ["2024-01-03T10:00:00"]
