"""JSON: casts both ways, paths lax and strict, the functions of the SQL standard."""

import pytest

from tests.engine.families.tables import BAD_ARGUMENT, BAD_CAST, Expected, Fails, Table, check
from tests.engine.support import Athena

TABLE: Table = (
    ("json_value('{\"a\":[1,2]}', 'lax $.a[1]')", "2"),
    ("json_value('{\"a\":[1,2]}', 'lax $.a')", None),
    ("json_value('{\"a\":{\"b\":true}}', 'strict $.a.b' RETURNING BOOLEAN)", "true"),
    ("json_value('x', 'lax $.a')", None),
    ("json_value(NULL, 'lax $.a')", None),
    ("json_value('{\"a\":2.5}', 'lax $.a' RETURNING INTEGER)", "3"),
    ("json_value('{\"a\":1}', 'lax $.b' DEFAULT 'none' ON EMPTY)", "none"),
    ("json_value('{\"a\":1}', 'strict $.b' ERROR ON ERROR)", Fails("PATH_EVALUATION_ERROR")),
    ("json_value('x', 'lax $.b' ERROR ON ERROR)", Fails("JSON_INPUT_CONVERSION_ERROR")),
    ("json_value('{}', 'lax $.b' ERROR ON EMPTY)", Fails("JSON_VALUE_RESULT_ERROR")),
    ("json_value('[1,2]', 'lax $[*]' ERROR ON ERROR)", Fails("JSON_VALUE_RESULT_ERROR")),
    ("json_value('[1,2]', 'lax $[last]')", "2"),
    ("json_value('{\"a\":-2.5}', 'lax $.a.abs()')", "2.5"),
    ("json_value('{\"a\":[1,2,3]}', 'lax $.a.size()')", "3"),
    ("json_query('{\"a\":[1,2]}', 'lax $.a[*]')", None),
    ("json_query('{\"a\":[1,2]}', 'lax $.a[*]' WITH ARRAY WRAPPER)", "[1,2]"),
    ("json_query('{\"a\":\"x\"}', 'lax $.a')", '"x"'),
    ("json_query('{\"a\":\"x\"}', 'lax $.a' OMIT QUOTES)", "x"),
    ("json_query('{\"b\":1,\"a\":2}', 'lax $')", '{"b":1,"a":2}'),
    ("json_query('{\"a\":1}', 'lax $.z' EMPTY ARRAY ON EMPTY)", "[]"),
    ('json_query(\'{"a":[{"p":5},{"p":15}]}\', \'lax $.a?(@.p > 10).p\' WITH WRAPPER)', "[15]"),
    ("json_query('[1,2,3]', 'lax $[0 to 1]' WITH WRAPPER)", "[1,2]"),
    ("json_exists('{\"a\":[{\"p\":5}]}', 'lax $.a[*]?(@.p > 10)')", "false"),
    ("json_exists('{\"a\":1}', 'strict $.b' UNKNOWN ON ERROR)", None),
    ("json_exists('{\"a\":3}', 'lax $?(@.a > $k)' PASSING 2 AS \"k\")", "true"),
    ("json_value('{}', 'lax $.')", Fails("SYNTAX_ERROR")),
    ("json_object('a': 1, 'b': NULL)", '{"a":1,"b":null}'),
    ("json_object('a': NULL ABSENT ON NULL)", "{}"),
    ("json_object(KEY 'a' VALUE json_array(1, 2) FORMAT JSON)", '{"a":[1,2]}'),
    ("json_array(NULL, 1, 'é\"', true)", '[1,"é\\"",true]'),
    ("json_array(1, NULL NULL ON NULL)", "[1,null]"),
    ("json_array_get('[1,\"a\",null]', 1)", "a"),
    ("json_array_get('[1,2]', -1)", "2"),
    ("json_array_get('[1]', 5)", None),
    ("json_array_contains('[1,2]', 2)", "true"),
    ("json_array_contains('[1.5]', 1.5E0)", "true"),
    ("json_array_contains('{}', 1)", None),
    ("CAST(ARRAY[1, NULL] AS JSON)", "[1,null]"),
    ("CAST(MAP(ARRAY['b', 'a'], ARRAY[1, 2]) AS JSON)", '{"a":2,"b":1}'),
    ("CAST(CAST(ROW(1, 'x') AS ROW(a INTEGER, b VARCHAR)) AS JSON)", '{"a":1,"b":"x"}'),
    ("CAST('a\"b' AS JSON)", '"a\\"b"'),
    ("CAST(1E10 AS JSON)", "1.0E10"),
    ("CAST(DATE '2024-02-29' AS JSON)", '"2024-02-29"'),
    ("CAST(NULL AS JSON)", None),
    ("CAST(JSON '[1,\"2\",null,true]' AS ARRAY(INTEGER))", "[1, 2, null, 1]"),
    ('CAST(JSON \'{"b":1,"A":2}\' AS ROW(a INTEGER, b VARCHAR))', "{a=2, b=1}"),
    ("CAST(JSON '[1,\"x\"]' AS ROW(a INTEGER, b VARCHAR))", "{a=1, b=x}"),
    ("CAST(JSON 'null' AS ARRAY(INTEGER))", None),
    ("CAST(JSON '{\"a\":1}' AS ARRAY(INTEGER))", BAD_CAST),
    ("CAST(JSON '[1,2,3]' AS ROW(a INTEGER))", BAD_CAST),
    ("CAST(JSON '1.5' AS BIGINT)", "2"),
    ("CAST(JSON '12.345' AS DECIMAL(5,2))", "12.35"),
    ("CAST(JSON '1.0' AS VARCHAR)", "1.0E0"),
    ("CAST(JSON '{\"a\":1}' AS VARCHAR)", BAD_CAST),
    ("CAST(JSON '\"x\"' AS DOUBLE)", BAD_CAST),
    ("json_extract('{\"a\":1}', '$.a[*]')", BAD_ARGUMENT),
    ("json_extract('{\"a\":1}', 'a')", BAD_ARGUMENT),
    ("json_parse('{bad')", BAD_ARGUMENT),
)


@pytest.mark.fidelity("athena_sql.json")
@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_expression(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)
