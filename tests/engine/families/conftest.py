"""One engine for all tables of a module: the statements need no data."""

from collections.abc import Iterator

import pytest

from tests.engine.support import Athena


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Athena]:
    made = Athena(tmp_path_factory.mktemp("families"))
    yield made
    made.pool.close()
