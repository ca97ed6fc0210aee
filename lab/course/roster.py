"""A class: the reports of many learners as one table, with what is wrong about any of them."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.course import report
from lab.i18n import lab_error, t

COLUMNS = ("file", "name", "points", "of", "scaled", "waiting", "passed", "seconds", "remarks")


@dataclass(frozen=True, slots=True)
class Entry:
    """One report and the file that it came in."""

    file: Path
    report: dict[str, Any]


def read(file: Path) -> Entry:
    """Raises LabError ``class-report`` for a file that is no report."""
    return Entry(file, _read(file))


def table(entries: Sequence[Entry], key: str | None) -> str:
    """CSV by name. Remarks say which reports do not verify, and which share a seed: a seed is
    drawn once for each learner, so two that have the same one worked from the same files.
    """
    seeds = Counter(entry.report["seed"] for entry in entries)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in sorted(entries, key=lambda one: (one.report["name"].casefold(), one.file)):
        grade = entry.report["grade"]
        remarks = [_signature_remark(entry.report, key)]
        if seeds[entry.report["seed"]] > 1:
            remarks.append(t("class.shared-seed"))
        writer.writerow(
            [
                entry.file.name,
                _plain(entry.report["name"]),
                grade["got"],
                grade["here"],
                "" if grade["scaled"] is None else grade["scaled"],
                grade["waiting"],
                t("class.yes") if grade["passed"] else t("class.no"),
                sum(one["seconds"] for one in entry.report["exercises"]),
                ", ".join(filter(None, remarks)),
            ]
        )
    return stream.getvalue()


def _signature_remark(found: dict[str, Any], key: str | None) -> str:
    if "signature" not in found:
        return t("class.unsigned")
    if key is None:
        return t("class.unchecked")
    return "" if report.verifies(found, key) else t("class.not-verified")


def _plain(name: str) -> str:
    """A name that a spreadsheet does not take for a formula, on one line."""
    name = " ".join(name.split())
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["schema"] != report.SCHEMA:
            raise ValueError(f"schema {found['schema']} ≠ {report.SCHEMA}")
        for value, kind in _values(found):
            if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
                raise ValueError(f"{value!r:.40} ≠ {kind}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise lab_error("class-report", file=file, reason=reason) from error
    return dict(found)


def _values(found: dict[str, Any]) -> Iterator[tuple[object, Any]]:
    """What the table reads of a report, and the type that each must have."""
    grade = found["grade"]
    number = int | float
    yield found["name"], str
    yield found["seed"], str
    yield from ((grade[name], number) for name in ("got", "here", "waiting"))
    yield grade["scaled"], number | None
    yield grade["passed"], bool
    yield from ((one["seconds"], number) for one in found["exercises"])
