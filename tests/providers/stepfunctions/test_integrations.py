"""Tasks: the services of the course, task tokens, activities, nested machines, what is refused."""

import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.providers.stepfunctions.support import ROLE, Machines, single

pytestmark = pytest.mark.lab

CODE = (
    "class Odd(Exception): pass\n"
    "def h(event, context):\n"
    "    if event.get('fail'): raise Odd('no: é')\n"
    "    return {'got': event}\n"
)


def task(resource: str, parameters: Any = None, **more: Any) -> dict[str, Any]:
    found = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", **more}
    return found if parameters is None else {**found, "Parameters": parameters}


@pytest.fixture(scope="module")
def function(client: Callable[..., Any]) -> str:
    content, name = io.BytesIO(), uuid4().hex
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("f.py", CODE)
    lambda_ = client("lambda")
    lambda_.create_function(
        FunctionName=name, Runtime="python3.13", Handler="f.h", Role=ROLE,
        Code={"ZipFile": content.getvalue()},
    )  # fmt: skip
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    return name


@pytest.mark.fidelity("stepfunctions.integrations")
def test_lambda(machines: Machines, function: str) -> None:
    invoke = task("lambda:invoke", {"FunctionName": function, "Payload.$": "$"})
    output = machines.output(single(invoke), {"n": 1})
    assert (output["Payload"], output["StatusCode"]) == ({"got": {"n": 1}}, 200)
    found = machines.run(single(invoke), {"fail": True})
    assert (found["status"], found["error"]) == ("FAILED", "Odd")
    assert json.loads(found["cause"])["errorMessage"] == "no: é"


@pytest.mark.fidelity("stepfunctions.integrations")
def test_queue_topic_and_bus(machines: Machines, client: Callable[..., Any]) -> None:
    sqs, sns, events = client("sqs"), client("sns"), client("events")
    url = sqs.create_queue(QueueName=uuid4().hex)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    topic = sns.create_topic(Name=uuid4().hex)["TopicArn"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )  # fmt: skip
    source = uuid4().hex
    events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(
        Rule=source, Targets=[{"Id": "q", "Arn": queue["QueueArn"], "InputPath": "$.detail"}]
    )
    entry = {
        "Source": source,
        "DetailType": "d",
        "Detail": {"from": "bus"},
        "EventBusName": "default",
    }
    states = {
        "Queue": task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"from": "queue"}}),
        "Topic": task("sns:publish", {"TopicArn": topic, "Message": {"from": "topic"}}),
        "Bus": task("events:putEvents", {"Entries": [entry]}),
    }
    branches = [
        {"StartAt": name, "States": {name: {**state, "End": True}}}
        for name, state in states.items()
    ]
    output = machines.output(single({"Type": "Parallel", "Branches": branches}))
    assert output[2]["FailedEntryCount"] == 0
    seen = set()
    while len(seen) < 3:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=10)
        found = [json.loads(message["Body"])["from"] for message in answer["Messages"]]
        seen |= set(found)
    assert seen == {"queue", "topic", "bus"}


@pytest.mark.fidelity("stepfunctions.integrations")
def test_aws_sdk(machines: Machines, client: Callable[..., Any]) -> None:
    bucket = uuid4().hex
    client("s3").create_bucket(Bucket=bucket)
    listed = machines.output(single(task("aws-sdk:s3:listBuckets", {})))
    [found] = [each for each in listed["Buckets"] if each["Name"] == bucket]
    assert found["CreationDate"].endswith("Z")
    failed = machines.run(single(task("aws-sdk:s3:getObject", {"Bucket": bucket, "Key": "none"})))
    assert failed["error"] == "S3.NoSuchKeyException"
    assert "(Service: S3, Status Code: 404, Request ID: " in failed["cause"]
    crawled = machines.run(single(task("aws-sdk:glue:startCrawler", {"Name": uuid4().hex})))
    assert crawled["error"] == "Glue.EntityNotFoundException"


@pytest.mark.fidelity("stepfunctions.integrations")
def test_nested_machines(machines: Machines) -> None:
    inner = machines.make(single({"Type": "Pass", "Result": {"é": [1]}}))
    start = {"StateMachineArn": inner, "Input": {"a": 1}}
    plain = machines.output(single(task("states:startExecution", start)))
    assert sorted(plain) == ["ExecutionArn", "StartDate"]
    assert isinstance(plain["StartDate"], int)
    sync = machines.output(single(task("states:startExecution.sync", start)))
    assert (sync["Status"], sync["Output"], sync["Input"]) == ("SUCCEEDED", '{"é":[1]}', '{"a":1}')
    sync2 = machines.output(single(task("states:startExecution.sync:2", start)))
    assert (sync2["Output"], sync2["Input"]) == ({"é": [1]}, {"a": 1})
    bad = machines.make(single({"Type": "Fail", "Error": "E", "Cause": "c"}))
    found = machines.run(single(task("states:startExecution.sync:2", {"StateMachineArn": bad})))
    assert found["error"] == "States.TaskFailed"
    assert json.loads(found["cause"])["Error"] == "E"


