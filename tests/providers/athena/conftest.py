"""A database of its own per module."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.providers.athena.support import Sql


@pytest.fixture(scope="module")
def sql(client: Callable[..., Any], request: pytest.FixtureRequest) -> Sql:
    name = request.module.__name__.rsplit(".", 1)[-1]
    found = Sql(client, name)
    found.run(f"CREATE DATABASE {name}", QueryExecutionContext={})
    return found
