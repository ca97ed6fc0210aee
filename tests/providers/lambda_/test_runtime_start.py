"""A process that is forked from a warmed interpreter, which a function must not notice."""

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.config import Config
from tests.providers.lambda_.functions import Functions

pytestmark = pytest.mark.lab

NAMED = "import boto3, jmespath\ndef handler(event, context):\n    return jmespath.NAME\n"
SETTINGS = """
import os, sys, time
def handler(event, context):
    return [sys.flags.dont_write_bytecode, sys.flags.utf8_mode, time.tzname[0],
            os.environ.get('WRAPPED')]
"""
SHARED = """
import boto3
def handler(event, context):
    boto3.client('s3')
    with open('/proc/self/smaps_rollup') as file:
        sizes = dict(line.split()[:2] for line in file.readlines()[1:])
    return {name.strip(':'): int(size) for name, size in sizes.items()}
"""
WRAPPER = '#!/bin/sh\nexport WRAPPED="$(basename "$1")"\nexec "$@"\n'


def archive(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return content.getvalue()


@pytest.mark.fidelity("lambda_runtime.own_modules")
def test_module_in_the_package_goes_before_the_runtimes(functions: Functions) -> None:
    code = archive(
        {"app.py": NAMED, "jmespath.py": "NAME = 'the package'\nsearch = compile = None"}
    )
    assert functions.run("", Code={"ZipFile": code}, MemorySize=512).payload == "the package"


@pytest.mark.fidelity("lambda_runtime.own_modules")
def test_module_in_a_layer_goes_before_the_runtimes(functions: Functions) -> None:
    module = archive({"python/jmespath.py": "NAME = 'a layer'"})
    layer = functions.client.publish_layer_version(LayerName="own", Content={"ZipFile": module})
    options: dict[str, Any] = {"Layers": [layer["LayerVersionArn"]], "MemorySize": 512}
    assert functions.run(NAMED, **options).payload == "a layer"


@pytest.mark.fidelity("lambda_runtime.start_variables")
def test_variables_that_an_interpreter_reads_when_it_starts(functions: Functions) -> None:
    variables = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "TZ": "Europe/Paris"}
    options = {"Environment": {"Variables": variables}}
    assert functions.run(SETTINGS, **options).payload == [1, 1, "CET", None]


@pytest.mark.fidelity("lambda_runtime.start_variables")
def test_time_zone_is_utc(functions: Functions) -> None:
    assert functions.run(SETTINGS).payload[2] == "UTC"


@pytest.mark.fidelity("lambda_runtime.wrapper")
def test_wrapper_script_of_a_layer_starts_the_interpreter(functions: Functions) -> None:
    layer = functions.client.publish_layer_version(
        LayerName="wrapper", Content={"ZipFile": archive({"wrapper": WRAPPER})}
    )
    where = functions.run(
        "import os\ndef handler(e, c):\n    return os.environ['LAMBDA_TASK_ROOT']"
    )
    if where.payload != "/var/task":
        pytest.skip("no file system of its own is allowed on this machine")
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    name = functions.create(
        SETTINGS, Layers=[layer["LayerVersionArn"]], Environment={"Variables": variables}
    )
    assert functions.invoke(name).payload[3] == "python"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each function has an interpreter")
@pytest.mark.fidelity("lambda_runtime.memory")
def test_environments_share_the_memory_of_the_sdk(functions: Functions) -> None:
    sizes = functions.run(SHARED, MemorySize=512).payload
    assert sizes["Shared_Dirty"] > 15_000
    assert sizes["Private_Dirty"] < 20_000


@pytest.mark.fidelity("lambda_runtime.hash_seed")
def test_hashes_of_texts_are_the_same_in_all_environments(functions: Functions) -> None:
    source = "def handler(event, context):\n    return hash('partition key')\n"
    assert functions.run(source).payload == functions.run(source).payload


def test_functions_start_after_somebody_has_killed_the_zygotes(
    functions: Functions, lab: Config
) -> None:
    source = "def handler(event, context):\n    return 'started'\n"
    running = functions.create(source)
    functions.invoke(running)
    for zygote in zygotes(lab.home):
        zygote.kill()
    assert functions.invoke(running).payload == "started"
    assert functions.run(source).payload == "started"


def zygotes(home: Path) -> list[psutil.Process]:
    """The processes that LocalStack itself has started from the runtime's folder."""
    interpreter = str(home / "lambda" / "runtime" / "bin" / "python")
    found = [
        process
        for process in psutil.process_iter(["cmdline"])
        if interpreter in (process.info["cmdline"] or ())
    ]
    known = {process.pid for process in found}
    return [process for process in found if process.ppid() not in known]
