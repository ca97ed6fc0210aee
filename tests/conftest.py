"""Fixtures: one lab for the whole session, and boto3 clients that point at it."""

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import localstack

READY_WITHIN = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A running lab of its own (LocalStack only), stopped at the end of the session."""
    home = tmp_path_factory.mktemp("lab")
    config = Config(home=home, cache=home / "cache", port=free_port(), opensearch_port=free_port())
    log = localstack.prepare(config)
    with log.open("wb") as output:
        process = subprocess.Popen(
            localstack.command(),
            env=localstack.environment(config),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait(config, process, log)
        yield config
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(config: Config, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{config.endpoint_url}/_lab/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError as error:
            if getattr(error, "code", None) == 500 and not os.environ.get("LAB_TEST_PARTIAL"):
                pytest.exit(f"LocalStack: {json.loads(error.read())['failures']}")
            if getattr(error, "code", None) == 500:
                return
        time.sleep(0.05)
    pytest.exit(f"LocalStack is not ready:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def client(lab: Config) -> Callable[..., Any]:
    """``client("kinesis")`` is a boto3 client of the lab; keyword arguments go to botocore's Config."""

    def make(service: str, **options: Any) -> Any:
        options.setdefault("retries", {"max_attempts": 0})
        return boto3.client(
            service,
            endpoint_url=lab.endpoint_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=BotoConfig(**options),
        )

    return make
