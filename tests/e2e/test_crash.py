"""LocalStack is killed in the middle of the demo: the next ``up`` works, and S3 is intact."""

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.config import Config
from lab.stack import embedded
from lab.stack.processes import Server

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def own(make_lab: Callable[[str], AbstractContextManager[Config]]) -> Iterator[Config]:
    with make_lab("crash") as config:
        embedded.up(config)
        yield config


def archive_of(s3: Any) -> dict[str, bytes]:
    """Every archive object, read through the API."""
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


def test_a_kill_in_the_middle_of_the_demo_loses_no_object(
    own: Config, client_of: Callable[..., Any]
) -> None:
    s3 = client_of(own, "s3")
    with start_demo(own) as demo:
        assert demo.stdout is not None
        seen = next(line for line in demo.stdout if "archived" in line and "archived 0" not in line)
        before = archive_of(s3)
        localstack = Server("localstack", own).process()
        assert localstack is not None
        os.kill(localstack.pid, signal.SIGKILL)
        demo.stdout.read()
    assert demo.returncode == 1, seen
    psutil.wait_procs([localstack], timeout=10)

    started = {each.name: each for each in embedded.up(own)}
    assert (started["localstack"].recovered, started["opensearch"].already_running) == (True, True)

    after = archive_of(s3)
    assert before
    assert before.items() <= after.items()
    for body in after.values():
        for line in gzip.decompress(body).splitlines():
            json.loads(line)
