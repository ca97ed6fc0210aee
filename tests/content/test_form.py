"""What every exercise and module must have, before anything is run."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab.checks import Text, runner
from lab.config import ROOT
from lab.course import diagrams, fidelity, workspace
from lab.course.content import Exercise, Module
from tests.content.support import (
    COURSE,
    EXERCISES,
    MODULES,
    VOCABULARY,
    codes,
    fences,
    figures,
    name,
    outline,
    pairs,
    words_in_code,
)

SVG = "{http://www.w3.org/2000/svg}"


def test_the_syllabus_adds_up_to_290() -> None:
    modules, parts = COURSE.modules, COURSE.parts
    qcm = sum(module.qcm for module in modules)
    open_ = sum(module.open for module in modules)
    participation = sum(part.participation for part in parts)
    assert (qcm, open_, participation) == (100, 160, 30)
    minutes = {part.id: sum(m.minutes for m in modules if m.part == part.id) for part in parts}
    assert minutes == {"part1": 315, "part2": 210}
    assert sum(module.qcm_minutes for module in modules) == 140
    assert sum(module.open_minutes for module in modules) == 400
    assert len(COURSE.paths) == 5


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_points_are_those_of_the_tasks(exercise: Exercise) -> None:
    assert sum(task.points for task in runner.tasks(exercise.check)) == exercise.points


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_every_code_of_the_check_has_hints_and_no_other(exercise: Exercise) -> None:
    assert codes(exercise) - set(exercise.hints) == set()
    assert set(exercise.hints) - codes(exercise) - VOCABULARY == {"general"}


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_hints_say_the_same_in_both_languages_and_more_at_each_level(exercise: Exercise) -> None:
    for levels in exercise.hints.values():
        for text in levels:
            assert words_in_code(text.fr) == words_in_code(text.en)
            assert figures(text.fr) == figures(text.en)
        assert len({text.en for text in levels}) == len({text.fr for text in levels}) == 3


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_the_solution_has_the_starter_s_files_and_notes(exercise: Exercise) -> None:
    assert workspace.files(exercise.solution) == workspace.files(exercise.starter)
    for lang in ("fr", "en"):
        assert (exercise.solution / f"notes.{lang}.md").is_file()
        assert (exercise.folder / f"statement.{lang}.md").is_file()
    for program in exercise.programs:
        assert (exercise.starter / program).is_file()


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_what_is_true_and_what_differs_is_said(exercise: Exercise) -> None:
    assert exercise.fidelity
    for statement in exercise.fidelity:
        fidelity.statement(statement)


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_both_certifications_are_served(exercise: Exercise) -> None:
    assert {domain.split(".")[0] for domain in exercise.domains} == {"das", "dea"}


@pytest.mark.parametrize(("french", "english"), pairs(), ids=lambda file: "/".join(file.parts[-3:]))
def test_both_languages_have_the_same_structure_and_facts(french: Path, english: Path) -> None:
    fr, en = french.read_text(), english.read_text()
    assert outline(fr) == outline(en)
    assert words_in_code(fr) == words_in_code(en)
    assert figures(fr) == figures(en)
    for (kind, mine), (_, theirs) in zip(fences(fr), fences(en), strict=True):
        if kind == "mermaid":
            assert len(mine.splitlines()) == len(theirs.splitlines())
        else:
            assert mine == theirs


@pytest.mark.parametrize(
    "file", [file for pair in pairs() for file in pair], ids=lambda file: "/".join(file.parts[-3:])
)
def test_links_resolve_and_every_fence_is_of_a_kind(file: Path) -> None:
    text = file.read_text()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert [link for link in links if "//" not in link and not (file.parent / link).exists()] == []
    assert all(kind for kind, _ in fences(text)), "a fence without a language"
    named = diagrams.of(file, diagrams.module_of(file, ROOT))
    assert len(list(named)) == text.count("```mermaid"), "a diagram without a name"


def test_every_diagram_parses_for_mermaid_itself_has_drawn_it() -> None:
    """A picture holds the digest of the text that Mermaid drew it from. Draw those that are missing
    or old: python scripts/pictures.py
    """
    every = diagrams.every(ROOT)
    assert [str(one.picture.relative_to(ROOT)) for one in every.values() if not one.drawn] == []
    kept = set((ROOT / "exercises").glob("*/pictures/*.svg"))
    assert kept == set(every)
    for file in kept:
        root = ElementTree.parse(file).getroot()
        assert (root.tag, root.get("role")) == (f"{SVG}svg", "graphics-document document")
        assert not list(root.iter(f"{SVG}foreignObject")), "labels that only browsers show"


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_s_exercises_serve_the_domains_that_the_syllabus_says(module: Module) -> None:
    served = {domain for exercise in module.exercises for domain in exercise.domains}
    assert served == set(module.domains)


@pytest.mark.parametrize("module", [m for m in MODULES if m.questions], ids=name)
def test_a_quiz_cannot_be_guessed(module: Module) -> None:
    """Ten questions; neither the place nor the length of an option tells whether it is right."""
    assert len(module.questions) == module.qcm
    places = [place for question in module.questions for place in question.right]
    assert all(places.count(place) <= len(places) / 2 for place in range(4))
    for lang in ("fr", "en"):
        longest = 0
        for question in module.questions:
            lengths = [len(getattr(option.text, lang)) for option in question.options]
            longest += lengths.index(max(lengths)) in question.right
        assert longest <= module.qcm * 0.6, f"the longest option is right too often ({lang})"


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_questions_say_the_same_in_both_languages(module: Module) -> None:
    texts: list[Text] = []
    for question in module.questions:
        texts.append(question.prompt)
        texts += [text for one in question.options for text in (one.text, one.why)]
    for asked in module.open_questions:
        texts += [asked.title, asked.context, *asked.deliverables]
        texts += [criterion.text for criterion in asked.criteria]
    for text in texts:
        assert words_in_code(text.fr) == words_in_code(text.en)
        assert figures(text.fr) == figures(text.en)


@pytest.mark.parametrize("module", [m for m in MODULES if m.open_questions], ids=name)
def test_open_questions_are_worth_what_the_syllabus_says(module: Module) -> None:
    assert sum(question.points for question in module.open_questions) == module.open
    assert sum(question.minutes for question in module.open_questions) == module.open_minutes


def test_learners_code_is_plain() -> None:
    """What a learner starts from or copies runs unchanged on AWS: nothing of the lab is in it."""
    files = [*(ROOT / "exercises").rglob("starter/**/*.py"), *(ROOT / "solutions").rglob("*.py")]
    assert files
    ours = [file for file in files if re.search(r"^\s*(from|import) lab\b", file.read_text(), re.M)]
    assert ours == []
