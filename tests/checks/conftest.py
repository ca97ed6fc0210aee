"""A bench at no lab, with a folder of its own."""

from pathlib import Path

import pytest

from lab.checks.bench import Bench
from lab.config import Config


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(Config(tmp_path, tmp_path, port=9), tmp_path, "seed")
