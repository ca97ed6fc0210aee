"""Jobs as they are defined."""

from typing import Any

import pytest

from tests.providers.glue.jobs.bench import ROLE, Bench
from tests.providers.glue.support import refused

pytestmark = pytest.mark.lab

SCRIPT = "s3://scripts/job.py"
SPARK: dict[str, Any] = {
    "Role": ROLE,
    "Command": {"Name": "glueetl", "ScriptLocation": SCRIPT, "PythonVersion": "3"},
    "GlueVersion": "4.0",
}


@pytest.mark.fidelity("glue_jobs.definitions")
def test_a_job_is_completed_and_shown(bench: Bench) -> None:
    name = f"{bench.bucket}-spark"
    bench.jobs.append(name)
    size = {"WorkerType": "G.1X", "NumberOfWorkers": 2}

    made = bench.glue.create_job(Name=name, **SPARK, **size, Tags={"team": name})
    again = bench.glue.create_job(Name=name, **SPARK, **size)
    job = bench.glue.get_job(JobName=name)["Job"]

    assert made["Name"] == again["Name"] == name
    assert job.pop("CreatedOn") == job.pop("LastModifiedOn")
    assert job == {
        **SPARK,
        **size,
        "Name": name,
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Timeout": 2880,
        "ExecutionClass": "STANDARD",
        "MaxCapacity": 2.0,
        "AllocatedCapacity": 2,
    }
    assert bench.glue.list_jobs(Tags={"team": name})["JobNames"] == [name]
    arn = f"arn:aws:glue:us-east-1:000000000000:job/{name}"
    assert bench.glue.get_tags(ResourceArn=arn)["Tags"] == {"team": name}
    found = bench.glue.batch_get_jobs(JobNames=[name, "none"])
    assert ([each["Name"] for each in found["Jobs"]], found["JobsNotFound"]) == ([name], ["none"])

    bench.glue.update_job(JobName=name, JobUpdate={**SPARK, "MaxRetries": 2})
    job = bench.glue.get_job(JobName=name)["Job"]
    assert (job["MaxRetries"], job["MaxCapacity"], "WorkerType" in job) == (2, 10.0, False)
    assert refused(bench.glue.create_job, Name=name, **SPARK) == (
        "IdempotentParameterMismatchException",
        f"Job with name '{name}' already submitted with different configuration",
    )


@pytest.mark.fidelity("glue_jobs.definitions")
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"WorkerType": "G.1X", "NumberOfWorkers": 2, "MaxCapacity": 2.0},
            "Please do not set Max Capacity if using Worker Type and Number of Workers.",
        ),
        ({"WorkerType": "G.1X"}, "Please set both Worker Type and Number of Workers."),
        ({"MaxRetries": 11}, "MaxRetries should be between 0 and 10."),
        ({"GlueVersion": "7.0"}, "Glue version 7.0 is not supported."),
    ],
)
def test_what_does_not_fit_together(bench: Bench, more: dict[str, Any], message: str) -> None:
    given = {"Name": "never", **SPARK, **more}
    assert refused(bench.glue.create_job, **given) == ("InvalidInputException", message)


@pytest.mark.fidelity("glue_jobs.refused")
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"Command": {"Name": "glueray", "ScriptLocation": SCRIPT}},
            "Command.Name glueray is not supported by this lab's Glue, which comes without Ray "
            "jobs.",
        ),
        (
            {"DefaultArguments": {"--job-language": "scala"}},
            "--job-language scala is not supported by this lab's Glue, which comes without jobs in "
            "Scala.",
        ),
        (
            {"MaintenanceWindow": "Sun:3"},
            "MaintenanceWindow is not supported by this lab's Glue, which comes without "
            "maintenance windows.",
        ),
    ],
)
def test_what_the_lab_has_not(bench: Bench, more: dict[str, Any], message: str) -> None:
    given = {"Name": "never", **SPARK, **more}
    assert refused(bench.glue.create_job, **given) == ("OperationNotSupportedException", message)


@pytest.mark.fidelity("glue_jobs.refused")
def test_arguments_that_the_lab_has_not(bench: Bench) -> None:
    job = bench.job("print()", "glueetl", GlueVersion="4.0")
    arguments = {"--datalake-formats": "iceberg"}
    assert refused(bench.glue.start_job_run, JobName=job, Arguments=arguments) == (
        "OperationNotSupportedException",
        "--datalake-formats iceberg is not supported by this lab's Glue, which comes without lake "
        "formats in Spark.",
    )


@pytest.mark.fidelity("glue_jobs.definitions")
def test_what_is_not_there(bench: Bench) -> None:
    assert refused(bench.glue.get_job, JobName="none") == (
        "EntityNotFoundException",
        "Job with name: none not found.",
    )
    assert refused(bench.glue.start_job_run, JobName="none") == (
        "EntityNotFoundException",
        "Failed to start job run due to missing metadata.",
    )
    assert bench.glue.delete_job(JobName="none")["JobName"] == "none"


@pytest.mark.fidelity("glue_jobs.arguments")
def test_arguments_that_a_run_may_not_set(bench: Bench) -> None:
    job = bench.job("print()", NonOverridableArguments={"--stage": "test"})
    assert refused(bench.glue.start_job_run, JobName=job, Arguments={"--stage": "other"}) == (
        "InvalidInputException",
        "Non-overridable argument --stage cannot be overridden.",
    )
