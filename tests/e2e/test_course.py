"""A learner's way through each module that is here, in a real terminal, from ``lab next`` to the
report: once with the solutions, in French, and once with mistakes, in English.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lab.checks import runner
from lab.config import ROOT, Config
from lab.course import quiz, workspace
from lab.course.content import Module, OpenQuestion
from lab.course.progress import Store
from lab.stack import embedded
from tests.content import mistakes
from tests.content.support import MODULES, name
from tests.content.test_wrong_answers import ROUNDS
from tests.e2e.terminal import CTRL_C, Terminal

pytestmark = pytest.mark.lab

SOME = 2
"""Exercises of a module that are worked at here; tests/content does it with all of them, and with
every mistake, by the same code without a terminal.
"""


@pytest.fixture(scope="module")
def own(make_lab: Callable[[str], AbstractContextManager[Config]]) -> Iterator[Config]:
    """A lab in which nobody has worked yet."""
    with make_lab("course") as config:
        embedded.up(config, names=("localstack",))
        yield config


class Learner:
    """Somebody at a terminal, with a folder of their own."""

    def __init__(self, lab: Config, work: Path, lang: str) -> None:
        self.store = Store(work / "progress.json")
        self.work = work
        kept = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        self.environ = {**kept, **lab.environment(), "LAB_WORK": str(work), "LAB_LANG": lang}

    def terminal(self, *words: str) -> Terminal:
        return Terminal(words, self.environ)

    def type(self, *words: str, code: int = 0) -> str:
        """Type a command and read what it shows, on one line."""
        with self.terminal(*words) as terminal:
            ended = terminal.end()
            assert ended == code, terminal.text
            return " ".join(terminal.text.split())

    def solve(self, solution: Path, folder: Path) -> None:
        for file in workspace.files(solution):
            shutil.copy(solution / file, folder / file)

    def pass_the_rest(self, module: Module) -> None:
        """Every other exercise is passed too, as ``lab check`` records it."""
        with self.store.changing() as progress:
            for exercise in module.exercises[SOME:]:
                record = progress.exercise(exercise.id)
                record.passed = record.started = self.store.clock()
                record.tasks = {str(one.number): one.points for one in runner.tasks(exercise.check)}

    def report(self) -> dict:
        return json.loads(self.type("report", "--json", "--name", "Zoé"))


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_with_the_solutions(module: Module, own: Config, tmp_path: Path) -> None:
    zoe = Learner(own, tmp_path / "work", "fr")
    assert "lab start" in zoe.type("next")
    assert module.title.fr in zoe.type("show", module.id)
    assert module.exercises[0].title.fr in zoe.type("show", module.exercises[0].id)
    for exercise in module.exercises[:SOME]:
        assert f"lab show {exercise.id}" in zoe.type("start", exercise.id)
        zoe.solve(exercise.solution, zoe.work / exercise.id)
        assert f"Réussi, {exercise.points} points." in zoe.type("check")
    assert "identiques" in zoe.type("solution", "--diff")
    zoe.pass_the_rest(module)
    if module.questions:
        with zoe.terminal("quiz", module.id) as terminal:
            for sheet in quiz.sheets(module, zoe.store.read().seed):
                terminal.wait_for("Votre réponse (A, ou AC pour plusieurs)")
                terminal.type(sheet.letters(sorted(sheet.question.right)) + "\r")
                terminal.wait_for("Juste.")
            assert terminal.end() == 0
            assert f"{module.qcm} sur {module.qcm}." in terminal.text
    for question in module.open_questions:
        assert f"lab answer {question.id}" in zoe.type("answer", question.id)
        if question.work:
            zoe.solve(question.solution, zoe.work / question.id)
        answer(question, zoe.work / question.id, right=True)
        assert "✗" not in zoe.type("answer", question.id)
    criteria = [(q.id, one) for q in module.open_questions for one in q.criteria]
    marks = [f"--mark={q}/{one.id}={one.points}" for q, one in criteria if not one.by_machine]
    assert "provisoire" in zoe.type("grade", *marks)
    (mine,) = (one for one in zoe.report()["modules"] if one["id"] == module.id)
    for kind in ("qcm", "open", "participation"):
        assert mine[kind]["got"] == pytest.approx(mine[kind]["here"])
    assert mine["participation"]["got"] > 0


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_with_mistakes(module: Module, own: Config, tmp_path: Path) -> None:
    bo = Learner(own, tmp_path / "work", "en")
    tried = module.exercises[:SOME]
    for exercise in tried:
        bo.type("reset", exercise.id)
        said = bo.type("check", code=1)
        assert "expected" in said
        assert "Stuck? lab hint" in said
        shown = bo.type("hint")
        hints = exercise.hints.get(exercise.wrong, exercise.hints["general"])
        assert f"Hint 1 of 3: a nudge {exercise.wrong}" in shown
        assert hints[0].en.split("`")[0].strip()[:30] in shown
    first = tried[0]
    made = next(made for exercise_id, made in ROUNDS if exercise_id == first.id)
    bo.solve(first.solution, bo.work / first.id)
    mistakes.make(bo.work / first.id, made)
    said = bo.type("check", first.id, code=1)
    assert " ".join(made[0].expected.split()) in said
    if module.questions:
        interrupted_quiz(bo, module)
    for question in module.open_questions:
        bo.type("answer", question.id)
        answer(question, bo.work / question.id, right=False)
        bo.type("answer", question.id)
    report = bo.report()
    (mine,) = (one for one in report["modules"] if one["id"] == module.id)
    assert mine["qcm"]["got"] < module.qcm
    assert mine["open"]["got"] == 0
    records = {one["id"]: one for one in report["exercises"]}
    assert all(records[one.id]["attempts"] >= 1 for one in tried)
    assert all(records[one.id]["hints"] == 1 for one in tried)


def interrupted_quiz(learner: Learner, module: Module) -> None:
    """An exam with an answer that is none, Ctrl-C in the middle, and taken up again."""
    prompt = "Your answer (A, or AC for several):"
    sheets = quiz.sheets(module, learner.store.read().seed)
    with learner.terminal("quiz", module.id, "--exam") as terminal:
        terminal.wait_for("Time left: ")
        terminal.wait_for(prompt)
        terminal.type("what\r")
        terminal.wait_for("what is no answer.")
        for sheet in sheets[:3]:
            terminal.wait_for(prompt)
            terminal.type(wrong(sheet) + "\r")
        terminal.wait_for(f"4/{len(sheets)}")
        terminal.wait_for(prompt)
        terminal.type(CTRL_C)
        assert terminal.end() == 130
        assert "Interrupted; answers kept: 3." in terminal.text
        assert f"lab quiz {module.id}" in terminal.text
    with learner.terminal("quiz", module.id) as terminal:
        for number in range(4, len(sheets) + 1):
            terminal.wait_for(f"{number}/{len(sheets)}")
            terminal.wait_for(prompt)
            terminal.type(wrong(sheets[number - 1]) + "\r")
        assert terminal.end() == 0
        assert f"0 of {module.qcm} points." in terminal.text
    assert "Your answer" not in learner.type("quiz", module.id)


def wrong(sheet: quiz.Sheet) -> str:
    return sheet.letters([number for number in range(4) if number not in sheet.question.right])


def answer(question: OpenQuestion, folder: Path, *, right: bool) -> None:
    """Give the figures that the machine measures."""
    measures = [one.measure for one in question.criteria if one.measure]
    figures = [f"{one.key} = {one.value if right else one.value * 2 + 1}" for one in measures]
    if figures:
        (folder / "answer.toml").write_text("\n".join(figures))


def test_what_is_piped_has_no_colours_and_what_is_shown_has(tmp_path: Path, lab: Config) -> None:
    zoe = Learner(lab, tmp_path, "fr")
    with zoe.terminal("list") as terminal:
        assert terminal.end() == 0
        assert terminal.coloured
    with Terminal(["list"], {**zoe.environ, "NO_COLOR": "1"}) as terminal:
        terminal.end()
        assert "\x1b[3" not in terminal.text
    assert str(ROOT) not in zoe.type("show", MODULES[0].id)
