"""The learner's folder of an exercise: copied from the starter, never overwritten."""

import difflib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from lab.course.content import Exercise
from lab.errors import LabError
from lab.i18n import lab_error

IGNORED = shutil.ignore_patterns("__pycache__", ".*")


def copy_starter(exercise: Exercise, folder: Path, *, force: bool, now: datetime) -> Path | None:
    """Make ``folder`` from the starter. An existing one is kept as it is; with ``force`` it is
    moved aside first, and where it went is returned.
    """
    backup = None
    if folder.exists():
        if not force:
            raise lab_error("work-exists", folder=folder, id=exercise.id)
        backup = folder.with_name(f"{folder.name}.{now:%Y%m%d-%H%M%S}")
        with writing(folder.parent):
            folder.rename(backup)
    copy(exercise.starter, folder)
    return backup


def copy(source: Path, target: Path) -> None:
    """Copy a folder: all of it or nothing. Raises LabError ``work-closed``."""
    beside = target.with_name(f".{target.name}.new")
    with writing(target.parent):
        try:
            shutil.copytree(source, beside, ignore=IGNORED)
            beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What the disk or its rights refuse within the block is the LabError ``work-closed``."""
    try:
        yield
    except (OSError, shutil.Error) as error:
        raise closed(folder, error) from error


def closed(folder: Path, error: OSError) -> LabError:
    return lab_error("work-closed", folder=folder, reason=error.strerror or error)


def files(folder: Path) -> list[Path]:
    """The files of a starter or a solution, relative, in order; notes and caches left out."""
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(
        file
        for file in found
        if not file.name.startswith(("notes.", ".")) and "__pycache__" not in file.parts
    )


def difference(exercise: Exercise, folder: Path) -> Iterator[str]:
    """A unified diff from the learner's files to the solution's."""
    for name in files(exercise.solution):
        mine = folder / name
        before = mine.read_text("utf-8", errors="replace") if mine.is_file() else ""
        after = (exercise.solution / name).read_text(encoding="utf-8")
        yield from difflib.unified_diff(
            before.splitlines(),
            after.splitlines(),
            f"work/{exercise.id}/{name}",
            f"solution/{name}",
            lineterm="",
        )


def stamp(folder: Path) -> dict[Path, tuple[int, int]]:
    """What tells whether a file was saved: its time and size. Polled, because notification fails
    on network and container folders.
    """
    found = {}
    for file in folder.rglob("*"):
        if "__pycache__" in file.parts or file.name.startswith("."):
            continue
        try:
            about = file.stat()
        except FileNotFoundError:  # an editor replaces the file at this moment
            continue
        found[file] = (about.st_mtime_ns, about.st_size)
    return found
