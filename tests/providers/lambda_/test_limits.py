"""Time, memory, sizes and output: what Lambda limits, and what it says about it."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.providers.lambda_.functions import Functions, Outcome

pytestmark = pytest.mark.lab

MEGABYTE = 1024 * 1024
SLEEPING = """
import tempfile, time
MARK = tempfile.gettempdir() + '/mark'
with open(MARK, 'a') as mark:
    mark.write('x')
def handler(event, context):
    if event != 'quick':
        time.sleep(60)
    with open(MARK) as mark:
        return len(mark.read())
"""
LOOPING = """
import signal
def handler(event, context):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass
"""


def assert_timeout(outcome: Outcome) -> None:
    what = "Task timed out after 1.00 seconds"
    assert outcome.error == "Unhandled"
    assert outcome.payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {outcome.request_id} Error: {what}",
    }
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.search(rf"\n{stamp} {outcome.request_id} {what}\nEND RequestId", outcome.log)
    assert "\tDuration: 1000.00 ms\t" in outcome.log
    assert outcome.log.endswith("\tStatus: timeout\t\n")


@pytest.mark.fidelity("lambda_runtime.timeout")
def test_time_is_up(functions: Functions) -> None:
    name = functions.create(SLEEPING, Timeout=1)
    assert_timeout(functions.invoke(name))
    # The environment goes on with a new process; its /tmp is still there.
    again = functions.invoke(name, "quick")
    assert (again.error, again.payload) == (None, 2)
    assert "Init Duration" not in again.log


@pytest.mark.fidelity("lambda_runtime.timeout")
def test_endless_loop_ends_too(functions: Functions) -> None:
    assert_timeout(functions.run(LOOPING, Timeout=1))


@pytest.mark.fidelity("lambda_runtime.memory_limit")
def test_memory_is_used_up(functions: Functions) -> None:
    source = (
        "def handler(e, c):\n    kept = []\n    while True:\n        kept.append(b'x' * 10**6)\n"
    )
    outcome = functions.run(source)
    message = f"RequestId: {outcome.request_id} Error: Runtime exited with error: signal: killed"
    assert outcome.error == "Unhandled"
    assert outcome.payload == {"errorType": "Runtime.OutOfMemory", "errorMessage": message}
    assert outcome.log.endswith("\tStatus: error\tError Type: Runtime.OutOfMemory\t\n")
    assert used_megabytes(outcome) > 128


@pytest.mark.fidelity("lambda_runtime.memory_limit")
def test_memory_of_children_counts(functions: Functions) -> None:
    source = (
        "import subprocess, sys\n"
        "def handler(event, context):\n"
        "    code = 'kept = bytearray(b\"x\") * (200 * 1024 * 1024); import time; time.sleep(60)'\n"
        "    return subprocess.run([sys.executable, '-c', code]).returncode\n"
    )
    assert functions.run(source).payload["errorType"] == "Runtime.OutOfMemory"


@pytest.mark.fidelity("lambda_runtime.report")
def test_peak_memory_is_reported(functions: Functions) -> None:
    source = "def handler(event, context):\n    len(bytearray(b'x') * (event * 1024 * 1024))\n"
    name = functions.create(source, MemorySize=512)
    before = used_megabytes(functions.invoke(name, 0))
    after = used_megabytes(functions.invoke(name, 100))
    assert 5 < before < 60
    assert 95 < after - before < 110


def used_megabytes(outcome: Outcome) -> int:
    found = re.search(r"\tMax Memory Used: (\d+) MB\t", outcome.log)
    assert found
    return int(found[1])


@pytest.mark.fidelity("lambda.payload_limits")
@pytest.mark.parametrize(
    ("kind", "limit"), [("RequestResponse", 6 * MEGABYTE), ("Event", MEGABYTE)]
)
def test_payload_is_too_large(functions: Functions, kind: str, limit: int) -> None:
    name = functions.create("def handler(event, context):\n    return len(event)\n")
    payload = json.dumps("x" * limit)
    with pytest.raises(ClientError) as caught:
        functions.client.invoke(FunctionName=name, InvocationType=kind, Payload=payload)
    assert caught.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert caught.value.response["Error"]["Message"] == (
        f"{limit + 2} byte payload is too large for the {kind} invocation type "
        f"(limit {limit} bytes)"
    )


@pytest.mark.fidelity("lambda.payload_limits")
def test_payload_is_no_json(functions: Functions) -> None:
    name = functions.create("def handler(event, context):\n    pass\n")
    with pytest.raises(ClientError) as caught:
        functions.client.invoke(FunctionName=name, Payload=b"{1}")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"
    assert caught.value.response["Error"]["Message"] == (
        "Could not parse request body into json: Could not parse payload into json: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    )


@pytest.mark.fidelity("lambda.payload_limits")
def test_largest_payload_goes_through(functions: Functions) -> None:
    name = functions.create("def handler(event, context):\n    return event\n", MemorySize=512)
    event = "x" * (6 * MEGABYTE - 2)
    assert functions.invoke(name, event).payload == event


@pytest.mark.fidelity("lambda_runtime.descriptors")
def test_descriptors_are_as_many_as_on_aws(functions: Functions) -> None:
    source = (
        "import resource\n"
        "def handler(event, context):\n"
        "    return resource.getrlimit(resource.RLIMIT_NOFILE)\n"
    )
    assert functions.run(source).payload == [1024, 1024]


@pytest.mark.fidelity("lambda_runtime.payloads")
def test_result_is_too_large(functions: Functions) -> None:
    name = functions.create("def handler(e, c):\n    return 'x' * (7 * 1024 * 1024 * e)\n")
    outcome = functions.invoke(name, 1)
    assert outcome.error == "Unhandled"
    message = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    expected = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
    assert outcome.payload == expected
    assert functions.invoke(name, 0).payload == ""


@pytest.mark.fidelity("lambda_runtime.output")
def test_endless_output_is_cut(functions: Functions) -> None:
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    for _ in range(80):\n"
        "        os.write(1, b'x' * 99999 + b'\\n')\n"
    )
    outcome = functions.run(source)
    assert outcome.error is None
    kept = 4 * MEGABYTE - 26 * 42
    assert re.search(
        r"\n\[\d+ more bytes of output are not kept: 4194304 is the most\]\n", outcome.log
    )
    dropped = int(re.findall(r"\[(\d+) more", outcome.log)[0])
    assert abs(8_000_000 - dropped - kept) < 3000


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"Runtime": "nodejs22.x"},
        "Value nodejs22.x at 'runtime' failed to satisfy constraint: Member must satisfy enum "
        "value set: [python3.14, python3.13, python3.12, python3.11, python3.10, python3.9]. "
        "This lab runs Python functions only.",
    ),
    (
        {"Environment": {"Variables": {"OK": "1", "AWS_REGION": "x", "_HANDLER": "y"}}},
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: AWS_REGION, _HANDLER",
    ),
]


@pytest.mark.fidelity("lambda.environment")
@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_function_cannot_be_made_or_changed_to_this(
    functions: Functions, options: dict[str, Any], message: str
) -> None:
    name = functions.create("def handler(event, context):\n    pass\n")
    with pytest.raises(ClientError) as created:
        functions.create("", **options)
    with pytest.raises(ClientError) as changed:
        functions.client.update_function_configuration(FunctionName=name, **options)
    for caught in (created, changed):
        assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
        assert caught.value.response["Error"]["Message"] == message


@pytest.mark.fidelity("lambda_runtime.runtimes")
def test_images_do_not_run_here(functions: Functions) -> None:
    with pytest.raises(ClientError) as caught:
        functions.client.create_function(
            FunctionName="image",
            Role="arn:aws:iam::000000000000:role/function",
            PackageType="Image",
            Code={"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/image:1"},
        )
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert caught.value.response["Error"]["Message"] == (
        "Value Image at 'packageType' is not supported by this lab: functions run from a zip "
        "archive, with one of the runtimes "
        "[python3.14, python3.13, python3.12, python3.11, python3.10, python3.9]."
    )
