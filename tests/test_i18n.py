"""Both languages say the same things, and every text that the code asks for is there."""

import ast
import string
from pathlib import Path

import pytest

from lab import i18n

PACKAGE = Path(i18n.__file__).parent


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert set(i18n.texts("fr")) == set(i18n.texts("en"))


def test_no_two_files_hold_the_same_text() -> None:
    for lang in i18n.LANGUAGES:
        files = sorted((PACKAGE / "locales" / lang).glob("*.toml"))
        keys = [key for file in files for key in i18n.parse(file.read_text(encoding="utf-8"))]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("key", sorted(i18n.texts("en")))
def test_both_languages_fill_the_same_fields(key: str) -> None:
    assert fields(i18n.texts("fr")[key]) == fields(i18n.texts("en")[key])


def asked_for() -> set[str]:
    """The keys that stand as literals in calls of ``t`` and ``lab_error``."""
    keys: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            first = node.args[0]
            if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                continue
            if node.func.id == "t":
                keys.add(first.value)
            elif node.func.id == "lab_error":
                keys |= {f"errors.{first.value}.message", f"errors.{first.value}.next"}
    return keys


def test_every_text_that_the_code_asks_for_exists() -> None:
    assert asked_for() - set(i18n.texts("en")) == set()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_CA.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LAB_LANG": "fr"}, "fr"),
    ],
)
def test_the_language_is_the_system_s_unless_chosen(environ: dict[str, str], expected: str) -> None:
    assert i18n.language(environ) == expected


def test_an_error_has_its_words_and_its_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANG", "fr")
    error = i18n.lab_error("bad-mode", mode="x")
    assert (error.code, error.message) == ("bad-mode", "Le mode x n'existe pas.")
    assert error.next_step == "Utilisez embedded (par défaut) ou compose."


def test_numbers_are_written_as_the_language_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (i18n.number(336_776), i18n.decimal(-1.25, 2)) == ("336,776", "-1.25")
    monkeypatch.setenv("LAB_LANG", "fr")
    assert (i18n.number(336_776), i18n.decimal(1.5, sign="+")) == ("336\u202f776", "+1,5")
