"""What was made in Lambda and KMS is there after a ``kill -9``, and works."""

import json
import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import psutil
import pytest

from lab.config import Config
from lab.stack import embedded
from lab.stack.processes import Server
from tests.providers.lambda_.functions import ROLE, archive, eventually

pytestmark = pytest.mark.lab

LOCALSTACK = ("localstack",)
SOURCE = """
import boto3, json
from shared import NAME
def handler(event, context):
    if 'Records' in event:
        s3 = boto3.client('s3')
        for record in event['Records']:
            key = record['kinesis']['partitionKey'] if 'kinesis' in record else record['body']
            s3.put_object(Bucket='arrived', Key=key, Body=b'')
    return [NAME, context.function_version]
"""
FUNCTION = {"FunctionName": "kept"}
QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders"
VERSION = {**FUNCTION, "Qualifier": "1"}


class OwnLab:
    """A lab that this module kills."""

    def __init__(self, config: Config, client: Callable[[str], Any]) -> None:
        self.config = config
        self.client = client

    def kill_and_start(self) -> None:
        process = Server("localstack", self.config).process()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=10)
        embedded.up(self.config, names=LOCALSTACK)


@pytest.fixture(scope="module")
def own(
    make_lab: Callable[[str], AbstractContextManager[Config]], client_of: Callable[..., Any]
) -> Iterator[OwnLab]:
    with make_lab("durable") as config:
        embedded.up(config, names=LOCALSTACK)
        yield OwnLab(config, partial(client_of, config))


def make(own: OwnLab) -> str:
    """A function with everything that it may have; returns the UUID of its mapping."""
    functions = own.client("lambda")
    layer = functions.publish_layer_version(
        LayerName="shared", Content={"ZipFile": archive("NAME = 'layer'", "python/shared.py")}
    )["LayerVersionArn"]
    functions.create_function(
        **FUNCTION,
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": archive(SOURCE)},
        Layers=[layer],
        MemorySize=512,
        Timeout=20,
        Environment={"Variables": {"K": "v"}},
        Tags={"team": "data"},
    )
    wait_active(functions, "kept")
    functions.publish_version(**FUNCTION)
    functions.create_alias(**FUNCTION, Name="live", FunctionVersion="1")
    functions.put_function_concurrency(**FUNCTION, ReservedConcurrentExecutions=3)
    functions.put_provisioned_concurrency_config(**VERSION, ProvisionedConcurrentExecutions=1)
    functions.put_function_event_invoke_config(**FUNCTION, MaximumRetryAttempts=1)
    functions.create_function_url_config(**FUNCTION, AuthType="NONE")
    functions.add_permission(
        **FUNCTION, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    own.client("s3").create_bucket(Bucket="arrived")
    stream = make_stream(own)
    mapping = functions.create_event_source_mapping(
        **FUNCTION, EventSourceArn=stream, StartingPosition="LATEST", BatchSize=7
    )
    eventually(lambda: state(own, mapping["UUID"]) == "Enabled")
    disabled = functions.create_event_source_mapping(
        FunctionName="kept:live", EventSourceArn=stream, StartingPosition="LATEST", Enabled=False
    )
    eventually(lambda: state(own, disabled["UUID"]) == "Disabled")
    return str(mapping["UUID"])


def wait_active(functions: Any, name: str) -> None:
    waiter = functions.get_waiter("function_active_v2")
    waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400})


def waiting(own: OwnLab) -> list[dict[str, Any]]:
    """Asynchronous events that wait for their next attempt."""
    with urllib.request.urlopen(f"{own.config.endpoint_url}/_lab/lambda/events") as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def make_stream(own: OwnLab) -> str:
    kinesis = own.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="clicks", WaiterConfig={"Delay": 0.05})
    described = kinesis.describe_stream_summary(StreamName="clicks")
    return str(described["StreamDescriptionSummary"]["StreamARN"])


def state(own: OwnLab, uuid: str) -> str:
    return str(own.client("lambda").get_event_source_mapping(UUID=uuid)["State"])


def described(own: OwnLab) -> dict[str, Any]:
    """Everything that Lambda says about the function."""
    functions = own.client("lambda")
    eventually(lambda: functions.get_provisioned_concurrency_config(**VERSION)["Status"] == "READY")
    answers = {
        name: getattr(functions, name)(**FUNCTION)
        for name in (
            "get_function_configuration",
            "list_versions_by_function",
            "list_aliases",
            "get_function_concurrency",
            "list_provisioned_concurrency_configs",
            "get_function_event_invoke_config",
            "get_function_url_config",
            "get_policy",
        )
    }
    answers["tags"] = functions.get_function(**FUNCTION)["Tags"]
    answers["code"] = functions.get_function(**FUNCTION)["Configuration"]["CodeSha256"]
    answers["settings"] = functions.get_account_settings()["AccountLimit"]
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    mappings = [mapping for mapping in mappings if ":kinesis:" in mapping["EventSourceArn"]]
    for mapping in mappings:
        mapping.pop("LastProcessingResult", None)
    answers["mappings"] = sorted(mappings, key=lambda mapping: mapping["UUID"])
    answers["layers"] = functions.list_layers()["Layers"]
    for answer in answers.values():
        if isinstance(answer, dict):
            answer.pop("ResponseMetadata", None)
    return answers


def invoke(own: OwnLab, qualifier: str) -> Any:
    answer = own.client("lambda").invoke(**FUNCTION, Qualifier=qualifier)
    return json.loads(answer["Payload"].read())


