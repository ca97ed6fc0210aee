"""A lab of one's own for a measurement, and Athena as boto3 shows it."""

import contextlib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config as BotoConfig

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import localstack

READY_WITHIN = 60.0
BUCKET = "bench"
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


@contextlib.contextmanager
def running(config: Config) -> Iterator["Athena"]:
    """The lab's LocalStack while the block runs, without OpenSearch."""
    log = localstack.prepare(config)
    with log.open("wb") as output:
        server = subprocess.Popen(
            localstack.command(), env=localstack.environment(config), stdout=output, stderr=output
        )
    try:
        _wait(config)
        yield Athena(config, server.pid)
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait(config: Config) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{config.endpoint_url}/_lab/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the lab is not ready")


class Athena:
    """Statements in, executions and rows out; results go to ``s3://bench/out/``."""

    def __init__(self, config: Config, pid: int) -> None:
        self.pid = pid
        self.s3 = _client(config, "s3")
        self.athena = _client(config, "athena")
        self.s3.create_bucket(Bucket=BUCKET)

    def start(self, sql: str, database: str = "default") -> str:
        identifier: str = self.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/out"},
        )["QueryExecutionId"]
        return identifier

    def wait(self, identifier: str, pause: float = 0.0) -> dict[str, Any]:
        """The execution in its final state, asked for every ``pause`` seconds."""
        while True:
            answer = self.athena.get_query_execution(QueryExecutionId=identifier)
            found: dict[str, Any] = answer["QueryExecution"]
            if found["Status"]["State"] in FINAL:
                return found
            time.sleep(pause)

    def run(self, sql: str, database: str = "default", pause: float = 0.0) -> dict[str, Any]:
        """The execution of a statement that must succeed."""
        found = self.wait(self.start(sql, database), pause)
        if found["Status"]["State"] != "SUCCEEDED":
            raise RuntimeError(f"{found['Status']}: {sql}")
        return found

    def rows(self, identifier: str) -> tuple[list[dict[str, Any]], list[list[str | None]]]:
        """ColumnInfo, and all rows but the header."""
        columns: list[dict[str, Any]] = []
        rows: list[list[str | None]] = []
        for page in self.athena.get_paginator("get_query_results").paginate(
            QueryExecutionId=identifier
        ):
            columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            for row in page["ResultSet"]["Rows"]:
                rows.append([value.get("VarCharValue") for value in row["Data"]])
        return columns, rows[1:]


def _client(config: Config, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=config.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=BotoConfig(retries={"max_attempts": 0}),
    )
