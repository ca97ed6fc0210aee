"""Filter criteria: every operator that Lambda documents, and what is no pattern."""

import json
from typing import Any

import pytest

from lab.providers.lambda_.stream_filter import InvalidPatternError, RecordFilter
from tests.providers.lambda_.streams import Pipeline

RULES = [
    # rule for the member "a", values that pass, values that do not
    (["x"], ['"x"', '["y","x"]'], ['"y"', "1", "null", '{"b":"x"}', '["y"]', "[]"]),
    (["x", "y"], ['"x"', '"y"'], ['"z"']),
    ([""], ['""'], ['" "', "null"]),
    ([None], ["null"], ['""', "0", "false"]),
    ([True], ["true"], ["1", '"true"', "false"]),
    ([300], ["300"], ["300.0", "3.0e2", '"300"']),
    ([{"prefix": "ab"}], ['"abc"'], ['"b"', "1", "null"]),
    ([{"suffix": "bc"}], ['"abc"'], ['"ab"', "true"]),
    ([{"equals-ignore-case": "Alice"}], ['"ALICE"'], ['"Bob"', "1"]),
    ([{"anything-but": "x"}], ['"y"', "1"], ['"x"']),
    ([{"anything-but": ["x", "y"]}], ['"z"'], ['"x"', '"y"']),
    ([{"numeric": ["=", 100]}], ["100", "100.0", "1e2"], ['"100"', "101"]),
    ([{"numeric": [">", 10, "<=", 20]}], ["10.5", "20"], ["10", "20.1", "true"]),
    ([{"exists": True}], ["1", "null", "[1]"], ['{"b":1}']),
    ([{"exists": False}], ['{"b":1}'], ["1", "null"]),
]


def passes(pattern: Any, data: str) -> bool:
    return RecordFilter([json.dumps({"data": pattern})]).passes(data.encode())


@pytest.mark.fidelity("event_source_mapping.filter")
@pytest.mark.parametrize(("rule", "passing", "dropped"), RULES)
def test_each_operator(rule: list[Any], passing: list[str], dropped: list[str]) -> None:
    for value in passing:
        assert passes({"a": rule}, f'{{"a":{value}}}'), value
    for value in dropped:
        assert not passes({"a": rule}, f'{{"a":{value}}}'), value


@pytest.mark.fidelity("event_source_mapping.filter")
def test_members_and_alternatives() -> None:
    both = {"a": {"b": ["x"]}, "c": ["y"]}
    assert passes(both, '{"a":{"b":"x"},"c":"y","d":1}')
    assert not passes(both, '{"a":{"b":"x"}}')
    either = {"$or": [{"a": ["x"]}, {"c": [{"exists": True}]}], "d": [1]}
    assert passes(either, '{"a":"x","d":1}')
    assert passes(either, '{"c":0,"d":1}')
    assert not passes(either, '{"a":"z","d":1}')
    assert passes({"a": {"b": ["x"]}}, '{"a":[{"b":"y"},{"b":"x"}]}')
    assert passes({"a": {"b": [{"exists": False}]}}, "{}")
    assert not passes({"a": [{"anything-but": "x"}]}, "{}")


@pytest.mark.fidelity("event_source_mapping.filter_data")
def test_what_is_no_json_is_dropped_when_there_is_a_pattern() -> None:
    for data in (b"text", b"\xff", b"NaN", b""):
        assert not RecordFilter(['{"data":{"a":["x"]}}']).passes(data)
        assert RecordFilter([]).passes(data)
    assert passes(["text"], '"text"')
    assert not passes({"a": ["x"]}, "[1]")


@pytest.mark.fidelity("event_source_mapping.filter_refused")
@pytest.mark.parametrize(
    "pattern",
    [
        "text",
        "{}",
        "[]",
        '{"data":"text"}',
        '{"data":{}}',
        '{"data":[]}',
        '{"data":{"a":[{"wildcard":"x*"}]}}',
        '{"data":{"a":[{"cidr":"10.0.0.0/24"}]}}',
        '{"data":{"a":[{"anything-but":{"prefix":"x"}}]}}',
        '{"data":{"a":[{"prefix":1}]}}',
        '{"data":{"a":[{"exists":"yes"}]}}',
        '{"data":{"a":[{"numeric":[">"]}]}}',
        '{"data":{"a":[{"numeric":["~",1]}]}}',
        '{"data":{"a":[{"prefix":"x","suffix":"y"}]}}',
        '{"data":{"$or":[1]}}',
    ],
)
def test_what_is_no_pattern_of_lambda_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPatternError):
        RecordFilter([pattern])


@pytest.mark.lab
@pytest.mark.fidelity("event_source_mapping.filter")
def test_a_filter_lets_through_what_matches_any_pattern(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    pipeline.put('{"kind": "a"}', "no json", '{"kind": "other"}', '{"kind": "b",  "number": 1}')
    patterns = [{"data": {"kind": ["a"]}}, {"data": {"number": [{"numeric": [">", 0]}]}}]
    filters = [{"Pattern": json.dumps(pattern)} for pattern in patterns]
    pipeline.map(FilterCriteria={"Filters": filters})
    assert pipeline.received(2) == ['{"kind": "a"}', '{"kind": "b",  "number": 1}']
    assert len(pipeline.recorder.events) == 1


@pytest.mark.lab
@pytest.mark.fidelity("event_source_mapping.filter_refused")
@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (["text"], "Invalid filter pattern definition."),
        (
            ['{"partitionKey":["1"]}'],
            "Invalid filter pattern definition. Kinesis event source mappings only support "
            "filtering on the data key, not on partitionKey.",
        ),
        (
            ['{"data":{"a":["x"]}}'] * 6,
            "Only 5 filters are allowed for an event source mapping.",
        ),
    ],
)
def test_filters_that_are_refused(pipeline: Pipeline, patterns: list[str], message: str) -> None:
    pipeline.create_stream()
    filters = [{"Pattern": pattern} for pattern in patterns]
    answer = pipeline.refused(FilterCriteria={"Filters": filters})
    assert answer == ("InvalidParameterValueException", message)
