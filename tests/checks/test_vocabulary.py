"""Expectations, and what a learner reads when they are not met."""

from collections.abc import Iterator
from typing import Any

import pytest

from lab.checks import Failed, eventually, expect
from lab.checks.text import Text

WORDS = {"code": "count", "fr": "deux", "en": "two of them"}


@pytest.mark.parametrize(
    ("actual", "limits"),
    [(2, {"equals": 2}), (2, {"at_least": 2}), (2, {"at_most": 2}), (None, {"equals": None})],
)
def test_what_is_as_expected_says_nothing(actual: object, limits: dict[str, Any]) -> None:
    expect(actual, **limits, **WORDS)


@pytest.mark.parametrize(
    ("actual", "limits", "must", "there"),
    [
        (1, {"equals": 2}, "two of them (2)", "1"),
        (1, {"at_least": 2}, "two of them (2)", "1"),
        (0.25, {"at_most": 0.2}, "two of them (0.2)", "0.25"),
        ("b", {"equals": "two"}, "two of them", "b"),
        (["a", "c"], {"equals": ["a", "b"]}, "two of them", "[1]: c ≠ b"),
        (["a"], {"equals": ["a", "b"]}, "two of them", "[1]: (nothing) ≠ b"),
        (["a", "b"], {"equals": []}, "two of them", "a"),
        ([("k", 1)], {"equals": [("k", 2)]}, "two of them", "[0]: k · 1 ≠ k · 2"),
        (True, {"equals": False}, "two of them", "True"),
    ],
)
def test_what_is_not_is_told_with_its_figures(
    actual: object, limits: dict[str, Any], must: str, there: str
) -> None:
    with pytest.raises(Failed) as caught:
        expect(actual, **limits, **WORDS)
    assert (caught.value.must(), caught.value.there()) == (must, there)


def test_an_expectation_of_nothing_is_a_mistake_of_the_author() -> None:
    with pytest.raises(TypeError, match="compares with nothing"):
        expect(1, **WORDS)


def test_the_sentence_and_its_figures_are_in_the_learner_s_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAB_LANG", "fr")
    assert str(Text(fr="deux", en="two")) == "deux"
    failure = Failed("c", Text("le prix est juste", "the price is right"), 0.25, wanted=12.5)
    assert (failure.must(), failure.there()) == ("le prix est juste (12,5)", "0,25")


@pytest.mark.parametrize(
    ("wanted", "said"), [(4000, "4,000 of 40,001"), (1, "4,000 of 40,001 (1)")]
)
def test_a_figure_that_the_sentence_holds_is_not_repeated(wanted: int, said: str) -> None:
    assert Failed("c", Text("", "4,000 of 40,001"), 0, wanted=wanted).must() == said


def test_what_takes_time_is_looked_at_again() -> None:
    seen: Iterator[int] = iter((0, 1, 2))

    def look() -> int:
        found = next(seen)
        expect(found, equals=2, **WORDS)
        return found

    assert eventually(look, within=60) == 2


def test_the_last_failure_is_the_one_shown() -> None:
    with pytest.raises(Failed) as caught:
        eventually(lambda: expect(1, equals=2, **WORDS), within=0)
    assert caught.value.actual == 1
