"""Where the course and the learner's work are."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.config import ROOT


@dataclass(frozen=True, slots=True)
class Places:
    """``work`` is the learner's and stays when the lab is reset: files and progress."""

    exercises: Path
    solutions: Path
    work: Path

    @property
    def progress(self) -> Path:
        return self.work / "progress.json"

    def folder(self, exercise_id: str) -> Path:
        """The learner's folder for an exercise or an open question."""
        return self.work / exercise_id


def load(environ: Mapping[str, str] = os.environ) -> Places:
    """``$LAB_COURSE`` holds ``exercises/`` and ``solutions/``, ``$LAB_WORK`` what the learner does;
    both are in this clone by default.
    """
    course = Path(environ.get("LAB_COURSE") or ROOT).expanduser().absolute()
    work = Path(environ.get("LAB_WORK") or ROOT / "work").expanduser().absolute()
    return Places(course / "exercises", course / "solutions", work)