@pytest.fixture(scope="module")
def made(own: OwnLab) -> dict[str, Any]:
    """What there was before the lab was killed: a function, a key, and a function deleted again."""
    functions, kms = own.client("lambda"), own.client("kms")
    functions.create_function(
        FunctionName="gone",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": archive(SOURCE)},
    )
    key = kms.create_key(Description="stream")["KeyMetadata"]
    kms.create_alias(AliasName="alias/stream", TargetKeyId=key["KeyId"])
    sealed = kms.encrypt(KeyId="alias/stream", Plaintext=b"secret")["CiphertextBlob"]
    uuid = make(own)
    functions.delete_function(FunctionName="gone")
    functions.create_function(
        FunctionName="failing",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.absent",
        Code={"ZipFile": archive(SOURCE)},
    )
    wait_active(functions, "failing")
    functions.invoke(FunctionName="failing", InvocationType="Event", Payload='"kept"')
    eventually(lambda: waiting(own))
    sqs = own.client("sqs")
    sqs.create_queue(QueueName="orders")
    queue = functions.create_event_source_mapping(**FUNCTION, EventSourceArn=QUEUE)["UUID"]
    made = {"queue": queue, "uuid": uuid, "key": key, "sealed": sealed, "described": described(own)}
    put(own, "before a kill")
    new = archive("def handler(event, context):\n    return 'new'\n")
    functions.update_function_code(FunctionName="failing", ZipFile=new)
    functions.create_function(
        FunctionName="late",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": new},
    )
    own.kill_and_start()
    return made


def put(own: OwnLab, key: str) -> None:
    own.client("kinesis").put_record(StreamName="clicks", PartitionKey=key, Data=b"1")


def arrived(own: OwnLab) -> set[str]:
    listed = own.client("s3").list_objects_v2(Bucket="arrived").get("Contents", [])
    return {entry["Key"] for entry in listed}


@pytest.mark.fidelity("lambda.durability")
def test_functions_are_as_they_were_and_run(own: OwnLab, made: dict[str, Any]) -> None:
    before, after = made["described"], described(own)
    assert {name: after[name] for name in before if after[name] != before[name]} == {}
    assert invoke(own, "$LATEST") == ["layer", "$LATEST"]
    assert invoke(own, "live") == ["layer", "1"]


@pytest.mark.fidelity("lambda.durability")
def test_what_was_in_progress_is_finished(own: OwnLab, made: dict[str, Any]) -> None:
    functions = own.client("lambda")
    wait_active(functions, "late")
    functions.update_function_configuration(FunctionName="late", Timeout=5)
    waiter = functions.get_waiter("function_updated_v2")
    for name in ("failing", "late"):
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400})
    functions.update_function_configuration(FunctionName="failing", Handler="app.handler")
    waiter.wait(FunctionName="failing", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400})
    for name in ("failing", "late"):
        assert json.loads(functions.invoke(FunctionName=name)["Payload"].read()) == "new"


@pytest.mark.fidelity("lambda.durability")
def test_mapping_goes_on_where_it_was(own: OwnLab, made: dict[str, Any]) -> None:
    put(own, "after a kill")
    eventually(lambda: {"before a kill", "after a kill"} <= arrived(own))
    assert state(own, made["uuid"]) == "Enabled"


@pytest.mark.fidelity("lambda.durability_of_queues")
def test_mapping_of_a_queue_goes_on_when_the_queue_is_made_again(
    own: OwnLab, made: dict[str, Any]
) -> None:
    mapping = own.client("lambda").get_event_source_mapping(UUID=made["queue"])
    assert mapping["LastProcessingResult"].startswith("PROBLEM: ")
    url = own.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    own.client("sqs").send_message(QueueUrl=url, MessageBody="order")
    eventually(lambda: "order" in arrived(own))


@pytest.mark.fidelity("lambda.asynchronous_durability")
def test_event_still_waits_for_its_retry(own: OwnLab, made: dict[str, Any]) -> None:
    (event,) = waiting(own)
    assert (event["function"], event["attempts"]) == ("failing", 1)


@pytest.mark.fidelity("lambda.durability")
def test_what_was_deleted_stays_deleted(own: OwnLab, made: dict[str, Any]) -> None:
    functions = own.client("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException) as caught:
        functions.get_function(FunctionName="gone")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:gone"
    assert caught.value.response["Error"]["Message"] == f"Function not found: {arn}"


@pytest.mark.fidelity("lambda.durability")
def test_key_decrypts_what_it_encrypted_before_the_kill(own: OwnLab, made: dict[str, Any]) -> None:
    kms = own.client("kms")
    assert kms.describe_key(KeyId="alias/stream")["KeyMetadata"] == made["key"]
    assert kms.decrypt(CiphertextBlob=made["sealed"])["Plaintext"] == b"secret"


@pytest.mark.fidelity("lambda.durability")
def test_after_a_stop_all_is_there_but_what_a_damaged_file_held(
    own: OwnLab, made: dict[str, Any]
) -> None:
    embedded.down(own.config)
    file = own.config.home / "state" / "kms.snapshot"
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    embedded.up(own.config, names=LOCALSTACK)
    assert invoke(own, "live") == ["layer", "1"]
    assert own.client("kms").list_keys()["Keys"] == []
    (kept,) = file.parent.glob("kms.unreadable-*")
    assert kept.read_bytes() == content[:-1]
    log = (own.config.logs_dir / "localstack.log").read_text()
    assert f"the stored state of kms is not used: it is damaged. It is kept as {kept}" in log
