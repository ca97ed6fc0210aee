"""Runs of ``pythonshell`` jobs."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.glue.jobs.bench import Bench
from tests.providers.glue.support import refused
from tests.providers.lambda_.functions import eventually

pytestmark = pytest.mark.lab

WAITS = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"


@pytest.mark.fidelity("glue_jobs.python_shell")
def test_a_script_uses_aws_and_its_arguments(bench: Bench) -> None:
    job = bench.job(
        """
        import sys, boto3, pandas
        from awsglue.utils import getResolvedOptions

        options = getResolvedOptions(sys.argv, ["bucket", "day"])
        text = pandas.DataFrame({"day": [options["day"]]}).to_csv(index=False)
        boto3.client("s3").put_object(Bucket=options["bucket"], Key="out.csv", Body=text)
        print("wrote", options["day"])
        print("a warning", file=sys.stderr)
        """,
        DefaultArguments={"--bucket": bench.bucket, "--day": "none"},
    )

    run = bench.run(job, {"--day": "2026-01-31"})

    assert (run["JobRunState"], run.get("ErrorMessage")) == ("SUCCEEDED", None)
    assert bench.text("out.csv") == "day\n2026-01-31\n"
    assert run["Arguments"] == {"--day": "2026-01-31"}
    assert (run["MaxCapacity"], run["AllocatedCapacity"], run["Timeout"]) == (0.0625, 0, 2880)
    assert run["ExecutionTime"] >= 1
    assert run["StartedOn"] <= run["CompletedOn"]
    assert bench.log("/aws-glue/python-jobs/output", run["Id"]) == ["wrote 2026-01-31"]
    assert bench.log("/aws-glue/python-jobs/error", run["Id"]) == ["a warning"]


@pytest.mark.fidelity("glue_jobs.python_shell")
def test_nothing_of_the_lab_is_there(bench: Bench) -> None:
    run = bench.run(bench.job("import localstack"))
    assert run["ErrorMessage"] == "Command failed with exit code 1"
    said = bench.log("/aws-glue/python-jobs/error", run["Id"])
    assert said[-1] == "ModuleNotFoundError: No module named 'localstack'"


@pytest.mark.fidelity("glue_jobs.python_files")
def test_files_of_ones_own(bench: Bench) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("packed/__init__.py", "VALUE = 2\n")
    locations = [
        bench.put("lib/plain.py", "VALUE = 1\n"),
        bench.put("lib/packed.zip", archive.getvalue()),
    ]
    job = bench.job("import plain, packed\nprint(plain.VALUE + packed.VALUE)\n")

    run = bench.run(job, {"--extra-py-files": ",".join(locations)})

    assert bench.log("/aws-glue/python-jobs/output", run["Id"]) == ["3"]


@pytest.mark.fidelity("glue_jobs.python_modules")
def test_a_module_that_is_not_there_is_named(bench: Bench) -> None:
    job = bench.job("print('never')")
    run = bench.run(job, {"--additional-python-modules": "pandas,delta-sharing==1.0"})
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == (
        "--additional-python-modules: delta-sharing==1.0 is not in the lab, which installs nothing "
        "for a job. What is pure Python can be given as --extra-py-files."
    )


def test_a_script_that_is_not_there(bench: Bench) -> None:
    job = bench.job("print('never')")
    bench.s3.delete_object(Bucket=bench.bucket, Key=f"scripts/{job}.py")
    run = bench.run(job)
    assert run["ErrorMessage"] == (
        f"The script s3://{bench.bucket}/scripts/{job}.py could not be downloaded. "
        "NoSuchKey: The specified key does not exist."
    )


@pytest.mark.fidelity("glue_jobs.retries")
def test_a_failed_run_is_tried_again(bench: Bench) -> None:
    job = bench.job("raise SystemExit(3)", MaxRetries=1)

    first = bench.run(job)
    second = bench.wait(job, first["Id"] + "_attempt_1")

    assert (first["JobRunState"], first["Attempt"]) == ("FAILED", 0)
    assert first["ErrorMessage"] == "Command failed with exit code 3"
    assert (second["JobRunState"], second["Attempt"]) == ("FAILED", 1)
    assert second["PreviousRunId"] == first["Id"]
    runs = bench.glue.get_job_runs(JobName=job)["JobRuns"]
    assert [run["Id"] for run in runs] == [second["Id"], first["Id"]]


@pytest.mark.fidelity("glue_jobs.concurrency")
def test_one_run_at_a_time_and_a_stop(bench: Bench) -> None:
    job = bench.job(WAITS)
    run = bench.start(job)
    bench.wait(job, run, "RUNNING")

    assert refused(bench.glue.start_job_run, JobName=job) == (
        "ConcurrentRunsExceededException",
        f"Concurrent runs exceeded for {job}",
    )
    stopped = bench.glue.batch_stop_job_run(JobName=job, JobRunIds=[run, "jr_none"])

    assert stopped["SuccessfulSubmissions"] == [{"JobName": job, "JobRunId": run}]
    assert stopped["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert bench.wait(job, run)["JobRunState"] == "STOPPED"
    again = bench.glue.batch_stop_job_run(JobName=job, JobRunIds=[run])
    assert again["Errors"][0]["ErrorDetail"] == {
        "ErrorCode": "InvalidInputException",
        "ErrorMessage": "Job Run in terminal state STOPPED already",
    }


@pytest.mark.fidelity("glue_jobs.events")
def test_eventbridge_learns_of_the_end(bench: Bench, client: Callable[..., Any]) -> None:
    events, sqs = client("events"), client("sqs")
    queue = sqs.create_queue(QueueName=bench.bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    job = bench.job("raise SystemExit(1)")
    pattern = {"source": ["aws.glue"], "detail": {"jobName": [job]}}
    events.put_rule(Name=bench.bucket, EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": arn["QueueArn"]}
    events.put_targets(Rule=bench.bucket, Targets=[target])

    run = bench.run(job)
    got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]

    event = json.loads(got[0]["Body"])
    assert event["detail-type"] == "Glue Job State Change"
    assert event["detail"] == {
        "jobName": job,
        "severity": "ERROR",
        "state": "FAILED",
        "jobRunId": run["Id"],
        "message": "Command failed with exit code 1",
    }
    events.remove_targets(Rule=bench.bucket, Ids=["queue"])
    events.delete_rule(Name=bench.bucket)
    sqs.delete_queue(QueueUrl=queue)


@pytest.mark.fidelity("glue_jobs.arguments")
def test_a_state_machine_waits_for_a_run(bench: Bench, client: Callable[..., Any]) -> None:
    states = client("stepfunctions")
    job = bench.job("import sys\nprint(sys.argv[1:])\n")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Parameters": {"JobName": job, "Arguments": {"--day.$": "$.day"}},
        "End": True,
    }
    machine = states.create_state_machine(
        name=bench.bucket,
        roleArn="arn:aws:iam::000000000000:role/states",
        definition=json.dumps({"StartAt": "Run", "States": {"Run": task}}),
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input='{"day": "2026-02-01"}')

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=execution["executionArn"])
        return found if found["status"] != "RUNNING" else None

    ended = eventually(look, within=60)
    assert ended["status"] == "SUCCEEDED"
    run = json.loads(ended["output"])
    assert (run["JobName"], run["JobRunState"]) == (job, "SUCCEEDED")
    said = bench.log("/aws-glue/python-jobs/output", run["Id"])
    assert said == ["['--day', '2026-02-01']"]
    states.delete_state_machine(stateMachineArn=machine)
