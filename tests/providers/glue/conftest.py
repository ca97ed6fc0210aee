"""A client of the lab's Glue, and a database for each module."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.providers.glue.models import DataCatalog


@pytest.fixture(scope="session")
def glue(client: Callable[..., Any]) -> Any:
    return client("glue", parameter_validation=False)


@pytest.fixture(scope="module")
def database(glue: Any, request: pytest.FixtureRequest) -> str:
    name: str = "glue_" + request.module.__name__.rsplit(".", 1)[-1]
    glue.create_database(DatabaseInput={"Name": name})
    return name


@pytest.fixture
def open_catalog() -> Iterator[Callable[[Path], DataCatalog]]:
    """``open_catalog(folder)`` is the catalogue that is kept there, in this process."""
    opened: list[DataCatalog] = []

    def make(folder: Path) -> DataCatalog:
        opened.append(DataCatalog("000000000000", "us-east-1", folder))
        return opened[-1]

    yield make
    for catalog in opened:
        catalog.storage.close()
