"""JSONPath with its intrinsic functions, JSONata, variables; Retry, Catch, Parallel, Choice."""

import hashlib
import re
from typing import Any

import pytest

from tests.providers.stepfunctions.support import Machines, single

pytestmark = pytest.mark.lab

JSONATA = {"QueryLanguage": "JSONata"}
INPUT: dict[str, Any] = {
    "text": "été à l'école",
    "numbers": [1, 2, 3, 3],
    "rows": [{"p": 1, "k": "a"}, {"p": 2.5, "k": None}],
    "json": '{"a": [1, null]}',
    "none": None,
}


@pytest.mark.fidelity("stepfunctions.intrinsics")
def test_intrinsic_functions(machines: Machines) -> None:
    calls: dict[str, tuple[str, Any]] = {
        "format": ("States.Format('L\\'élève {} a {}', $.text, 2)", "L'élève été à l'école a 2"),
        "parse": ("States.StringToJson($.json)", {"a": [1, None]}),
        "text": ("States.JsonToString($.numbers)", "[1,2,3,3]"),
        "array": ("States.Array($.none, 'x', 1)", [None, "x", 1]),
        "partition": ("States.ArrayPartition($.numbers, 3)", [[1, 2, 3], [3]]),
        "contains": ("States.ArrayContains($.numbers, 2)", True),
        "range": ("States.ArrayRange(1, 9, 4)", [1, 5, 9]),
        "item": ("States.ArrayGetItem($.numbers, 1)", 2),
        "length": ("States.ArrayLength($.numbers)", 4),
        "unique": ("States.ArrayUnique($.numbers)", [1, 2, 3]),
        "encoded": ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        "decoded": ("States.Base64Decode('RGVjb2RlZA==')", "Decoded"),
        "hash": ("States.Hash('abc', 'SHA-256')", hashlib.sha256(b"abc").hexdigest()),
        "merge": ("States.JsonMerge($.rows[0], $.rows[1], false)", {"p": 2.5, "k": None}),
        "add": ("States.MathAdd(40, 2)", 42),
        "split": ("States.StringSplit('a,b.c', ',.')", ["a", "b", "c"]),
        "nested": ("States.Format('{}', States.ArrayLength($.rows))", "2"),
    }
    parameters = {f"{name}.$": call for name, (call, _) in calls.items()}
    parameters |= {"id.$": "States.UUID()", "random.$": "States.MathRandom(1, 9)"}
    found = machines.output(single({"Type": "Pass", "Parameters": parameters}), INPUT)
    assert re.fullmatch(r"[0-9a-f-]{36}", found.pop("id"))
    assert 1 <= found.pop("random") < 9
    assert found == {name: expected for name, (_, expected) in calls.items()}


@pytest.mark.fidelity("stepfunctions.jsonata")
def test_jsonata_without_java(machines: Machines) -> None:
    expressions: dict[str, tuple[str, Any]] = {
        "text": ("$states.input.text & ' \"!\"'", 'été à l\'école "!"'),
        "sum": ("$sum($states.input.rows.p)", 3.5),
        "filter": ("$states.input.rows[p > 1].k", None),
        "half": ("4 / 2", 2),
        "map": ("$map($states.input.numbers, function($n) { $n * 10 })", [10, 20, 30, 30]),
        "partition": ("$partition($states.input.numbers, 3)", [[1, 2, 3], [3]]),
        "range": ("$range(9, 1, -4)", [9, 5, 1]),
        "hash": ("$hash('abc', 'SHA-1')", hashlib.sha1(b"abc").hexdigest()),
        "parse": ("$parse($states.input.json)", {"a": [1, None]}),
        "same": ("$random(7) = $random(7)", True),
        "variable": ("$kept.rows[0].k & $states.context.State.Name", "aTwo"),
    }
    output = {name: f"{{% {text} %}}" for name, (text, _) in expressions.items()}
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "First",
        "States": {
            "First": {"Type": "Pass", "Assign": {"kept": "{% $states.input %}"}, "Next": "Two"},
            "Two": {"Type": "Pass", "Output": output, "End": True},
        },
    }
    found = machines.output(definition, INPUT)
    assert found == {name: expected for name, (_, expected) in expressions.items()}


