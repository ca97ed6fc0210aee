"""What a function cannot see, fill, or keep busy."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.providers.lambda_.functions import Functions, archive

pytestmark = pytest.mark.lab

MEGABYTE = 1024 * 1024
LOOK_AROUND = """
import getpass, os
def handler(event, context):
    return {
        'user': os.getuid(),
        'name': getpass.getuser() if os.getuid() > 1000 else '',
        'root': sorted(os.listdir('/')),
        'seen': [path for path in event if os.path.exists(path)],
        'places': [os.getcwd(), os.environ['LAMBDA_TASK_ROOT'], __file__],
        'layer': os.path.exists('/opt/python/shared.py'),
    }
"""
FILL = """
import errno, os
def handler(event, context):
    there_are = os.statvfs('/tmp')
    with open('/tmp/large', 'wb') as file:
        try:
            os.posix_fallocate(file.fileno(), 0, event)
        except OSError as error:
            return there_are.f_blocks * there_are.f_frsize, str(error)
    return there_are.f_blocks * there_are.f_frsize, ''
"""
WRITE = """
def handler(event, context):
    answers = {}
    for path in event:
        try:
            open(path, 'w').close()
        except OSError as error:
            answers[path] = str(error)
    return answers
"""
MANY_THREADS = """
import threading
def handler(event, context):
    end, count = threading.Event(), 0
    try:
        while count < 2000:
            threading.Thread(target=end.wait).start()
            count += 1
    except RuntimeError as error:
        return count, str(error)
    finally:
        end.set()
"""
POOL = """
import multiprocessing
def double(number, pipe):
    pipe.send(2 * number)
def handler(event, context):
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=double, args=(21, theirs))
    process.start()
    answer = ours.recv()
    process.join()
    try:
        multiprocessing.Pool(2)
    except OSError as error:
        return answer, str(error)
"""
TICKING = """
import threading, time
ticks = []
def tick():
    while True:
        ticks.append(time.monotonic())
        time.sleep(0.005)
def handler(event, context):
    if not ticks:
        threading.Thread(target=tick, daemon=True).start()
        time.sleep(0.05)
    return max((b - a for a, b in zip(ticks, ticks[1:])), default=0)
"""


@pytest.fixture(scope="module")
def around(functions: Functions, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a function sees of this machine; skipped where it has no files of its own."""
    secret = tmp_path_factory.mktemp("home") / "secret"
    secret.touch()
    layer = functions.client.publish_layer_version(
        LayerName="shared", Content={"ZipFile": archive("", "python/shared.py")}
    )
    name = functions.create(LOOK_AROUND, Layers=[layer["LayerVersionArn"]])
    paths = [str(secret), str(Path.cwd() / "pyproject.toml"), "/dev/shm", "/usr", "/dev/null"]
    seen = functions.invoke(name, paths).payload
    if seen["places"][1] != "/var/task":
        pytest.skip("no file system of its own is allowed on this machine")
    return seen


@pytest.mark.fidelity("lambda_runtime.files")
def test_code_and_layers_are_at_awss_places(around: Any) -> None:
    assert around["places"] == ["/var/task", "/var/task", "/var/task/app.py"]
    assert around["layer"]


@pytest.mark.fidelity("lambda_runtime.files")
def test_nothing_of_this_machine_is_seen_but_its_programs(around: Any) -> None:
    assert around["seen"] == ["/usr", "/dev/null"]
    assert not {"home", "mnt", "srv", "boot", "media"} & set(around["root"])


@pytest.mark.fidelity("lambda_runtime.user")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give functions another user")
def test_each_environment_has_a_user_of_its_own(functions: Functions, around: Any) -> None:
    other = functions.run(LOOK_AROUND, []).payload
    assert 50_000 <= around["user"] < 60_000
    assert around["user"] != other["user"]
    assert around["name"] == other["name"] == "sbx_user1051"


@pytest.mark.fidelity("lambda_runtime.ephemeral_storage")
@pytest.mark.parametrize("size", [512, 700])
def test_ephemeral_storage_is_used_up(functions: Functions, around: Any, size: int) -> None:
    name = functions.create(FILL, EphemeralStorage={"Size": size})
    full = [size * MEGABYTE, "[Errno 28] No space left on device"]
    assert functions.invoke(name, (size + 1) * MEGABYTE).payload == full
    assert functions.invoke(name, MEGABYTE).payload == [size * MEGABYTE, ""]


@pytest.mark.fidelity("lambda_runtime.read_only")
def test_all_but_tmp_is_read_only(functions: Functions, around: Any) -> None:
    paths = ["/var/task/x", "/opt/x", "/x", "/usr/x", "x"]
    answers = functions.run(WRITE, [*paths, "/tmp/x"]).payload
    assert answers == {path: f"[Errno 30] Read-only file system: '{path}'" for path in paths}


@pytest.mark.fidelity("lambda_runtime.processes")
def test_processes_and_threads_are_limited(functions: Functions, around: Any) -> None:
    count, error = functions.run(MANY_THREADS, MemorySize=1024).payload
    assert 1000 < count < 1024
    assert error == "can't start new thread"


@pytest.mark.fidelity("lambda_runtime.shared_memory")
def test_pools_of_processes_have_no_shared_memory(functions: Functions, around: Any) -> None:
    assert functions.run(POOL).payload == [42, "[Errno 2] No such file or directory"]


@pytest.mark.fidelity("lambda_runtime.freeze")
def test_threads_stand_still_between_invocations(functions: Functions) -> None:
    ticking = functions.create(TICKING)
    functions.invoke(ticking)
    functions.run("import time\ndef handler(event, context):\n    time.sleep(0.7)\n")
    assert functions.invoke(ticking).payload > 0.6


@pytest.mark.fidelity("lambda_runtime.processor")
def test_every_function_may_use_all_cores(functions: Functions) -> None:
    source = "import os\ndef handler(event, context):\n    return len(os.sched_getaffinity(0))\n"
    assert functions.run(source, MemorySize=128).payload == len(os.sched_getaffinity(0))


@pytest.mark.fidelity("lambda_runtime.extensions")
def test_extensions_of_a_layer_are_not_started(functions: Functions, around: Any) -> None:
    extension = archive("#!/bin/sh\ntouch /tmp/extension\n", "extensions/first")
    layer = functions.client.publish_layer_version(
        LayerName="extension", Content={"ZipFile": extension}
    )
    name = functions.create(LOOK_AROUND, Layers=[layer["LayerVersionArn"]])
    paths = ["/opt/extensions/first", "/tmp/extension"]
    assert functions.invoke(name, paths).payload["seen"] == paths[:1]
