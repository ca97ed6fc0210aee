"""The configuration of a function: its states, its key, its tags; and ways to invoke beside."""

import base64
import hashlib
import json
import platform
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.providers.lambda_.functions import ROLE, Functions, archive

pytestmark = pytest.mark.lab

NOTHING = "def handler(event, context):\n    pass\n"
READ = "import os\ndef handler(event, context):\n    return os.environ['SECRET']\n"
EFS = f"arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-{'0' * 17}"
VARIABLES = {"Variables": {"SECRET": "s"}}
UNUSABLE = (
    "Lambda was unable to configure access to your environment variables because the KMS key is "
    "invalid for CreateGrant. Please check your KMS key settings. "
)


def error_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.fidelity("lambda.states")
def test_function_is_pending_then_active_and_updates_are_in_progress(
    functions: Functions,
) -> None:
    client, name = functions.client, "states"
    made = client.create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": archive(NOTHING)},
    )
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    functions.wait(name, "function_active_v2")
    active = client.get_function_configuration(FunctionName=name)
    assert (active["State"], active["LastUpdateStatus"]) == ("Active", "Successful")
    updated = client.update_function_configuration(FunctionName=name, Timeout=9)
    assert updated["LastUpdateStatus"] == "InProgress"
    functions.wait(name, "function_updated_v2")
    found = client.get_function_configuration(FunctionName=name)
    assert (found["LastUpdateStatus"], found["Timeout"]) == ("Successful", 9)


@pytest.mark.fidelity("lambda.code")
def test_code_is_given_back_at_its_location(functions: Functions) -> None:
    name, content = functions.create(NOTHING), archive(NOTHING)
    found = functions.client.get_function(FunctionName=name)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert found["Configuration"]["CodeSha256"] == digest
    assert found["Configuration"]["CodeSize"] == len(content)
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        assert answer.read() == content


