"""LoggingConfig: logs as JSON documents, their levels, and events of several lines."""

import json
import re
from typing import Any

import pytest

from tests.providers.lambda_.functions import Functions, Outcome

pytestmark = pytest.mark.lab

LOGGING = """
import json, logging
LOG = logging.getLogger('course')
LOG.setLevel('DEBUG')
def handler(event, context):
    LOG.debug('too much')
    LOG.warning('two\\nlines', extra={'order': 7})
    print('printed')
    print(json.dumps({'level': 'DEBUG', 'timestamp': '2026-01-01T00:00:00Z', 'message': 'hidden'}))
    print(json.dumps({'level': 'DEBUG', 'message': 'no time, so INFO'}))
    if event == 'fail':
        raise ValueError('bad')
    if event == 'exit':
        raise SystemExit(3)
"""
JSON: dict[str, Any] = {"LogFormat": "JSON"}


def documents(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.log.splitlines() if line.startswith("{")]


def platform(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Lambda's own documents by their types."""
    return {
        document["type"].removeprefix("platform."): document["record"]
        for document in documents(outcome)
        if "record" in document
    }


@pytest.mark.fidelity("lambda_runtime.json_logs")
def test_records_of_the_logging_module_are_documents(functions: Functions) -> None:
    outcome = functions.run(LOGGING, LoggingConfig=JSON)
    record = next(found for found in documents(outcome) if found.get("level") == "WARNING")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record.pop("timestamp"))
    assert record == {
        "level": "WARNING",
        "message": "two\nlines",
        "logger": "course",
        "requestId": outcome.request_id,
        "order": 7,
    }


@pytest.mark.fidelity("lambda_runtime.json_logs")
def test_lambdas_own_lines_are_documents(functions: Functions) -> None:
    name = functions.create(LOGGING, LoggingConfig=JSON)
    cold = functions.invoke(name)
    assert platform(cold).keys() == {"start", "report"}
    assert platform(cold)["start"] == {"requestId": cold.request_id, "version": "$LATEST"}
    report = platform(cold)["report"]
    metrics = report.pop("metrics")
    assert report == {"requestId": cold.request_id, "status": "success"}
    assert metrics["memorySizeMB"] == 128
    assert 5 < metrics["maxMemoryUsedMB"] < 60
    took = metrics["durationMs"] + metrics["initDurationMs"]
    assert 0 <= metrics["billedDurationMs"] - took < 1.01
    assert "initDurationMs" not in platform(functions.invoke(name))["report"]["metrics"]
    first = json.loads(functions.messages(name, "{")[0])
    assert first["type"] == "platform.initStart"
    assert first["record"]["functionName"] == name
    assert first["record"]["initializationType"] == "on-demand"
    assert first["record"]["runtimeVersion"].startswith("python:3.")


@pytest.mark.fidelity("lambda_runtime.json_logs")
def test_exception_is_one_document(functions: Functions) -> None:
    outcome = functions.run(LOGGING, "fail", LoggingConfig=JSON)
    error = next(found for found in documents(outcome) if found.get("level") == "ERROR")
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "bad")
    assert error["requestId"] == outcome.request_id
    assert error["stackTrace"][0].endswith("raise ValueError('bad')\n")
    assert platform(outcome)["report"]["status"] == "error"


@pytest.mark.fidelity("lambda_runtime.log_levels")
def test_what_is_below_the_application_level_is_left_out(functions: Functions) -> None:
    log = functions.run(LOGGING, LoggingConfig=JSON).log
    assert "printed\n" in log
    assert "no time, so INFO" in log
    assert "too much" not in log
    assert "hidden" not in log
    log = functions.run(LOGGING, LoggingConfig=JSON | {"ApplicationLogLevel": "ERROR"}).log
    assert re.findall("printed|two|no time", log) == []
    log = functions.run(LOGGING, LoggingConfig=JSON | {"ApplicationLogLevel": "DEBUG"}).log
    assert {"too much", "hidden"} == set(re.findall("too much|hidden", log))


@pytest.mark.fidelity("lambda_runtime.log_levels")
def test_what_is_below_the_system_level_is_left_out(functions: Functions) -> None:
    name = functions.create(LOGGING, LoggingConfig=JSON | {"SystemLogLevel": "WARN"})
    assert platform(functions.invoke(name)) == {}
    failed = functions.invoke(name, "exit")
    error = {"status": "error", "errorType": "Runtime.ExitError"}
    assert platform(failed).keys() == {"runtimeDone", "report"}
    for record in platform(failed).values():
        assert record.items() >= error.items()


@pytest.mark.fidelity("lambda_runtime.log_levels")
def test_system_level_debug_tells_each_phase(functions: Functions) -> None:
    name = functions.create(LOGGING, LoggingConfig=JSON | {"SystemLogLevel": "DEBUG"})
    seen = platform(functions.invoke(name))
    assert list(seen) == ["initRuntimeDone", "initReport", "start", "runtimeDone", "report"]
    assert seen["initReport"]["metrics"]["durationMs"] > 0
    assert seen["runtimeDone"]["status"] == "success"


@pytest.mark.fidelity("lambda_runtime.text_logs")
def test_record_of_several_lines_is_one_event_in_its_place(functions: Functions) -> None:
    source = LOGGING.replace("print(json", "str(json")
    name = functions.create(source)
    functions.invoke(name, "fail")
    functions.messages(name, "REPORT")
    _, _, *events, _, _ = functions.messages(name, "REPORT")
    events = [re.sub("^(.*?Z\t)[0-9a-f-]{36}", "\\1ID", event) for event in events]
    events = [re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", event) for event in events]
    assert events[:3] == [
        "[DEBUG]\tTIME\tID\ttoo much\n",
        "[WARNING]\tTIME\tID\ttwo\nlines\n",
        "printed\n",
    ]
    assert events[3].startswith(
        "[ERROR] ValueError: bad\nTraceback (most recent call last):\n\u00a0"
    )
    assert len(events) == 4
