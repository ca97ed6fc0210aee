"""Fixtures: one lab for the whole session, and boto3 clients that point at it."""

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig

from lab import config as settings
from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.errors import LabError
from lab.stack import embedded
from lab.stack.processes import free_port

# Imported by LocalStack, the Docker client looks for an engine and leaves its socket to the garbage
# collector. That is not ours to mend, nor may it fail whichever test runs at that moment.
with warnings.catch_warnings(action="ignore"):
    import localstack.utils.docker_utils  # noqa: F401

    gc.collect()


@pytest.fixture(scope="session", autouse=True)
def english() -> None:
    """Texts are asserted in English; tests of French ask for it."""
    os.environ["LAB_LANG"] = "en"


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A running lab of its own, stopped at the end; without OpenSearch, see ``full_lab``."""
    config = Config(
        home=tmp_path_factory.mktemp("lab"),
        cache=settings.load().cache,
        port=free_port(),
        opensearch_port=free_port(),
    )
    # OpenSearch's user must be able to enter; the folder holds nothing secret.
    config.home.parent.chmod(0o755)
    config.home.chmod(0o755)
    try:
        _start(config)
        yield config
    finally:
        embedded.down(config)


def _start(config: Config) -> None:
    try:
        embedded.up(config, names=("localstack",))
    except LabError as error:
        if error.code != "wrong-providers" or not os.environ.get("LAB_TEST_PARTIAL"):
            pytest.exit(error.message, returncode=1)


@pytest.fixture(scope="session")
def full_lab(lab: Config) -> Config:
    """The same lab with OpenSearch running as well."""
    embedded.up(lab, names=("opensearch",))
    return lab


@pytest.fixture(scope="session")
def client(lab: Config) -> Callable[..., Any]:
    """``client("kinesis")`` is a boto3 client of the lab; keyword arguments go to botocore's
    Config.
    """

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
