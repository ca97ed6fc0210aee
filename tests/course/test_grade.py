"""The grade counts what was done, over what can be done here, and says so; reports can be trusted
as far as their key.
"""

import csv
import json
import re
from pathlib import Path

import pytest

from lab.course import answers, document, grade, pdf, quiz, report, roster, webpage
from lab.course.desk import Desk
from lab.errors import LabError
from tests.course.conftest import Clock
from tests.course.test_desk import solve
from tests.course.test_quiz import take

KEY = "0123456789abcdef"


@pytest.fixture
def worked(desk: Desk) -> Desk:
    """A learner with 1 of 2 in the quiz, 3 of 4 in the open question (1 waits), and one of the two
    exercises passed.
    """
    module = desk.course.module("m01")
    quiz.begin(module, desk.store, exam=True)
    take(desk, module, right=1)
    question = desk.course.open_question("files.sizing")
    folder = desk.places.folder(question.id)
    desk.begin_answer(question, exam=False)
    (folder / "answer.toml").write_text("shards = 4")
    answers.hand_in(question, folder, desk.store)
    desk.start(desk.course.exercise("first"))
    solve(desk, "files.first")
    desk.check(desk.course.exercise("first"))
    return desk


def test_a_learner_who_has_done_nothing_has_nothing(desk: Desk) -> None:
    result = grade.compute(desk.course, desk.store.read())
    assert (result.total.got, result.scaled, result.passed) == (0.0, 0.0, False)


def test_points_are_those_of_what_was_done_over_what_can_be_done_here(worked: Desk) -> None:
    result = grade.compute(worked.course, worked.store.read())
    here = result.modules[0]
    assert (here.qcm.got, here.qcm.here) == (1.0, 2)
    assert (here.open.got, here.open.here, here.open.waiting) == (3.0, 4, 1)
    # Ten points of participation for two modules: five here, of which half are earned.
    assert (here.participation.got, here.participation.here) == (2.5, 5.0)
    assert (result.total.got, result.total.here, result.total.syllabus) == (6.5, 11.0, 22.0)
    assert result.scaled == pytest.approx(20 * 6.5 / 11)
    assert (result.complete, result.passed, result.verdict) == (False, False, "provisional")


def test_the_instructor_s_mark_is_added(worked: Desk) -> None:
    answers.mark(worked.course.open_question("files.sizing"), "reasons", 1, worked.store)
    result = grade.compute(worked.course, worked.store.read())
    assert (result.total.got, result.total.waiting) == (7.5, 0)
    assert result.passed


def test_a_report_says_what_was_done_and_verifies_with_its_key_only(
    worked: Desk, clock: Clock
) -> None:
    made = report.build(worked.course, worked.store.read(), clock.now)
    assert made["exercises"][0] == {
        **{"id": "files.first", "points": 3, "of": 3, "attempts": 1, "seconds": 0, "hints": 0},
        **{"started": "1970-01-12T13:46:40Z", "passed": "1970-01-12T13:46:40Z"},
        "solution_seen": None,
    }
    # 80 % of the domain for two modules, of which one is here; half of its points are earned.
    assert made["domains"] == [
        {
            **{"id": "das.storage", "exam": "DAS", "passed": 1, "exercises": 2},
            **{"coverage": 80, "covered": 20},
        }
    ]
    (question,) = made["questions"]
    assert (question["points"], question["of"], question["waiting"]) == (3.0, 4, 1)
    assert (question["exam"], question["seconds"]) == (False, 0)
    assert made["modules"][0]["exam"]
    signed = json.loads(report.dumps(report.sign(made, KEY)))
    assert report.verifies(signed, KEY)
    assert not report.verifies(signed, KEY[::-1])
    signed["grade"]["got"] = 290
    assert not report.verifies(signed, KEY)


def test_a_page_escapes_what_the_learner_wrote(worked: Desk, clock: Clock) -> None:
    progress = worked.store.read()
    progress.name = "<script>alert(1)</script>"
    made = report.build(worked.course, progress, clock.now)
    page = webpage.render(document.write(worked.course, made))
    assert "<script>" not in page
    assert "11.82 / 20" in page
    assert "6.5 points of the 11 that can be had in this lab so far" in page


def test_a_class_is_one_table_with_what_is_wrong(
    worked: Desk, clock: Clock, tmp_path: Path
) -> None:
    base = report.build(worked.course, worked.store.read(), clock.now)
    files = []
    for name, seed, key in (
        ("Bo", "1", KEY),
        ("ana", "2", "another key, too"),
        ("=Eve", "1", None),
    ):
        one = {**base, "name": name, "seed": seed}
        files.append(tmp_path / f"{len(files)}.json")
        files[-1].write_text(report.dumps(report.sign(one, key) if key else one))
    rows = list(csv.DictReader(roster.table([roster.read(one) for one in files], KEY).splitlines()))
    assert [(row["name"], row["remarks"]) for row in rows] == [
        ("'=Eve", "not signed, shares its seed with another report"),
        ("ana", "the signature does not verify"),
        ("Bo", "shares its seed with another report"),
    ]
    assert (rows[0]["points"], rows[0]["of"], rows[0]["passed"]) == ("6.5", "11.0", "no")
    assert "signed, not checked" in roster.table([roster.read(one) for one in files], None)


def test_a_pdf_has_its_fonts_in_it_and_writes_what_they_know(worked: Desk, clock: Clock) -> None:
    progress = worked.store.read()
    progress.name = "Zoé Œuvrard-Żak Ω"
    made = report.build(worked.course, progress, clock.now)
    paper = pdf.render(document.write(worked.course, made))
    assert paper.startswith(b"%PDF-")
    assert paper.count(b"/FontFile2") == 2
    title = re.search(rb"/Title \((.*)\)", paper)
    assert title is not None
    assert title[1].decode("utf-16-be" if title[1].startswith(b"\xfe") else "latin-1")
    assert pdf.render(document.write(worked.course, made)) == paper


REPORT = {
    **{"schema": 1, "name": "Bo", "seed": "1", "exercises": [{"seconds": 1}]},
    "grade": {"got": 1, "here": 2, "waiting": 0, "scaled": None, "passed": False},
}


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[1]", "[" * 100_000),
        json.dumps({**REPORT, "schema": 9}),
        json.dumps({**REPORT, "name": 5}),
        json.dumps({**REPORT, "exercises": [{"seconds": "1"}]}),
        json.dumps({**REPORT, "grade": {**REPORT["grade"], "passed": 1}}),
        json.dumps({**REPORT, "grade": "20/20"}),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_report_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(LabError) as caught:
        roster.read(file)
    assert caught.value.code == "class-report"


def test_a_signature_of_any_letters_is_one_that_does_not_verify(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({**REPORT, "signature": "é"}))
    assert "the signature does not verify" in roster.table([roster.read(tmp_path / "x.json")], KEY)


@pytest.mark.parametrize("text", [None, "short"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "class.key"
    if text:
        file.write_text(text)
    with pytest.raises(LabError) as caught:
        report.read_key(file)
    assert caught.value.code == "class-key"
