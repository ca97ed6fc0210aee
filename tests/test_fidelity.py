"""The pages on what is emulated say what the tests prove, no more and no less."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parent.parent / "scripts" / "fidelity.py"
spec = importlib.util.spec_from_file_location("fidelity", FILE)
assert spec and spec.loader
fidelity = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fidelity)

STATEMENTS = {each.id: each for subject in fidelity.subjects() for each in subject.statements}


def test_every_statement_has_a_test_and_every_mark_a_statement() -> None:
    assert set(fidelity.proofs()) == set(STATEMENTS)


@pytest.mark.parametrize("language", fidelity.LANGUAGES)
def test_the_pages_are_of_these_tests(language: str) -> None:
    """``python scripts/fidelity.py`` makes them again."""
    assert fidelity.path(language).read_text(encoding="utf-8") == fidelity.page(language)


@pytest.mark.parametrize("name", STATEMENTS)
def test_both_languages_are_whole_sentences(name: str) -> None:
    texts = STATEMENTS[name].texts
    assert texts["en"] != texts["fr"]
    assert all(text.endswith((".", "`")) for text in texts.values())


def test_a_statement_without_a_language_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[x\.y\] needs kind"):
        fidelity.statement("x.y", {"kind": "same", "en": "Yes."})
