"""Fixtures of the Lambda tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.providers.lambda_.functions import Functions
from tests.providers.lambda_.streams import Pipeline, Recorder


@pytest.fixture(scope="session")
def functions(client: Callable[..., Any]) -> Functions:
    return Functions(client)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture
def pipeline(
    client: Callable[..., Any], functions: Functions, recorder: Recorder
) -> Iterator[Pipeline]:
    """A function that records, and the name of a stream that is still to be created."""
    pipeline = Pipeline(client, functions, recorder)
    yield pipeline
    pipeline.close()
