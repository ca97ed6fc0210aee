"""Fixtures of the state machine tests."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.stepfunctions.support import Machines


@pytest.fixture(scope="session")
def machines(client: Callable[..., Any]) -> Machines:
    # There is no host "sync-127.0.0.1".
    return Machines(client("stepfunctions", inject_host_prefix=False))
