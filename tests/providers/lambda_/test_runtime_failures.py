"""Functions that misbehave: what they and their caller get, and that others go on."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.providers.lambda_.functions import Functions, eventually

pytestmark = pytest.mark.lab

SLOW_START = """
import os, time
with open('/tmp/starts', 'a') as starts:
    starts.write('x')
if os.path.getsize('/tmp/starts') == 1:
    time.sleep(60)
def handler(event, context):
    print('starts:', os.path.getsize('/tmp/starts'))
"""
FORK_BOMB = """
import os, time
def handler(event, context):
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
CRASHES = [
    (
        "import ctypes\ndef handler(event, context):\n    ctypes.string_at(0)\n",
        "Runtime exited with error: signal: segmentation fault",
    ),
    (
        "import sys\ndef handler(event, context):\n    sys.exit(0)\n",
        "Runtime exited without providing a reason",
    ),
]


@pytest.fixture(scope="module")
def slow_start(functions: Functions) -> Iterator[str]:
    """Begins before the other tests of this module, which take their time meanwhile."""
    name = functions.create(SLOW_START, Timeout=30)
    functions.client.invoke(FunctionName=name, InvocationType="Event", Payload=b"null")
    yield name


@pytest.fixture(scope="module", autouse=True)
def neighbour(functions: Functions, slow_start: str) -> str:
    """A function that has nothing to do with the others."""
    return functions.create("def handler(event, context):\n    return event\n")


@pytest.mark.fidelity("lambda_runtime.exit")
@pytest.mark.parametrize(("source", "reason"), CRASHES)
def test_crash(functions: Functions, source: str, reason: str) -> None:
    name = functions.create(source)
    for _ in range(2):
        outcome = functions.invoke(name)
        message = f"RequestId: {outcome.request_id} Error: {reason}"
        assert outcome.payload == {"errorType": "Runtime.ExitError", "errorMessage": message}


@pytest.mark.fidelity("lambda_runtime.exception")
def test_endless_recursion_is_an_exception(functions: Functions) -> None:
    outcome = functions.run("def handler(event, context):\n    handler(event, context)\n")
    assert outcome.payload["errorType"] == "RecursionError"
    assert outcome.payload["errorMessage"] == "maximum recursion depth exceeded"


@pytest.mark.fidelity("lambda_runtime.processes")
def test_fork_bomb_hurts_itself_only(functions: Functions, neighbour: str) -> None:
    outcome = functions.run(FORK_BOMB, Timeout=1, MemorySize=256)
    assert outcome.payload["errorType"] in ("Sandbox.Timedout", "Runtime.OutOfMemory")
    assert functions.invoke(neighbour, "well").payload == "well"


@pytest.mark.fidelity("lambda_runtime.output")
def test_endless_output_ends_with_the_invocation(functions: Functions, neighbour: str) -> None:
    source = "def handler(event, context):\n    while True:\n        print('x' * 10_000)\n"
    outcome = functions.run(source, Timeout=1)
    assert outcome.payload["errorType"] == "Sandbox.Timedout"
    assert "more bytes of output are not kept: 4194304 is the most]\n" in outcome.log
    assert functions.invoke(neighbour, "well").payload == "well"


@pytest.mark.fidelity("lambda_runtime.init_timeout")
def test_initialisation_that_takes_too_long_is_tried_again(
    functions: Functions, slow_start: str
) -> None:
    events: list[Any] = eventually(lambda: functions.messages(slow_start, "REPORT"))
    timed_out = next(event for event in events if event.startswith("INIT_REPORT"))
    assert timed_out.endswith(" ms\tPhase: init\tStatus: timeout\n")
    assert 9_900 <= float(timed_out.split()[3]) < 15_000
    assert "starts: 2\n" in events
    assert "Init Duration" not in events[-1]
