"""SearchTables."""

from typing import Any

import pytest

from tests.providers.glue.support import columns, refused

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def tables(glue: Any, database: str) -> str:
    for name, description, owner in (
        ("customer-link", "who bought quixotic things", "zoe"),
        ("orders_quixotic", "what was bought", "adam"),
        ("xxquixoticyy", "nothing", "mia"),
    ):
        storage = {"Columns": [{"Name": "zanzibar", "Type": "int", "Comment": f"of {name}"}]}
        glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "Description": description,
                "Owner": owner,
                "StorageDescriptor": storage,
                "PartitionKeys": columns("day"),
                "Parameters": {"classification": "zz_parquet"},
            },
        )
    return database


def names(glue: Any, **arguments: Any) -> list[str]:
    return [one["Name"] for one in glue.search_tables(**arguments)["TableList"]]


@pytest.mark.fidelity("glue_catalog.search")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("quixotic", ["customer-link", "orders_quixotic"]),
        ("Quixotic bought things", ["customer-link"]),
        ("orders_quixotic", ["orders_quixotic"]),
        ('"what was bought"', ["orders_quixotic"]),
        ("zz_parquet", ["customer-link", "orders_quixotic", "xxquixoticyy"]),
        ("zanzibar mia", ["xxquixoticyy"]),
        ("uixoti", []),
    ],
)
def test_by_text(glue: Any, tables: str, text: str, wanted: list[str]) -> None:
    assert names(glue, SearchText=text) == wanted


@pytest.mark.fidelity("glue_catalog.search")
@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ([{"Key": "Name", "Value": "link"}], ["customer-link"]),
        ([{"Key": "Name", "Value": "quixotic"}], ["orders_quixotic"]),
        ([{"Key": "owner", "Value": "mia"}], ["xxquixoticyy"]),
        ([{"Key": "classification", "Value": "zz_parquet"}, {"Key": "Owner", "Value": "no"}], []),
        (
            [
                {"Key": "UpdateTime", "Value": "2020-01-01", "Comparator": "GREATER_THAN"},
                {"Key": "Owner", "Value": "adam"},
            ],
            ["orders_quixotic"],
        ),
        (
            [
                {"Key": "CreateTime", "Value": "1600000000", "Comparator": "LESS_THAN"},
                {"Key": "Owner", "Value": "adam"},
            ],
            [],
        ),
    ],
)
def test_by_filters(
    glue: Any, tables: str, filters: list[dict[str, str]], wanted: list[str]
) -> None:
    found = names(glue, Filters=[*filters, {"Key": "DatabaseName", "Value": tables}])
    assert found == wanted


@pytest.mark.fidelity("glue_catalog.search")
def test_sorted_in_pages(glue: Any, tables: str) -> None:
    arguments = {
        "SearchText": "zz_parquet",
        "SortCriteria": [{"FieldName": "Owner", "Sort": "DESC"}],
        "MaxResults": 2,
    }
    first = glue.search_tables(**arguments)
    second = glue.search_tables(**arguments, NextToken=first["NextToken"])
    found = [one["Owner"] for one in first["TableList"] + second["TableList"]]
    assert found == ["zoe", "mia", "adam"]


@pytest.mark.fidelity("glue_catalog.search")
def test_a_time_that_is_none(glue: Any, tables: str) -> None:
    filters = [{"Key": "CreateTime", "Value": "soon", "Comparator": "LESS_THAN"}]
    expected = ("InvalidInputException", "Invalid timestamp: soon")
    assert refused(glue.search_tables, Filters=filters) == expected
