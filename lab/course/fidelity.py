"""What is true in the lab and what differs on AWS, as ``docs/fidelity/`` has it."""

import tomllib
from functools import cache

from lab.checks.text import Text
from lab.config import ROOT
from lab.i18n import lab_error

FOLDER = ROOT / "docs" / "fidelity"


def statement(name: str) -> tuple[str, Text]:
    """The kind (same, differs or refused) and the words of ``<file>.<id>``. Raises LabError
    ``no-such-statement``.
    """
    file, _, key = name.partition(".")
    found = _read(file).get(key)
    if not isinstance(found, dict):
        raise lab_error("no-such-statement", name=name)
    return found["kind"], Text(fr=found["fr"], en=found["en"])


@cache
def _read(file: str) -> dict[str, dict[str, str]]:
    path = FOLDER / f"{file}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
