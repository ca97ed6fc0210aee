"""One engine per test, on a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.support import Athena


@pytest.fixture
def athena(tmp_path: Path) -> Iterator[Athena]:
    made = Athena(tmp_path)
    yield made
    made.pool.close()
