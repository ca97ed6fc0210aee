"""The course as it is in this clone, and what its files say, taken apart for comparison."""

import ast
import re
from pathlib import Path

from lab.config import ROOT
from lab.course import loader
from lab.course.content import Course, Exercise

COURSE: Course = loader.load(ROOT / "exercises", ROOT / "solutions")
EXERCISES = COURSE.exercises
MODULES = [module for module in COURSE.modules if module.present]
FENCE = re.compile(r"```(\w*)[^\n]*\n(.*?)```", re.DOTALL)
VOCABULARY = {"program-failed", "program-missing", "program-slow"}
"""Codes that the vocabulary itself raises; their hints are the general ones if not given."""


def name(one: object) -> str:
    return getattr(one, "id", str(one))


def pairs() -> list[tuple[Path, Path]]:
    """Every French Markdown file of the course, with its English one."""
    files = sorted([*(ROOT / "exercises").rglob("*.fr.md"), *(ROOT / "solutions").rglob("*.fr.md")])
    return [(file, file.with_name(file.name.replace(".fr.md", ".en.md"))) for file in files]


def outline(text: str) -> list[str]:
    """The structure of a Markdown text: levels of headings, kinds of list lines and fences."""
    shape = []
    for line in FENCE.sub("```\n", text).splitlines():
        if found := re.match(r"(#+|\s*- |\s*\d+\. |```|\|)", line):
            shape.append(found[1])
    return shape


def words_in_code(text: str) -> list[str]:
    """What stands between backticks, which no language changes."""
    return sorted(re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))


def figures(text: str) -> list[str]:
    """Every number of a text, thousands together whatever separates them."""
    together = re.sub(r"(?<=\d)[ ,\u00a0\u202f](?=\d{3}(?!\d))", "", FENCE.sub("", text))
    return sorted(re.findall(r"\d+", together))


def fences(text: str) -> list[tuple[str, str]]:
    return [(kind, body) for kind, body in FENCE.findall(text)]


def codes(exercise: Exercise) -> set[str]:
    """The codes with which a check can fail: every literal that is given as ``code``."""
    found = set()
    for node in ast.walk(ast.parse(exercise.check.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            given = [(key.arg, key.value) for key in node.keywords]
        elif isinstance(node, ast.Dict):
            given = [
                (key.value, value)
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            ]
        else:
            continue
        found |= {
            value.value for key, value in given if key == "code" and isinstance(value, ast.Constant)
        }
    return found