@pytest.mark.fidelity("stepfunctions.integrations")
def test_glue_job(machines: Machines, client: Callable[..., Any]) -> None:
    s3, glue, name = client("s3"), client("glue"), uuid4().hex
    s3.create_bucket(Bucket=name)
    script = "import sys\nif '--fail' in sys.argv: raise ValueError('no')\n"
    s3.put_object(Bucket=name, Key="job.py", Body=script)
    command = {"Name": "pythonshell", "ScriptLocation": f"s3://{name}/job.py"}
    glue.create_job(
        Name=name, Role=ROLE, Command={**command, "PythonVersion": "3.9"},
        ExecutionProperty={"MaxConcurrentRuns": 5},
    )  # fmt: skip
    job = {"JobName": name, "Arguments.$": "$"}
    started = machines.output(single(task("glue:startJobRun", job)), {"--day": "1"})
    assert sorted(started) == ["JobName", "JobRunId"]
    ended = machines.output(single(task("glue:startJobRun.sync", job)), {"--day": "1"})
    assert (ended["JobRunState"], ended["Arguments"]) == ("SUCCEEDED", {"--day": "1"})
    assert isinstance(ended["StartedOn"], int)
    failed = machines.run(single(task("glue:startJobRun.sync", job)), {"--fail": "1"})
    assert (failed["status"], failed["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(failed["cause"])
    assert (cause["JobRunState"], type(cause["StartedOn"])) == ("FAILED", int)


@pytest.mark.fidelity("stepfunctions.stop")
def test_a_stop_stops_what_a_task_started(machines: Machines) -> None:
    inner = machines.make(single({"Type": "Wait", "Seconds": 600}))
    start = task("states:startExecution.sync:2", {"StateMachineArn": inner})
    execution = machines.start(machines.make(single(start)))
    machines.until_event(execution, "TaskSubmitted")
    [child] = machines.states.list_executions(stateMachineArn=inner)["executions"]
    machines.states.stop_execution(executionArn=execution)
    assert machines.wait(child["executionArn"])["status"] == "ABORTED"


@pytest.mark.fidelity("stepfunctions.task_tokens")
def test_a_token_that_is_answered(machines: Machines, client: Callable[..., Any]) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=uuid4().hex)["QueueUrl"]
    body = {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}
    wait = task("sqs:sendMessage.waitForTaskToken", body)
    arn = machines.make(single(wait))

    def token() -> str:
        [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found: str = json.loads(message["Body"])["token"]
        return found

    execution = machines.start(arn)
    given = token()
    machines.states.send_task_heartbeat(taskToken=given)
    machines.states.send_task_success(taskToken=given, output='{"ok": "é"}')
    assert json.loads(machines.wait(execution)["output"]) == {"ok": "é"}
    with pytest.raises(ClientError, match="Provided task does not exist anymore"):
        machines.states.send_task_success(taskToken=given, output="{}")
    with pytest.raises(ClientError, match="InvalidToken"):
        machines.states.send_task_success(taskToken="none", output="{}")
    execution = machines.start(arn)
    machines.states.send_task_failure(taskToken=token(), error="Mine", cause="so")
    found = machines.wait(execution)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "Mine", "so")
    silent = machines.run(single({**wait, "HeartbeatSeconds": 1}))
    assert (silent["status"], silent["error"]) == ("FAILED", "States.Timeout")


@pytest.mark.fidelity("stepfunctions.task_tokens")
def test_an_activity(machines: Machines) -> None:
    states = machines.states
    activity = states.create_activity(name=uuid4().hex)["activityArn"]
    state = {"Type": "Task", "Resource": activity, "TimeoutSeconds": 60}
    execution = machines.start(machines.make(single(state)), {"n": 1})
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(states.get_activity_task, activityArn=activity, workerName="w").result()
    assert work["input"] == '{"n":1}'
    states.send_task_success(taskToken=work["taskToken"], output="7")
    assert machines.wait(execution)["output"] == "7"
    kinds = [event["type"] for event in machines.events(execution)]
    assert kinds[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]


@pytest.mark.fidelity("stepfunctions.absent_services")
@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("databrew:startJobRun.sync", "AWS Glue DataBrew"),
        ("elasticmapreduce:createCluster.sync", "Amazon EMR"),
        ("sagemaker:createTrainingJob.sync", "Amazon SageMaker AI"),
    ],
)
def test_a_service_that_is_not_there(machines: Machines, resource: str, name: str) -> None:
    with pytest.raises(ClientError) as error:
        machines.make(single(task(resource, {})))
    found = error.value.response["Error"]
    assert found["Code"] == "InvalidDefinition"
    assert f"{name} is not in the lab" in found["Message"]
