"""Column statistics of tables and partitions."""

import datetime as dt
from typing import Any

import pytest

from tests.providers.glue.support import columns, refused

pytestmark = pytest.mark.lab

MISSING = {
    "ErrorCode": "EntityNotFoundException",
    "ErrorMessage": "Statistics for column are not found",
}
TIME = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def one(column: str, data: dict[str, Any]) -> dict[str, Any]:
    given = {"ColumnName": column, "ColumnType": "int", "AnalyzedTime": TIME}
    return {**given, "StatisticsData": data}


COUNT = {
    "Type": "LONG",
    "LongColumnStatisticsData": {"NumberOfNulls": 0, "NumberOfDistinctValues": 3},
}
DECIMAL = {
    "Type": "DECIMAL",
    "DecimalColumnStatisticsData": {
        "MinimumValue": {"UnscaledValue": b"\x00\xff", "Scale": 2},
        "NumberOfNulls": 0,
        "NumberOfDistinctValues": 1,
    },
}
DATE = {
    "Type": "DATE",
    "DateColumnStatisticsData": {
        "MinimumValue": TIME,
        "NumberOfNulls": 0,
        "NumberOfDistinctValues": 1,
    },
}


@pytest.fixture(scope="module")
def table(glue: Any, database: str) -> dict[str, str]:
    given = {"Name": "t", "PartitionKeys": columns("p")}
    glue.create_table(DatabaseName=database, TableInput=given)
    where = {"DatabaseName": database, "TableName": "t"}
    glue.create_partition(**where, PartitionInput={"Values": ["1"]})
    return where


@pytest.mark.fidelity("glue_catalog.statistics")
@pytest.mark.parametrize("owner", ["table", "partition"])
def test_they_are_kept_as_given(glue: Any, table: dict[str, str], owner: str) -> None:
    where: dict[str, Any] = dict(table)
    if owner == "partition":
        where["PartitionValues"] = ["1"]
    get = getattr(glue, f"get_column_statistics_for_{owner}")
    given = [one("a", COUNT), one("b", DECIMAL), one("c", DATE)]
    update = getattr(glue, f"update_column_statistics_for_{owner}")
    assert update(**where, ColumnStatisticsList=given)["Errors"] == []
    found = get(**where, ColumnNames=["a", "b", "c", "x"])
    assert found["ColumnStatisticsList"] == given
    assert found["Errors"] == [{"ColumnName": "x", "Error": MISSING}]
    delete = getattr(glue, f"delete_column_statistics_for_{owner}")
    for _ in range(2):  # what is not there is deleted without complaint
        delete(**where, ColumnName="a")
    assert get(**where, ColumnNames=["a"])["ColumnStatisticsList"] == []


@pytest.mark.fidelity("glue_catalog.statistics")
def test_of_a_partition_that_is_not_there(glue: Any, table: dict[str, str]) -> None:
    assert refused(
        glue.get_column_statistics_for_partition, **table, PartitionValues=["2"], ColumnNames=["a"]
    ) == ("EntityNotFoundException", "Cannot find partition.")


@pytest.mark.fidelity("glue_catalog.statistics")
def test_they_go_with_their_partition(glue: Any, table: dict[str, str]) -> None:
    given = {"Values": ["gone"]}
    where = {**table, "PartitionValues": ["gone"]}
    glue.create_partition(**table, PartitionInput=given)
    glue.update_column_statistics_for_partition(**where, ColumnStatisticsList=[one("a", COUNT)])
    glue.delete_partition(**where)
    glue.create_partition(**table, PartitionInput=given)
    found = glue.get_column_statistics_for_partition(**where, ColumnNames=["a"])
    assert found["ColumnStatisticsList"] == []
