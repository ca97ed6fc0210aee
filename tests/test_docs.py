"""The documentation is true: what it names exists, its commands work, and none is left out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from lab.cli import app
from lab.config import Config

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


@pytest.mark.parametrize("name", READMES)
def test_every_verb_has_a_target_or_stands_in_the_readme(name: str) -> None:
    verbs = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # a group
    named = set(re.findall(r"\blab ([a-z]+)", (ROOT / name).read_text()))
    assert verbs - targets() - named - {"env"} == set()


@pytest.mark.lab
def test_the_commands_by_hand_work_as_printed(lab: Config, tmp_path: Path) -> None:
    """The block with awslocal, then the one with Python, with what `lab env` prints."""
    by_hand, python = (b for b in blocks("README.md") if "awslocal" in b or "import boto3" in b)
    here = {".venv/bin/": f"{Path(sys.executable).parent}/", ".lab/": f"{lab.home}/"}
    for shown, actual in here.items():
        by_hand = by_hand.replace(shown, actual)
    env = {**os.environ, **lab.aws_environment()}
    shell = ["sh", "-ec", by_hand]
    done = subprocess.run(shell, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == '{"page": "/cart", "ms": 12}'
    code = python.replace("http://127.0.0.1:4566", lab.endpoint_url)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
