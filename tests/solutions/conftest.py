"""The solution's modules, imported as Lambda does: from their own folder, with their own
environment.
"""

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lab.config import ROOT
from lab.data import flight_reference

FOLDER = ROOT / "solutions" / "hybrid_pipeline"
MODULES = ("deploy", "handler", "names", "policies", "produce", "search", "teardown")


@pytest.fixture(scope="module")
def solution(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """``solution("produce")`` imports that module; none of them stays imported afterwards."""
    package = tmp_path_factory.mktemp("package") / "code"
    shutil.copytree(FOLDER, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "reference.json.gz").write_bytes(flight_reference.packed())
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(package))
        patch.setattr(sys, "dont_write_bytecode", True)
        for key, value in environment().items():
            patch.setenv(key, value)

        def load(name: str) -> ModuleType:
            return importlib.import_module(name)

        yield load
    for name in MODULES:
        sys.modules.pop(name, None)


def environment() -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-3",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "BUCKET": "lake",
        "INDEX": "flights",
        "OPENSEARCH_URL": "http://127.0.0.1:9",
    }


@pytest.fixture
def folder() -> Path:
    return FOLDER
