"""What a function sees: its event, its environment, its modules; and who runs it."""

import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lab.config import Config
from tests.providers.lambda_.functions import Functions, archive

pytestmark = pytest.mark.lab

ENVIRONMENT = """
import os
def handler(event, context):
    return dict(os.environ)
"""
IMPORTS = """
import importlib
def handler(event, context):
    found = {}
    for name in event:
        try:
            found[name] = importlib.import_module(name).__name__
        except ImportError as error:
            found[name] = str(error)
    return found
"""
WHO = """
import os, time
def handler(event, context):
    time.sleep(event or 0)
    return [os.getpid(), context.log_stream_name]
"""


@pytest.mark.fidelity("lambda.synchronous")
def test_event_goes_in_and_result_comes_out_unchanged(functions: Functions) -> None:
    event = {"text": "é\u2028\U0001f600\\u0000", "list": [1, 2.5, None, True], "deep": {"a": {}}}
    outcome = functions.run("def handler(event, context):\n    return event\n", event)
    assert outcome.error is None
    assert outcome.payload == event


@pytest.mark.fidelity("lambda.synchronous")
def test_context_describes_the_invocation(functions: Functions) -> None:
    name = functions.create(
        "def handler(event, c):\n"
        "    return [c.function_name, c.function_version, c.invoked_function_arn,\n"
        "            c.memory_limit_in_mb, c.aws_request_id, c.log_group_name,\n"
        "            c.client_context.custom, c.get_remaining_time_in_millis()]\n",
        MemorySize=256,
        Timeout=7,
    )
    context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    outcome = functions.invoke(name, ClientContext=context)
    *known, remaining = outcome.payload
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    group = f"/aws/lambda/{name}"
    assert known == [name, "$LATEST", arn, "256", outcome.request_id, group, {"k": "v"}]
    assert 6000 < remaining <= 7000


@pytest.mark.fidelity("lambda_runtime.variables")
def test_environment_is_awss_and_the_functions_own(
    functions: Functions, lab: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = functions.create(
        ENVIRONMENT, Runtime="python3.12", Environment={"Variables": {"STAGE": "test"}}
    )
    seen = functions.invoke(name).payload
    expected = {
        "_HANDLER": "app.handler",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_ENDPOINT_URL": lab.endpoint_url,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_REGION": "us-east-1",
        "LANG": "en_US.UTF-8",
        "STAGE": "test",
        "TZ": ":UTC",
    }
    assert {key: seen.get(key) for key in expected} == expected
    others = {
        "AWS_ACCESS_KEY_ID",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "HOME",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LD_LIBRARY_PATH",
        "PATH",
        "TMPDIR",
        "_X_AMZN_TRACE_ID",
    }
    # LC_CTYPE is what Python itself sets where the machine has no such locale.
    assert set(seen) - set(expected) - others <= {"LC_CTYPE"}


@pytest.mark.fidelity("lambda_runtime.modules")
def test_modules_are_awss(functions: Functions) -> None:
    given = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"]
    given += ["awslambdaric", "simplejson", "snapshot_restore_py"]
    hidden = ["duckdb", "localstack", "lab", "pyarrow", "requests", "yaml", "pytest"]
    found = functions.run(IMPORTS, [*given, *hidden], MemorySize=512).payload
    assert {name: found[name] for name in given} == {name: name for name in given}
    assert {name: found[name] for name in hidden} == {
        name: f"No module named '{name}'" for name in hidden
    }


@pytest.mark.fidelity("lambda_runtime.runtimes")
def test_every_python_runtime_runs_on_the_labs_python(functions: Functions) -> None:
    source = "import sys\ndef handler(event, context):\n    return list(sys.version_info[:3])\n"
    for runtime in ("python3.9", "python3.14"):
        assert functions.run(source, Runtime=runtime).payload == list(sys.version_info[:3])


@pytest.mark.fidelity("lambda_runtime.network")
def test_boto3_in_a_function_reaches_the_lab(functions: Functions) -> None:
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('sts').get_caller_identity()['Arn']\n"
    )
    name = functions.create(source, MemorySize=512)
    arn = f"arn:aws:sts::000000000000:assumed-role/function/{name}"
    assert functions.invoke(name).payload == arn


@pytest.mark.fidelity("lambda_runtime.environments")
def test_environment_is_used_again(functions: Functions) -> None:
    name = functions.create(WHO)
    assert functions.invoke(name).payload == functions.invoke(name).payload


@pytest.mark.fidelity("lambda_runtime.environments")
def test_parallel_invocations_have_environments_of_their_own(functions: Functions) -> None:
    name = functions.create(WHO)
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(lambda _: functions.invoke(name, 0.5).payload, range(4)))
        second = list(pool.map(lambda _: functions.invoke(name, 0.5).payload, range(4)))
    assert len({tuple(who) for who in first}) == 4
    assert sorted(first) == sorted(second)


@pytest.mark.fidelity("lambda.states")
def test_new_code_runs_after_an_update_and_the_old_one_ends_its_invocation(
    functions: Functions,
) -> None:
    name = functions.create(
        "import time\ndef handler(e, c):\n    time.sleep(1)\n    return 'old'\n"
    )
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(functions.invoke, name)
        functions.messages(name, "INIT_START")
        functions.client.update_function_code(
            FunctionName=name, ZipFile=archive("def handler(e, c):\n    return 'new'\n")
        )
        functions.wait(name, "function_updated_v2")
        assert functions.invoke(name).payload == "new"
        assert running.result().payload == "old"


@pytest.mark.fidelity("lambda.code")
def test_code_comes_from_s3_too(functions: Functions, client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="function-code")
    code = archive("def handler(event, context):\n    return 'from S3'\n")
    s3.put_object(Bucket="function-code", Key="code.zip", Body=code)
    name = functions.create("", Code={"S3Bucket": "function-code", "S3Key": "code.zip"})
    assert functions.invoke(name).payload == "from S3"


@pytest.mark.fidelity("lambda_runtime.own_modules")
def test_later_layer_lies_over_the_earlier_one_and_under_the_code(functions: Functions) -> None:
    arns = [
        functions.client.publish_layer_version(
            LayerName=layer,
            Content={"ZipFile": archive(f"NAME = '{layer}'", f"python/{module}.py")},
        )["LayerVersionArn"]
        for layer, module in (("first", "shared"), ("second", "shared"), ("third", "app"))
    ]
    source = "import shared\ndef handler(event, context):\n    return shared.NAME\n"
    assert functions.run(source, Layers=arns).payload == "second"