@pytest.mark.fidelity("stepfunctions.jsonata_errors")
@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("$states.input.absent", "returned nothing (undefined)."),
        ("'a' + 1", "threw an error during evaluation. T2001: "),
        ("function($x) { $x }", "returned an unsupported result type."),
        ("$eval('1')", "threw an error during evaluation. T1006: "),
    ],
)
def test_an_expression_that_fails(machines: Machines, expression: str, cause: str) -> None:
    state = {"Type": "Pass", "Output": f"{{% {expression} %}}"}
    found = machines.run(single(state, **JSONATA))
    assert (found["status"], found["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert f"The JSONata expression '{expression}' {cause}" in found["cause"]
    kinds = [event["type"] for event in machines.events(found["executionArn"])]
    assert kinds[-2:] == ["EvaluationFailed", "ExecutionFailed"]


@pytest.mark.fidelity("stepfunctions.flow")
def test_text_of_a_definition_is_read_as_json(machines: Machines) -> None:
    odd = 'é "quoted" \\ \n 😀'
    state = {"Type": "Pass", "Parameters": {"a": odd, "b": [odd], odd: 1}, "Comment": odd}
    assert machines.output(single(state)) == {"a": odd, "b": [odd], odd: 1}
    assert machines.output(single({"Type": "Pass", "Result": odd})) == odd
    assert machines.output(single({"Type": "Pass", "Output": odd}, **JSONATA)) == odd


@pytest.mark.fidelity("stepfunctions.flow")
def test_retry_then_catch(machines: Machines) -> None:
    retry = {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 1,
        "MaxAttempts": 2,
        "BackoffRate": 3,
        "MaxDelaySeconds": 2,
        "JitterStrategy": "FULL",
    }
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:headBucket",
        "Parameters": {"Bucket": "no-such-bucket-at-all"},
        "Retry": [{"ErrorEquals": ["Other"]}, retry],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}],
        "End": True,
    }
    caught = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.error.Cause", "IsPresent": True, "Next": "Good"}],
        "Default": "Bad",
    }
    states = {"Try": task, "Caught": caught, "Good": {"Type": "Succeed"}, "Bad": {"Type": "Fail"}}
    found = machines.run({"StartAt": "Try", "States": states}, {"kept": 1})
    assert found["status"] == "SUCCEEDED", found
    kinds = [event["type"] for event in machines.events(found["executionArn"])]
    assert kinds.count("TaskFailed") == 3


@pytest.mark.fidelity("stepfunctions.stop")
def test_a_stop_ends_a_retry_that_waits(machines: Machines) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:headBucket",
        "Parameters": {"Bucket": "no-such-bucket-at-all"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 600}],
    }
    execution = machines.start(machines.make(single(task)))
    machines.until_event(execution, "TaskFailed")
    machines.states.stop_execution(executionArn=execution)
    found = machines.states.describe_execution(executionArn=execution)
    assert found["status"] == "ABORTED"
    assert machines.events(execution)[-1]["type"] == "ExecutionAborted"


@pytest.mark.fidelity("stepfunctions.flow")
def test_parallel_and_inline_map(machines: Machines) -> None:
    branch = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 1, "End": True}}}
    each = {
        "Type": "Map",
        "ItemsPath": "$.numbers",
        "MaxConcurrency": 1,
        "ItemSelector": {"n.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "t.$": "$.text"},
        "ItemProcessor": {
            "StartAt": "B",
            "States": {"B": {"Type": "Pass", "OutputPath": "$.n", "End": True}},
        },
        "End": True,
    }
    both = {"Type": "Parallel", "Branches": [branch, {"StartAt": "E", "States": {"E": each}}]}
    many = {**INPUT, "numbers": list(range(1200))}
    assert machines.output(single(both), many) == [1, many["numbers"]]


@pytest.mark.fidelity("stepfunctions.quotas")
def test_a_history_has_25000_events_at_most(machines: Machines) -> None:
    states = {
        "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "Again"},
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": 0, "Next": "End"}],
            "Default": "Add",
        },
        "End": {"Type": "Succeed"},
    }
    execution = machines.start(machines.make({"StartAt": "Add", "States": states}), {"n": 1})
    found = machines.wait(execution)
    assert (found["status"], found["error"], found["cause"]) == (
        "FAILED",
        "States.Runtime",
        "The execution reached the maximum number of history events (25000).",
    )
    last = machines.states.get_execution_history(
        executionArn=execution, reverseOrder=True, maxResults=1
    )["events"][0]
    assert (last["id"], last["type"]) == (25_000, "ExecutionFailed")
