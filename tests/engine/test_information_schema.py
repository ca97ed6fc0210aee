"""The catalogue read by queries."""

import pytest

from lab.engine.catalog import Table
from lab.engine.errors import QueryError
from tests.engine.support import Athena


@pytest.fixture
def shop(athena: Athena) -> Athena:
    athena.run(
        "CREATE EXTERNAL TABLE sales (id int COMMENT 'The sale', tags array<string>, price"
        " decimal(10,2)) PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://data/sales'"
    )
    athena.run("CREATE VIEW seen AS SELECT 1 AS one")
    return athena


@pytest.mark.fidelity("athena_statements.information_schema")
@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT schema_name FROM information_schema.schemata ORDER BY 1",
            [["information_schema"], ["lab"]],
        ),
        (
            "SELECT table_name, table_type FROM INFORMATION_SCHEMA.TABLES"
            " WHERE table_schema = 'lab' ORDER BY 1",
            [["sales", "BASE TABLE"], ["seen", "VIEW"]],
        ),
        (
            "SELECT c.column_name, c.ordinal_position, c.is_nullable, c.data_type, c.comment,"
            " c.extra_info FROM awsdatacatalog.information_schema.columns AS c"
            " WHERE c.table_name = 'sales' ORDER BY 2",
            [
                ["id", "1", "YES", "integer", "The sale", None],
                ["tags", "2", "YES", "array(varchar)", None, None],
                ["price", "3", "YES", "decimal(10,2)", None, None],
                ["day", "4", "YES", "date", None, "partition key"],
            ],
        ),
        (
            "SELECT table_catalog, view_definition FROM information_schema.views",
            [["awsdatacatalog", "SELECT 1 AS one"]],
        ),
        (
            "SELECT count(*) FROM information_schema.tables t JOIN information_schema.columns c"
            " USING (table_schema, table_name) WHERE table_schema = 'lab'",
            [["5"]],
        ),
    ],
)
def test_information_schema(shop: Athena, sql: str, rows: list[list[str | None]]) -> None:
    assert shop.run(sql) == rows


def test_no_view_is_an_empty_table(athena: Athena) -> None:
    assert athena.run("SELECT * FROM information_schema.views") == []


def test_unknown_table(athena: Athena) -> None:
    message = "line 1:15: Table 'awsdatacatalog.information_schema.no' does not exist"
    with pytest.raises(QueryError) as raised:
        athena.run("SELECT * FROM information_schema.no")
    assert (raised.value.name, raised.value.message) == ("TABLE_NOT_FOUND", message)


@pytest.mark.fidelity("athena_statements.information_schema")
@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("table_schema = 'other'", ["other"]),
        ("table_schema IN ('lab', 'none') AND table_name LIKE 's%'", ["lab"]),
        ("table_schema = 'lab' OR table_name = 'x'", ["lab", "other"]),
    ],
)
def test_only_what_is_asked_for_is_read(
    shop: Athena, monkeypatch: pytest.MonkeyPatch, condition: str, read: list[str]
) -> None:
    shop.run("CREATE DATABASE other")
    found: list[str] = []
    tables = shop.catalog.tables

    def listed(database: str) -> list[Table]:
        found.append(database)
        return tables(database)

    monkeypatch.setattr(shop.catalog, "tables", listed)
    shop.run(f"SELECT * FROM information_schema.columns WHERE {condition}")
    assert found == read
    assert shop.bytes == 0
