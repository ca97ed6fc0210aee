"""A bench of a test's own: a bucket for scripts, jobs that are made of text, runs waited for."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.providers.glue.jobs.bench import Bench


@pytest.fixture
def bench(client: Callable[..., Any]) -> Iterator[Bench]:
    found = Bench(client, f"jobs{uuid.uuid4().hex[:10]}")
    yield found
    found.forget()
