"""Processes of functions: what is private to them, and that nothing of them is left behind."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config as BotoConfig

from lab.config import Config
from lab.errors import LabError
from lab.stack import embedded
from lab.stack.processes import Server, free_port
from tests.providers.lambda_.functions import Functions, eventually

pytestmark = pytest.mark.lab

# A child in the group, a daemon in a session of its own, then an endless loop if asked to.
SPAWNING = """
import os, subprocess, sys, time
def handler(event, context):
    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', event['mark']])
    if os.fork() == 0:
        os.setsid()
        arguments = [sys.executable, '-c', 'import time; time.sleep(600)', event['mark']]
        os.spawnv(os.P_NOWAIT, sys.executable, arguments)
        os._exit(0)
    while event['loop']:
        pass
"""


def marked(mark: str) -> list[psutil.Process]:
    """The processes that have a word among their arguments."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if mark in (process.info["cmdline"] or ()):
            found.append(process)
    return found


@pytest.mark.fidelity("lambda_runtime.tmp")
def test_tmp_is_private_to_the_environment(functions: Functions) -> None:
    source = (
        "import os, tempfile\n"
        "def handler(event, context):\n"
        "    path = os.path.join(tempfile.gettempdir(), event)\n"
        "    seen = os.path.exists(path)\n"
        "    open(path, 'w').close()\n"
        "    return seen\n"
    )
    first, second = functions.create(source), functions.create(source)
    assert functions.invoke(first, "private-to-a-function").payload is False
    assert functions.invoke(first, "private-to-a-function").payload is True
    assert functions.invoke(second, "private-to-a-function").payload is False
    assert not Path("/tmp/private-to-a-function").exists()


@pytest.mark.fidelity("lambda_runtime.read_only")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root is sure to get mounts of its own")
def test_code_is_read_only_and_tmp_is_at_its_place(functions: Functions) -> None:
    source = (
        "import os, tempfile\n"
        "def handler(event, context):\n"
        "    try:\n"
        "        open(os.environ['LAMBDA_TASK_ROOT'] + '/x', 'w')\n"
        "    except OSError as error:\n"
        "        return error.strerror, tempfile.gettempdir(), os.environ.get('TMPDIR')\n"
    )
    assert functions.run(source).payload == ["Read-only file system", "/tmp", None]


@pytest.mark.fidelity("lambda_runtime.end")
def test_children_end_with_their_environment(functions: Functions) -> None:
    name = functions.create(SPAWNING, Timeout=1)
    outcome = functions.invoke(name, {"mark": "child-of-a-function", "loop": True})
    assert outcome.payload["errorType"] == "Sandbox.Timedout"
    assert marked("child-of-a-function") == []


@pytest.mark.fidelity("lambda_runtime.end")
def test_environment_goes_with_its_function(functions: Functions) -> None:
    name = functions.create(SPAWNING)
    functions.invoke(name, {"mark": "child-of-a-deleted-function", "loop": False})
    assert len(marked("child-of-a-deleted-function")) >= 1
    functions.client.delete_function(FunctionName=name)
    eventually(lambda: not marked("child-of-a-deleted-function"))


@pytest.mark.fidelity("lambda_runtime.tmp")
def test_nothing_of_the_environments_outlives_them_on_disk(
    functions: Functions, lab: Config
) -> None:
    source = "def handler(event, context):\n    open('/tmp/left-behind', 'w').close()\n"
    name = functions.create(source)
    functions.invoke(name)
    functions.client.delete_function(FunctionName=name)
    eventually(lambda: not list((lab.home / "lambda").rglob("left-behind")))
    assert not any((lab.home / "lambda" / "root").iterdir())


@pytest.fixture
def own_lab(tmp_path: Path) -> Iterator[Config]:
    """A lab that a test may kill."""
    port, unused = free_port(), free_port()
    config = Config(home=tmp_path, cache=tmp_path / "cache", port=port, opensearch_port=unused)
    try:
        embedded.up(config, names=("localstack",))
    except LabError as error:
        if error.code != "wrong-providers" or not os.environ.get("LAB_TEST_PARTIAL"):
            raise
    yield config
    embedded.down(config)


@pytest.mark.fidelity("lambda_runtime.end")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_survives_the_lab(own_lab: Config, number: signal.Signals) -> None:
    functions = Functions(client_of(own_lab))
    name = functions.create(SPAWNING, Timeout=600)
    mark = f"child-of-a-lab-with-{number.name}"
    idle = functions.create("def handler(event, context):\n    pass\n")
    functions.invoke(idle)
    event = json.dumps({"mark": mark, "loop": True})
    functions.client.invoke(FunctionName=name, InvocationType="Event", Payload=event)
    eventually(lambda: marked(mark))
    interpreter = str(own_lab.home / "lambda" / "runtime" / "bin" / "python")
    assert len(marked(interpreter)) >= 4
    server = Server("localstack", own_lab).process()
    assert server is not None
    server.send_signal(number)
    eventually(lambda: not marked(mark) and not marked(interpreter))
    environments = own_lab.home / "lambda" / "environments"
    eventually(lambda: not environments.exists() or not any(environments.iterdir()))


def client_of(config: Config) -> Callable[..., Any]:
    def make(service: str, **options: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=config.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=BotoConfig(retries={"max_attempts": 0}, **options),
        )

    return make