@pytest.fixture
def key(client: Callable[..., Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = client("kms").create_key()["KeyMetadata"]
    return metadata


@pytest.mark.fidelity("lambda.environment_key")
def test_key_is_shown_published_and_removed(functions: Functions, key: dict[str, Any]) -> None:
    client, arn = functions.client, key["Arn"]
    name = functions.create(READ, Environment=VARIABLES, KMSKeyArn=arn)
    assert functions.invoke(name).payload == "s"
    client.publish_version(FunctionName=name)
    client.update_function_configuration(FunctionName=name, KMSKeyArn="")
    functions.wait(name, "function_updated_v2")
    assert "KMSKeyArn" not in client.get_function_configuration(FunctionName=name)
    found = client.get_function_configuration(FunctionName=name, Qualifier="1")
    assert found["KMSKeyArn"] == arn


@pytest.mark.fidelity("lambda.environment_key")
def test_key_must_be_there_and_enabled(
    functions: Functions, client: Callable[..., Any], key: dict[str, Any]
) -> None:
    name = functions.create(READ, Environment=VARIABLES, KMSKeyArn=key["Arn"])
    client("kms").disable_key(KeyId=key["KeyId"])
    with pytest.raises(ClientError) as caught:
        functions.invoke(name)
    assert error_of(caught) == (
        "KMSDisabledException",
        "Lambda was unable to decrypt the environment variables because the KMS key used is "
        "disabled. Please check the function's KMS key settings.",
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 502
    with pytest.raises(ClientError) as caught:
        functions.create(READ, Environment=VARIABLES, KMSKeyArn=key["Arn"])
    reason = f"KMS Exception: DisabledException KMS Message: {key['Arn']} is disabled."
    assert error_of(caught) == ("InvalidParameterValueException", UNUSABLE + reason)
    absent = key["Arn"][:-4] + "0000"
    with pytest.raises(ClientError) as caught:
        functions.client.update_function_configuration(FunctionName=name, KMSKeyArn=absent)
    reason = f"KMS Exception: NotFoundException KMS Message: Key '{absent}' does not exist"
    assert error_of(caught) == ("InvalidParameterValueException", UNUSABLE + reason)


@pytest.mark.fidelity("lambda.environment")
def test_environment_has_four_kilobytes(functions: Functions) -> None:
    room = 4096 - len('{"K":""}')
    functions.create(NOTHING, Environment={"Variables": {"K": "x" * room}})
    with pytest.raises(ClientError) as caught:
        functions.create(NOTHING, Environment={"Variables": {"K": "x" * (room + 1)}})
    measured = json.dumps({"K": "x" * (room + 1)}, separators=(",", ":"))
    assert error_of(caught) == (
        "InvalidParameterValueException",
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit. String measured: " + measured,
    )


@pytest.mark.fidelity("lambda.tags")
def test_tags_are_added_replaced_and_removed(functions: Functions) -> None:
    name, client = functions.create(NOTHING, Tags={"a": "1"}), functions.client
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    client.tag_resource(Resource=arn, Tags={"a": "2", "b": "3"})
    client.untag_resource(Resource=arn, TagKeys=["b"])
    assert client.list_tags(Resource=arn)["Tags"] == {"a": "2"}
    assert client.get_function(FunctionName=name)["Tags"] == {"a": "2"}


@pytest.mark.fidelity("lambda.dry_run")
def test_dry_run_runs_nothing(functions: Functions) -> None:
    name, client = functions.create(NOTHING), functions.client
    answer = client.invoke(FunctionName=name, InvocationType="DryRun")
    assert (answer["StatusCode"], answer["Payload"].read()) == (204, b"")
    groups = functions.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")
    assert groups["logGroups"] == []
    with pytest.raises(ClientError) as caught:
        client.invoke(FunctionName="absent", InvocationType="DryRun")
    assert error_of(caught) == (
        "ResourceNotFoundException",
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent:$LATEST",
    )


@pytest.mark.fidelity("lambda.dry_run")
def test_dry_run_of_an_update_is_refused_by_name(functions: Functions) -> None:
    name = functions.create(NOTHING)
    with pytest.raises(ClientError) as caught:
        functions.client.update_function_code(FunctionName=name, ZipFile=archive(READ), DryRun=True)
    assert error_of(caught) == (
        "InvalidParameterValueException",
        "Value true at 'dryRun' is not supported by this lab for UpdateFunctionCode.",
    )


def streamed(functions: Functions, source: str) -> tuple[bytes, dict[str, Any]]:
    name = functions.create(source)
    answer = functions.client.invoke_with_response_stream(FunctionName=name, Payload='"x"')
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    *chunks, last = answer["EventStream"]
    return b"".join(each["PayloadChunk"]["Payload"] for each in chunks), last["InvokeComplete"]


@pytest.mark.fidelity("lambda.response_streaming")
def test_result_is_streamed_as_a_whole(functions: Functions) -> None:
    payload, end = streamed(functions, "def handler(event, context):\n    return [event]\n")
    assert (json.loads(payload), end) == (["x"], {})
    payload, end = streamed(functions, "def handler(event, context):\n    1 / 0\n")
    assert json.loads(payload)["errorType"] == "ZeroDivisionError"
    assert end["ErrorCode"] == "Unhandled"


UNSUPPORTED: list[tuple[str, Any]] = [
    (
        "FileSystemConfigs",
        [
            {
                "Arn": EFS,
                "LocalMountPath": "/mnt/x",
            }
        ],
    ),
    (
        "CodeSigningConfigArn",
        f"arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-{'0' * 17}",
    ),
    ("TenancyConfig", {"TenantIsolationMode": "PER_TENANT"}),
    ("DurableConfig", {"ExecutionTimeout": 60}),
]


@pytest.mark.fidelity("lambda.unsupported")
@pytest.mark.parametrize(("name", "value"), UNSUPPORTED)
def test_what_would_be_ignored_is_refused_by_name(
    functions: Functions, name: str, value: Any
) -> None:
    with pytest.raises(ClientError) as caught:
        functions.create(NOTHING, **{name: value})
    message = f"The parameter {name} is not supported by this lab."
    assert error_of(caught) == ("InvalidParameterValueException", message)


@pytest.mark.fidelity("lambda.unsupported")
def test_tenants_are_refused_by_name(functions: Functions) -> None:
    name = functions.create(NOTHING)
    with pytest.raises(ClientError) as caught:
        functions.invoke(name, TenantId="t")
    message = "The parameter TenantId is not supported by this lab."
    assert error_of(caught) == ("InvalidParameterValueException", message)


@pytest.mark.fidelity("lambda.without_effect")
def test_settings_without_effect_are_kept(functions: Functions) -> None:
    source = "import platform\ndef handler(event, context):\n    return platform.machine()\n"
    settings: dict[str, Any] = {
        "Architectures": ["arm64"],
        "TracingConfig": {"Mode": "Active"},
        "SnapStart": {"ApplyOn": "PublishedVersions"},
    }
    name = functions.create(source, **settings)
    found = functions.client.get_function_configuration(FunctionName=name)
    assert found["Architectures"] == ["arm64"]
    assert found["TracingConfig"] == {"Mode": "Active"}
    assert found["SnapStart"]["ApplyOn"] == "PublishedVersions"
    assert functions.invoke(name).payload == platform.machine()
