"""Makes jobs of scripts and waits for their runs."""

import textwrap
from collections.abc import Callable
from typing import Any

from tests.providers.lambda_.functions import eventually

ROLE = "arn:aws:iam::000000000000:role/glue"
OVER = ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED")


class Bench:
    """A bucket, and jobs whose names begin with the bucket's."""

    def __init__(self, client: Callable[..., Any], bucket: str) -> None:
        self.client = client
        self.glue = client("glue", parameter_validation=False)
        self.s3 = client("s3")
        self.bucket = bucket
        self.jobs: list[str] = []
        self.s3.create_bucket(Bucket=bucket)

    def put(self, key: str, text: str | bytes) -> str:
        """An object; returns its s3:// name."""
        body = textwrap.dedent(text).encode() if isinstance(text, str) else text
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def text(self, key: str) -> str:
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body.decode()

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for each in listed.get("Contents", [])]

    def job(self, script: str, kind: str = "pythonshell", **more: Any) -> str:
        """A job with this script; returns its name."""
        name = f"{self.bucket}-{len(self.jobs)}"
        self.jobs.append(name)
        command = {"Name": kind, "ScriptLocation": self.put(f"scripts/{name}.py", script)}
        version = {"PythonVersion": "3.9" if kind == "pythonshell" else "3"}
        self.glue.create_job(
            **{"Name": name, "Role": ROLE, "Command": {**command, **version}, **more}
        )
        return name

    def start(self, job: str, arguments: dict[str, str] | None = None, **more: Any) -> str:
        given = {"Arguments": arguments} if arguments else {}
        run: str = self.glue.start_job_run(JobName=job, **given, **more)["JobRunId"]
        return run

    def show(self, job: str, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_job_run(JobName=job, RunId=run)["JobRun"]
        return found

    def wait(self, job: str, run: str, *states: str) -> dict[str, Any]:
        """The run once it is in one of these states; without, once it is over."""

        def look() -> dict[str, Any] | None:
            found = self.show(job, run)
            return found if found["JobRunState"] in (states or OVER) else None

        return eventually(look, within=120)

    def run(self, job: str, arguments: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        """Start a run and wait for its end."""
        return self.wait(job, self.start(job, arguments, **more))

    def log(self, group: str, stream: str) -> list[str]:
        events = self.client("logs").get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=True
        )
        return [event["message"].rstrip("\n") for event in events["events"]]

    def forget(self) -> None:
        for job in self.jobs:
            self.glue.delete_job(JobName=job)
        for key in self.keys(""):
            self.s3.delete_object(Bucket=self.bucket, Key=key)
        self.s3.delete_bucket(Bucket=self.bucket)
