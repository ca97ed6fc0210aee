"""LocalStack is killed in the middle of the demo: the next ``up`` works, and S3 is intact."""

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from lab import config as settings
from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import embedded
from lab.stack.processes import Server, free_port

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    home = tmp_path_factory.mktemp("crash")
    home.parent.chmod(0o755)
    home.chmod(0o755)
    config = Config(home, settings.load().cache, free_port(), free_port())
    embedded.up(config)
    yield config
    embedded.down(config)


def s3_of(config: Config) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=config.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )


def archive_of(config: Config) -> dict[str, bytes]:
    """Every archive object, read through the API."""
    s3 = s3_of(config)
    found: dict[str, bytes] = {}
    for bucket in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="archive/"):
            for entry in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                assert entry["ETag"].strip('"') == hashlib.md5(body).hexdigest()
                found[entry["Key"]] = body
    return found


def start_demo(config: Config) -> "subprocess.Popen[str]":
    command = [str(Path(sys.executable).with_name("lab")), "demo", "--days", "90"]
    env = {**os.environ, **config.environment()}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=env, stdout=pipe, stderr=subprocess.STDOUT, text=True)


def test_a_kill_in_the_middle_of_the_demo_loses_no_object(own: Config) -> None:
    with start_demo(own) as demo:
        assert demo.stdout is not None
        seen = next(line for line in demo.stdout if "archived" in line and "archived 0" not in line)
        before = archive_of(own)
        localstack = Server("localstack", own).process()
        assert localstack is not None
        os.kill(localstack.pid, signal.SIGKILL)
        demo.stdout.read()
    assert demo.returncode == 1, seen
    psutil.wait_procs([localstack], timeout=10)

    started = {each.name: each for each in embedded.up(own)}
    assert (started["localstack"].recovered, started["opensearch"].already_running) == (True, True)

    after = archive_of(own)
    assert before
    assert before.items() <= after.items()
    for body in after.values():
        for line in gzip.decompress(body).splitlines():
            json.loads(line)
