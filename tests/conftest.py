"""Fixtures: one lab for the whole session, and boto3 clients that point at it."""

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig

from lab import config as settings
from lab.config import Config
from lab.errors import LabError
from lab.stack import embedded
from lab.stack.processes import free_port

# Imported by LocalStack, the Docker client looks for an engine and leaves its socket to the garbage
# collector. That is not ours to mend, nor may it fail whichever test runs at that moment.
with warnings.catch_warnings(action="ignore"):
    import localstack.utils.docker_utils  # noqa: F401

    gc.collect()


# They run in an environment of their own: test_clients.py starts them.
collect_ignore = ["clients"]

# Read by the lab when it starts: tests create more streams a second than an account may.
os.environ.setdefault("LAB_KINESIS_LIMITS", "records")


@pytest.fixture(scope="session", autouse=True)
def english() -> None:
    """Texts are asserted in English; tests of French ask for it."""
    os.environ["LAB_LANG"] = "en"


@pytest.fixture(scope="session")
def make_lab(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], AbstractContextManager[Config]]:
    """``with make_lab("crash") as config``: a lab of its own, not started, stopped at the end."""

    @contextmanager
    def make(name: str) -> Iterator[Config]:
        home = tmp_path_factory.mktemp(name)
        # OpenSearch's user must be able to enter; the folder holds nothing secret.
        home.parent.chmod(0o755)
        home.chmod(0o755)
        config = Config(home, settings.load().cache, free_port(), free_port())
        try:
            yield config
        finally:
            embedded.down(config)

    return make


@pytest.fixture(scope="session")
def lab(make_lab: Callable[[str], AbstractContextManager[Config]]) -> Iterator[Config]:
    """A running lab for the whole session; without OpenSearch, see ``full_lab``."""
    with make_lab("lab") as config:
        _start(config)
        yield config


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
def client_of() -> Callable[..., Any]:
    """``client_of(config, "kinesis")`` is a boto3 client of a lab; keyword arguments go to
    botocore's Config.
    """

    def make(config: Config, service: str, **options: Any) -> Any:
        options.setdefault("retries", {"max_attempts": 0})
        return boto3.client(
            service,
            **config.client_settings(),
            config=BotoConfig(**options),
        )

    return make


@pytest.fixture(scope="session")
def client(lab: Config, client_of: Callable[..., Any]) -> Callable[..., Any]:
    """``client("kinesis")`` is ``client_of`` the session's lab."""
    return partial(client_of, lab)
