"""How the failures of a function reach its caller and its log."""

import re
from typing import Any

import pytest

from tests.providers.lambda_.functions import Functions

pytestmark = pytest.mark.lab

NOTHING = "def handler(event, context):\n    pass\n"
INIT_ERRORS = [
    (
        "import duckdb\n" + NOTHING,
        "app.handler",
        "Runtime.ImportModuleError",
        "Unable to import module 'app': No module named 'duckdb'",
    ),
    (
        NOTHING,
        "absent.handler",
        "Runtime.ImportModuleError",
        "Unable to import module 'absent': No module named 'absent'",
    ),
    (
        NOTHING,
        "app.absent",
        "Runtime.HandlerNotFound",
        "Handler 'absent' missing on module 'app'",
    ),
    (
        "def handler(event, context)\n",
        "app.handler",
        "Runtime.UserCodeSyntaxError",
        "Syntax error in module 'app': expected ':' (app.py, line 1)",
    ),
    (
        NOTHING,
        "handler",
        "Runtime.MalformedHandlerName",
        "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
    ),
    ("1 / 0\n", "app.handler", "ZeroDivisionError", "division by zero"),
]
EXITS = [
    ("import sys\nsys.exit(1)", "Runtime exited with error: exit status 1"),
    ("import sys\nsys.exit(7)", "Runtime exited with error: exit status 7"),
    ("import os\nos._exit(0)", "Runtime exited without providing a reason"),
    ("import os\nos.abort()", "Runtime exited with error: signal: aborted"),
    (
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "Runtime exited with error: signal: segmentation fault",
    ),
]


def indented(source: str) -> str:
    body = "\n".join(f"    {line}" for line in source.split("\n"))
    return f"def handler(event, context):\n{body}\n"


@pytest.mark.fidelity("lambda_runtime.exception")
def test_exception_comes_with_its_stack_trace(functions: Functions) -> None:
    source = "def fail():\n    raise ValueError('bad input')\n\ndef handler(e, c):\n    fail()\n"
    outcome = functions.run(source)
    trace = outcome.payload.pop("stackTrace")
    assert outcome.error == "Unhandled"
    assert outcome.payload == {
        "errorMessage": "bad input",
        "errorType": "ValueError",
        "requestId": outcome.request_id,
    }
    assert [re.sub('"/.*/', '"', line) for line in trace] == [
        '  File "app.py", line 5, in handler\n    fail()\n',
        "  File \"app.py\", line 2, in fail\n    raise ValueError('bad input')\n",
    ]
    assert "[ERROR] ValueError: bad input\nTraceback (most recent call last):\n" in outcome.log


@pytest.mark.fidelity("lambda_runtime.exception")
def test_result_that_is_no_json_is_an_error(functions: Functions) -> None:
    outcome = functions.run("def handler(event, context):\n    return {1, 2}\n")
    assert outcome.error == "Unhandled"
    assert outcome.payload["errorType"] == "Runtime.MarshalError"
    message = "Unable to marshal response: Object of type set is not JSON serializable"
    assert outcome.payload["errorMessage"] == message


@pytest.mark.fidelity("lambda_runtime.init_errors")
@pytest.mark.parametrize(("source", "handler", "error_type", "message"), INIT_ERRORS)
def test_function_that_cannot_be_loaded(
    functions: Functions, source: str, handler: str, error_type: str, message: str
) -> None:
    outcome = functions.run(source, Handler=handler)
    assert outcome.error == "Unhandled"
    assert outcome.payload["errorType"] == error_type
    assert outcome.payload["errorMessage"] == message
    assert f"[ERROR] {error_type}: {message}\nTraceback" in outcome.log
    assert f"Phase: invoke\tStatus: error\tError Type: {error_type}\n" in outcome.log
    assert outcome.log.endswith(f"\tStatus: error\tError Type: {error_type}\t\n")


@pytest.mark.fidelity("lambda_runtime.exit")
@pytest.mark.parametrize(("source", "reason"), EXITS)
def test_process_that_ends(functions: Functions, source: str, reason: str) -> None:
    name = functions.create(indented(source))
    for _ in ("cold", "started anew"):
        assert_exit(functions.invoke(name), reason)


@pytest.mark.fidelity("lambda_runtime.supervisor")
def test_function_that_kills_its_supervisor(functions: Functions) -> None:
    source = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)"
    name = functions.create(indented(source))
    for _ in ("cold", "started anew"):
        outcome = functions.invoke(name)
        if outcome.payload["errorType"] == "PermissionError":  # it is another user's
            assert outcome.payload["errorMessage"] == "[Errno 1] Operation not permitted"
        else:
            assert_exit(outcome, "Runtime exited with error: signal: killed")


@pytest.mark.fidelity("lambda_runtime.exit")
def test_module_that_ends_the_process(functions: Functions) -> None:
    outcome = functions.run("import sys\nsys.exit(3)\n")
    assert_exit(outcome, "Runtime exited with error: exit status 3")


def assert_exit(outcome: Any, reason: str) -> None:
    message = f"RequestId: {outcome.request_id} Error: {reason}"
    assert outcome.error == "Unhandled"
    assert outcome.payload == {"errorType": "Runtime.ExitError", "errorMessage": message}
    assert f"{message}\nRuntime.ExitError\nEND RequestId: {outcome.request_id}\n" in outcome.log
    assert outcome.log.endswith("\tStatus: error\tError Type: Runtime.ExitError\t\n")
