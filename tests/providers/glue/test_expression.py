"""The language of GetPartitions' Expression, as a table of what it means."""

import pytest

from lab.providers.glue.errors import GlueError
from lab.providers.glue.expression import NULL, PartitionFilter

KEYS = [
    {"Name": "s", "Type": "string"},
    {"Name": "i", "Type": "int"},
    {"Name": "d", "Type": "date"},
    {"Name": "n", "Type": "decimal(10,2)"},
    {"Name": "t", "Type": "timestamp"},
    {"Name": "date", "Type": "varchar(10)"},
    {"Name": "b", "Type": "boolean"},
]
DEEP = "(" * 1000 + "i = 1" + ")" * 1000
VALUES = ("it's", "10", "2024-02-29", "1.50", "2024-01-01 00:00:00.5", "x", "true")


@pytest.mark.fidelity("glue_catalog.expressions")
@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("s = 'it''s'", True),
        ('S = "it\'s"', True),
        ("s <> 'it''s'", False),
        ("s != 'x'", True),
        ("i > 9", True),
        ("i = '10'", True),
        ("9 < i", True),
        ("10 >= i and 10 <= i", True),
        ("NOT 9 < i", False),
        ("i BETWEEN 3 AND 10", True),
        ("i NOT BETWEEN 3 AND 10", False),
        ("i IN (1, 2, 10)", True),
        ("i not in (10)", False),
        ("i > -1", True),
        ("d >= date '2024-02-01'", True),
        ("d < '2024-02-29'", False),
        ("n = 1.5", True),
        ("n > 1.49 AND n < 1.51", True),
        ("t > '2024-01-01 00:00:00'", True),
        ("t = timestamp '2024-01-01 00:00:00.500000000'", True),
        ("date = 'x'", True),
        ("`date` = 'x'", True),
        ("s LIKE 'it%'", True),
        ("s LIKE 'IT%'", False),
        ("s LIKE '__''_'", True),
        ("s NOT LIKE '%z%'", True),
        ("s IS NULL", False),
        ("s IS NOT NULL", True),
        ("NOT (s IS NULL OR i = 9)", True),
        ("i = 1 OR i = 10 AND s = 'no'", False),
        ("(i = 1 OR i = 10) AND NOT s = 'no'", True),
        ("NOT (i = 10 AND s = 'no')", True),
        ("NOT NOT i = 10", True),
    ],
)
def test_meaning(expression: str, wanted: bool) -> None:
    assert PartitionFilter(expression, KEYS).accepts(VALUES) is wanted


@pytest.mark.fidelity("glue_catalog.expressions")
@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("i IS NULL", True),
        ("i IS NOT NULL", False),
        ("i = 1", False),
        ("NOT i = 1", False),
        ("i IN (1)", False),
        (f"s = '{NULL}'", True),
    ],
)
def test_null(expression: str, wanted: bool) -> None:
    values = (NULL, NULL, *VALUES[2:])
    assert PartitionFilter(expression, KEYS).accepts(values) is wanted


@pytest.mark.fidelity("glue_catalog.expressions")
@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("nope = 1", "Invalid partition expression!"),
        ("s =", "Unsupported expression 's ='"),
        ("s = 'a' s", "Unsupported expression 's = 'a' s'"),
        ("i IN (SELECT 2)", "Unsupported expression 'i IN (SELECT 2)'"),
        ("i IS TRUE", "Unsupported expression 'i IS TRUE'"),
        ("1 = 1", "Unsupported expression '1 = 1'"),
        ("upper(s) = 'A'", "Invalid partition expression!"),
        ("(i = 1", "Unsupported expression '(i = 1'"),
        ("i = 1; DROP", "Unsupported expression 'i = 1; DROP'"),
        (DEEP, f"Unsupported expression '{DEEP}'"),
        ("i = 'x'", '"x" is not an integer.'),
        ("i = '1_0'", '"1_0" is not an integer.'),
        ("n = 'NaN'", "NaN is not a decimal."),
        ("d = '2024-02-30'", "2024-02-30 is not a date."),
        ("n = 'x'", "x is not a decimal."),
        ("d = '2024'", "2024 is not a date."),
        (
            "t = '2024'",
            "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff] 2024 is not a timestamp.",
        ),
        ("i LIKE '1%'", "Integral data type doesn't support operation 'LIKE'"),
        ("d LIKE '1%'", "Date data type doesn't support operation 'LIKE'"),
        ("b = 'true'", "Unknown type : 'boolean'"),
    ],
)
def test_what_is_no_expression(expression: str, message: str) -> None:
    with pytest.raises(GlueError) as caught:
        PartitionFilter(expression, KEYS)
    assert (caught.value.code, caught.value.message) == ("InvalidInputException", message)


@pytest.mark.fidelity("glue_catalog.expressions")
def test_a_partition_whose_value_is_not_of_its_type() -> None:
    with pytest.raises(GlueError) as caught:
        PartitionFilter("i = 1", KEYS).accepts(("", "ten", *VALUES[2:]))
    expected = ("InvalidStateException", '"ten" is not an integer.')
    assert (caught.value.code, caught.value.message) == expected
