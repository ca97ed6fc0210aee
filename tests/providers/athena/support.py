"""Runs statements through boto3 and waits for them."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

BUCKET = "athena-results"
OUTPUT = {"OutputLocation": f"s3://{BUCKET}/out"}
# Ends only when it is stopped.
LONG = (
    "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x)"
    " CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) CROSS JOIN UNNEST(sequence(1, 10000)) AS c(z)"
    " WHERE (x * y * z) % 7 = 3"
)
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Code and message of the error with which a call is answered."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


class Sql:
    """One database of the lab's Athena."""

    def __init__(self, client: Callable[..., Any], database: str) -> None:
        self.athena = client("athena")
        self.s3 = client("s3")
        self.glue = client("glue")
        self.database = database
        self.s3.create_bucket(Bucket=BUCKET)

    def start(self, sql: str, **more: Any) -> str:
        more.setdefault("ResultConfiguration", OUTPUT)
        more.setdefault("QueryExecutionContext", {"Database": self.database})
        identifier: str = self.athena.start_query_execution(QueryString=sql, **more)[
            "QueryExecutionId"
        ]
        return identifier

    def wait(self, identifier: str) -> dict[str, Any]:
        """The execution in its final state."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            answer = self.athena.get_query_execution(QueryExecutionId=identifier)
            found: dict[str, Any] = answer["QueryExecution"]
            if found["Status"]["State"] in FINAL:
                return found
        raise TimeoutError(identifier)

    def run(self, sql: str, **more: Any) -> dict[str, Any]:
        return self.wait(self.start(sql, **more))

    def rows(self, sql: str, **more: Any) -> list[list[str | None]]:
        """All rows of the first page, header first."""
        found = self.run(sql, **more)
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
        answer = self.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
        return [[d.get("VarCharValue") for d in row["Data"]] for row in answer["ResultSet"]["Rows"]]

    def body(self, uri: str) -> bytes:
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        content: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content
