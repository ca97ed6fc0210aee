"""The Mermaid diagrams of lessons and statements, and their pictures.

A terminal draws no diagrams, and a learner may have no network: ``scripts/pictures.py`` draws them
beforehand, with Mermaid itself, into the module's ``pictures/``. Each picture holds the digest of
the fence that it was drawn from.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```mermaid(?: +(?P<name>\w+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
DIGEST = re.compile(r"<!-- drawn by Mermaid [\w.-]+ from ([0-9a-f]{64}) -->")


@dataclass(frozen=True, slots=True)
class Diagram:
    """A fence with a name; ``picture`` is where its drawing is kept."""

    name: str
    text: str
    picture: Path

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def drawn(self) -> bool:
        """Whether the picture is there, and of this very text."""
        if not self.picture.is_file():
            return False
        found = DIGEST.search(self.picture.read_text(encoding="utf-8"))
        return found is not None and found[1] == self.digest


def of(file: Path, module: Path) -> Iterator[Diagram]:
    """The diagrams of ``<words>.<lang>.md`` in order, those without a name left out."""
    lang = file.name.split(".")[-2]
    for found in FENCE.finditer(file.read_text(encoding="utf-8")):
        if name := found["name"]:
            yield Diagram(name, found["text"], module / "pictures" / f"{name}.{lang}.svg")


def module_of(file: Path, root: Path) -> Path:
    """The folder of the module in ``root/exercises`` that a Markdown file of the course is of, also
    when it stands among the solutions.
    """
    return root / "exercises" / file.relative_to(root).parts[1]


def every(root: Path) -> dict[Path, Diagram]:
    """All diagrams of ``exercises/`` and ``solutions/`` by their pictures. Raises ValueError when
    two of a module have the same name and are not the same.
    """
    found: dict[Path, Diagram] = {}
    for folder in ("exercises", "solutions"):
        for file in sorted((root / folder).rglob("*.*.md")):
            for one in of(file, module_of(file, root)):
                if found.setdefault(one.picture, one).text != one.text:
                    raise ValueError(f"{file}: another diagram of the module is named {one.name}")
    return found
