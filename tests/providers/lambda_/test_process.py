"""A handler process without a lab around it: the ways that only some machines take."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.providers.lambda_.isolation import Isolation
from lab.providers.lambda_.launcher import RUNTIME, launcher
from lab.providers.lambda_.output import Output
from lab.providers.lambda_.process import Exited, Folders, HandlerProcess, Sandbox
from lab.providers.lambda_.runtime_api import Answer, Invocation, Ready
from lab.providers.lambda_.runtimes import RuntimeFolder

SOURCE = """
import runtime_client, tempfile
def handler(event, context):
    print('seen', context.aws_request_id)
    if event == 'fail':
        raise ValueError('bad')
    return [event, runtime_client.__file__, tempfile.gettempdir()]
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """As on macOS: no native runtime client, no files and no user of its own."""
    runtime = RuntimeFolder(tmp_path / "runtime")
    runtime.build(native_client=False)
    folders = Folders(tmp_path / "code", tmp_path / "layers", tmp_path / "environment" / "tmp")
    for folder in (folders.code, folders.layers, folders.tmp):
        folder.mkdir(parents=True)
    (folders.code / "app.py").write_text(SOURCE)
    nothing = Isolation(private_files=False, own_user=False)
    sandbox = Sandbox(runtime, folders, nothing, memory_bytes=128 * 1024 * 1024)
    yield sandbox
    launcher(runtime, RUNTIME).stop()


@pytest.fixture
def output() -> Output:
    return Output()


@pytest.fixture
def process(sandbox: Sandbox, output: Output) -> Iterator[HandlerProcess]:
    environment = {
        "LAMBDA_TASK_ROOT": str(sandbox.folders.code),
        "TMPDIR": str(sandbox.folders.tmp),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    }
    process = HandlerProcess(sandbox, "app.handler", environment, output)
    yield process
    process.destroy()
    process.close()


def soon() -> float:
    return time.monotonic() + 10


def call(process: HandlerProcess, request_id: str, payload: bytes) -> Answer:
    assert process.wait(soon()) == Ready()
    process.api.send(Invocation(request_id, "arn", payload, int(time.time() * 1000) + 10_000))
    answer = process.wait(soon())
    assert isinstance(answer, Answer)
    return answer


def test_plain_python_runtime_client_answers_like_the_native_one(
    process: HandlerProcess, sandbox: Sandbox, output: Output
) -> None:
    event = "é" * 300_000
    answer = call(process, "first", json.dumps(event).encode())
    seen, client, tmp = json.loads(answer.body)
    assert (answer.request_id, answer.is_error, seen) == ("first", False, event)
    assert Path(client).is_relative_to(sandbox.runtime.path)
    assert client.endswith("runtime_client.py")
    assert tmp == str(sandbox.folders.tmp)
    failed = call(process, "second", b'"fail"')
    assert failed.is_error
    assert json.loads(failed.body)["errorMessage"] == "bad"
    assert [event.message for event in output.take()][:2] == ["seen first\n", "seen second\n"]


def test_tmp_stays_when_killed_and_goes_when_destroyed(
    process: HandlerProcess, sandbox: Sandbox
) -> None:
    assert process.wait(soon()) == Ready()
    process.kill()
    assert process.wait(soon()) == Exited("Runtime exited with error: signal: killed")
    assert sandbox.folders.tmp.is_dir()


def test_destroyed_environment_leaves_no_folder(process: HandlerProcess, sandbox: Sandbox) -> None:
    assert process.wait(soon()) == Ready()
    process.destroy()
    assert not sandbox.folders.tmp.parent.exists()


def test_runtime_folder_holds_no_more_than_awss(sandbox: Sandbox) -> None:
    names = {path.name for path in sandbox.runtime.site_packages.iterdir()}
    assert "boto3" in names
    assert not names & {"duckdb", "localstack", "pyarrow", "lab", "pip"}
    assert sandbox.runtime.python.resolve() == Path(sys.executable).resolve()
