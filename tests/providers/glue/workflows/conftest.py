"""The stage on which triggers are tried without real jobs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.providers.glue.models import DataCatalog
from tests.providers.glue.workflows.stage import Stage


@pytest.fixture
def stage(
    open_catalog: Callable[[Path], DataCatalog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    made = Stage(open_catalog(tmp_path), monkeypatch)
    made.have("j1", "j2", "j3", "j4", "j5", "c1", "c2", "c3")
    return made
