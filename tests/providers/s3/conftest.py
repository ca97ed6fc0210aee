"""A LocalStack process of one's own, that can be killed and started again on the same home."""

import json
import os
import signal
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import localstack
from lab.stack.processes import free_port

READY_WITHIN = 60.0


class OwnLab:
    """One home, and a LocalStack process on it that comes and goes."""

    def __init__(self, home: Path) -> None:
        self.config = Config(
            home=home, cache=home / "cache", port=free_port(), opensearch_port=free_port()
        )
        self.log = localstack.prepare(self.config)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> Path:
        return self.config.s3_dir

    def start(self) -> Any:
        """Start LocalStack; returns an S3 client."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                localstack.command(),
                env=localstack.environment(self.config),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_WITHIN
        while "s3" not in self._providers():
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.05)
        return self.client()

    def client(self, account: str = ACCESS_KEY_ID) -> Any:
        """An S3 client; a 12-digit access key is the account's id."""
        return boto3.client(
            "s3",
            endpoint_url=self.config.endpoint_url,
            region_name=REGION,
            aws_access_key_id=account,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=BotoConfig(retries={"max_attempts": 0}),
        )

    def kill(self) -> None:
        """``kill -9``: nothing gets the chance to tidy up."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=30)
            self.process = None

    def stop(self) -> None:
        """The ordinary end."""
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def _providers(self) -> dict[str, str]:
        try:
            with urllib.request.urlopen(
                f"{self.config.endpoint_url}/_lab/health", timeout=5
            ) as answer:
                body = json.loads(answer.read())
        except OSError as error:
            if getattr(error, "code", None) != 500:
                return {}
            body = json.loads(error.read())  # type: ignore[attr-defined]  # an HTTPError
            if not os.environ.get("LAB_TEST_PARTIAL") or "s3" in body["failures"]:
                pytest.fail(f"LocalStack: {body['failures']}")
        found: dict[str, str] = body["providers"]
        return found


@pytest.fixture
def own_lab(tmp_path: Path) -> Iterator[OwnLab]:
    """Not started yet, killed at the end."""
    lab = OwnLab(tmp_path)
    try:
        yield lab
    finally:
        lab.kill()


@pytest.fixture
def s3(client: Callable[..., Any]) -> Any:
    return client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket of the session's lab."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def folder(lab: Config, bucket: str) -> Path:
    """Where the objects of ``bucket`` lie as files."""
    return lab.s3_dir / bucket
