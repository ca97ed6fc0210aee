"""A lake of a test's own: a bucket, a database, and a crawler over them, then Athena."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.providers.glue.crawlers.lake import Lake


@pytest.fixture
def lake(client: Callable[..., Any]) -> Iterator[Lake]:
    found = Lake(client, f"crawled{uuid.uuid4().hex[:10]}")
    yield found
    found.forget()
