"""The documentation is true: what it names exists, in both languages, and every command is in it."""

import re
from pathlib import Path

import pytest
import typer

from lab.cli import app

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.fr.md")


def blocks(name: str) -> list[str]:
    return re.findall(r"```(?:sh|python)\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def without_comments(block: str) -> str:
    return re.sub(r" *# .*", "", block)


def test_both_readmes_show_the_same_commands() -> None:
    english, french = ([without_comments(b) for b in blocks(name)] for name in READMES)
    assert english == french


@pytest.mark.parametrize("name", READMES)
def test_every_make_target_named_exists_and_every_target_is_named(name: str) -> None:
    text = (ROOT / name).read_text()
    named = set(re.findall(r"`?make ([a-z]+)", text))
    assert named - targets() == set()
    assert targets() - named - {"install", "lock"} == set()


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_links_and_pictures_resolve(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_verb_of_the_command_has_a_target() -> None:
    verbs = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # a group
    assert verbs - targets() - {"env"} == set()
