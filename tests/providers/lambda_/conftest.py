"""Fixtures of the Lambda tests."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.lambda_.functions import Functions


@pytest.fixture(scope="session")
def functions(client: Callable[..., Any]) -> Functions:
    return Functions(client)
