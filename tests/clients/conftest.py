"""What the clients' tests share: a bucket and a database of their own in the lab that the
environment names (AWS_ENDPOINT_URL and the like), as on AWS.
"""

import uuid
from typing import Any

import boto3
import pytest


@pytest.fixture(scope="session")
def athena() -> Any:
    return boto3.client("athena")


@pytest.fixture(scope="session")
def glue() -> Any:
    return boto3.client("glue")


@pytest.fixture(scope="session")
def s3() -> Any:
    return boto3.client("s3")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = f"clients-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def database(glue: Any, bucket: str) -> str:
    """A database whose name, unlike a bucket's, is also an identifier of SQL."""
    name = bucket.replace("-", "_")
    glue.create_database(DatabaseInput={"Name": name, "LocationUri": f"s3://{bucket}/database/"})
    return name
