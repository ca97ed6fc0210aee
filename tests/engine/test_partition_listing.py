"""The partitions of a Hive table as a table."""

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena


@pytest.fixture
def sales(athena: Athena) -> Athena:
    athena.run(
        "CREATE EXTERNAL TABLE sales (id int) PARTITIONED BY (year int, day date)"
        " STORED AS PARQUET LOCATION 's3://data/sales'"
    )
    return athena


@pytest.mark.fidelity("athena_statements.partition_tables")
def test_partitions(sales: Athena) -> None:
    assert sales.run('SELECT * FROM "sales$partitions"') == []
    sales.run(
        "ALTER TABLE sales ADD PARTITION (year = '2023', day = '2023-01-31')"
        " PARTITION (year = '2024', day = '2024-02-29')"
        " PARTITION (year = '2024', day = '__HIVE_DEFAULT_PARTITION__')"
    )
    assert sales.run('SELECT * FROM "sales$partitions" ORDER BY year, day') == [
        ["2023", "2023-01-31"],
        ["2024", "2024-02-29"],
        ["2024", None],
    ]
    latest = 'SELECT max(p.year + 1) FROM lab."sales$partitions" AS p WHERE p.day IS NOT NULL'
    assert sales.run(latest) == [["2025"]]


def test_a_table_without_partitions_has_none(athena: Athena) -> None:
    athena.run("CREATE EXTERNAL TABLE plain (id int) STORED AS PARQUET LOCATION 's3://data/p'")
    with pytest.raises(QueryError) as raised:
        athena.run('SELECT * FROM "plain$partitions"')
    message = "line 1:15: Table 'awsdatacatalog.lab.plain$partitions' does not exist"
    assert (raised.value.name, raised.value.message) == ("TABLE_NOT_FOUND", message)
