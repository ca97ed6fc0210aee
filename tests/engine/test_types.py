"""Types: their texts and how they meet."""

import pytest

from lab.engine import types
from lab.engine.errors import QueryError
from lab.engine.text import java_double
from lab.engine.type_text import parse_type, to_hive


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("int", "integer"),
        ("string", "varchar"),
        ("float", "real"),
        ("decimal(10, 2)", "decimal(10,2)"),
        ("timestamp", "timestamp(3)"),
        ("array<struct<a:int,b:map<string,array<double>>>>",
         "array(row(a integer, b map(varchar, array(double))))"),
    ],
)  # fmt: skip
def test_hive_and_trino(hive: str, trino: str) -> None:
    kind = parse_type(hive)
    assert str(kind) == trino
    assert to_hive(kind) == hive.replace(" ", "")


def test_no_such_type() -> None:
    with pytest.raises(QueryError) as caught:
        parse_type("array<strin>")
    assert str(caught.value) == "TYPE_NOT_FOUND: Unknown type: array<strin>"


@pytest.mark.parametrize(
    ("left", "right", "common"),
    [
        ("tinyint", "bigint", "bigint"),
        ("bigint", "decimal(10,2)", "decimal(21,2)"),
        ("decimal(10,2)", "double", "double"),
        ("decimal(38,0)", "decimal(10,5)", "decimal(38,5)"),
        ("date", "timestamp", "timestamp(3)"),
        ("varchar(3)", "varchar", "varchar"),
        ("array<int>", "array<bigint>", "array(bigint)"),
        ("varchar", "int", None),
        ("date", "varchar", None),
        ("boolean", "int", None),
    ],
)
def test_common_type(left: str, right: str, common: str | None) -> None:
    found = types.common_type(parse_type(left), parse_type(right))
    assert (None if found is None else str(found)) == common


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1e-3, "0.001"),
        (1e-4, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (123456789.125, "1.23456789125E8"),
        (float("inf"), "Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_double_as_java_prints_it(number: float, text: str) -> None:
    assert java_double(number) == text
