"""The learner's and the instructor's verbs, as they type them, at a course that is quick."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.config import Config
from tests.course.support import make_course

pytestmark = pytest.mark.lab

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environ(lab: Config, tmp_path: Path) -> dict[str, str]:
    make_course(tmp_path)
    folders = {"LAB_COURSE": str(tmp_path), "LAB_WORK": str(tmp_path / "work")}
    return {**os.environ, "COLUMNS": "300", **lab.environment(), **folders}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    def command(*words: str, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "lab.cli", *words],
            env={**environ, **more},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return command


def solve(tmp_path: Path) -> None:
    made = tmp_path / "work" / "files.first" / "make.py"
    made.write_bytes((tmp_path / "solutions/m01_files/e01_first/make.py").read_bytes())


def test_a_learner_s_way_from_next_to_the_report(run: Run, tmp_path: Path) -> None:
    assert "→ Begin: lab start files.first" in run("next").stdout
    assert "• " not in run("list").stdout
    assert run("show", "first").stdout.strip().splitlines()[-1].endswith("lab start files.first")
    assert "make.py" in run("start", "first").stdout

    check = run("check")
    assert check.returncode == 1
    assert "✓ 1  The program runs  1/1 pts\n✗ 2  The text  0/2 pts\n" in check.stdout
    assert "make.py printed:\n    made nothing" in check.stdout
    assert "expected  the text is right" in check.stdout
    assert "Stuck? lab hint" in check.stdout

    assert "Hint 1 of 3: a nudge  text\nt1" in run("hint").stdout
    assert "Indice 2 sur 3\u00a0: la méthode  text\nt2" in run("--lang", "fr", "hint").stdout

    solve(tmp_path)
    check = run("check")
    assert check.returncode == 0
    assert "Passed, 3 points." in check.stdout
    assert "lab start files.second" in check.stdout
    assert "same as the solution's" in run("solution", "first", "--diff").stdout

    page = run("report", "--name", "Ana", "--html").stdout
    assert page.startswith("<!doctype html><html lang='en'>")
    assert "Ana" in page


def test_the_language_is_spoken_wherever_it_is_asked_for(run: Run) -> None:
    assert "→ Pour commencer\u00a0: lab start files.first" in run("next", "--lang", "fr").stdout
    assert "→ Pour commencer\u00a0: lab start files.first" in run("next", "--lang=fr").stdout
    assert "Affiche" in run("--lang", "fr", "show", "--help").stdout
    for words in (("next", "--lang", "de"), ("next", "--lang")):
        refused = run(*words)
        assert (refused.returncode, "Use one of: en, fr." in refused.stderr) == (1, True)


def test_a_lab_that_is_down_is_exit_code_2_and_says_what_to_start(run: Run, environ: dict) -> None:
    run("start", "first")
    down = run("check", LAB_PORT="9")
    assert down.returncode == 2
    assert "✗ The lab does not answer at http://127.0.0.1:9." in down.stderr
    assert "→ Start it: lab up" in down.stderr
    assert run("list", LAB_PORT="9").returncode == 0
    assert run("hint", LAB_PORT="9").returncode == 0
    assert run("grade", LAB_PORT="9").returncode == 0


def test_a_broken_check_is_exit_code_2_and_not_the_learner_s(run: Run, tmp_path: Path) -> None:
    run("start", "first")
    check = tmp_path / "exercises/m01_files/e01_first/check.py"
    check.write_text(check.read_text().replace("bool(bench.ran)", "bench.run_all()"))
    result = run("check")
    assert result.returncode == 2
    assert "This is an error of the lab, not yours" in result.stdout
    assert "AttributeError: 'Bench' object has no attribute 'run_all'" in result.stdout


def test_watching_checks_again_at_each_save_until_it_passes(
    run: Run, environ: dict[str, str], tmp_path: Path
) -> None:
    run("start", "first")
    watch = [sys.executable, "-m", "lab.cli", "watch"]
    with subprocess.Popen(watch, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Waiting for a save" in line:
                solve(tmp_path)
            if "Passed, 3 points." in line:
                break
        else:
            pytest.fail("the watch ended before the exercise passed")
        process.stdout.read()
    assert process.returncode == 0


def test_the_solution_is_asked_for_twice_before_success(run: Run) -> None:
    assert run("solution", "first", stdin="n\n").returncode == 1
    shown = run("solution", "first", stdin="y\n").stdout
    assert 'open("made.txt", "w").write("right")' in shown
    assert "Notes" in shown


def test_reset_with_an_id_begins_only_that_exercise_again(
    run: Run, tmp_path: Path, lab: Config
) -> None:
    run("start", "first")
    solve(tmp_path)
    assert "What was there is now in" in run("reset", "first").stdout
    assert "made nothing" in (tmp_path / "work/files.first/make.py").read_text()
    assert lab.home.exists()


def test_goto_runs_the_solutions_before(run: Run) -> None:
    said = run("start", "second").stdout
    assert "what files.first makes in the lab, which you have not passed: lab goto" in said
    shown = run("goto", "second").stdout
    assert "Running the solution of files.first" in shown
    assert "files.second" in shown


def test_paths_have_their_times_and_unknown_ones_are_named(run: Run) -> None:
    assert "all  All  (2 h 05 min)" in run("path").stdout
    unknown = run("path", "short")
    assert (unknown.returncode, "Name one of: all." in unknown.stderr) == (1, True)
    assert "Name one of: files.first, files.second." in run("show", "third").stderr


def test_a_diagram_is_a_note_with_the_link_of_its_picture(run: Run, tmp_path: Path) -> None:
    statement = tmp_path / "exercises/m01_files/e01_first/statement.en.md"
    statement.write_text("# One\n\n```mermaid flow\nflowchart LR\n a --> b\n```\n")
    assert "Diagram flow: a terminal draws none" in run("show", "first").stdout
    picture = tmp_path / "exercises/m01_files/pictures/flow.en.svg"
    picture.parent.mkdir()
    picture.write_text("<svg/>")
    assert "flow.en.svg" in run("show", "first", COLUMNS="300").stdout


def test_a_class_from_quiz_to_table(run: Run, tmp_path: Path) -> None:
    asked = run("quiz", "m01", "--exam", stdin="what\nA\nB\n")
    assert "what is no answer." in asked.stderr
    assert "Time left: " in asked.stdout
    assert "of 2 points. The first time counts" in asked.stdout
    assert "The exercise that proves it: files.first" in asked.stdout
    again = run("quiz", "m01")
    assert again.stdout.count("The exercise that proves it") == 2
    assert "1/2" not in again.stdout

    assert "hand it in: lab answer files.sizing" in run("answer", "files.sizing").stdout
    (tmp_path / "work/files.sizing/answer.toml").write_text("shards = 4\n")
    assert "✓  4 shards               3/3" in run("answer", "files.sizing").stdout
    graded = run("grade", "--mark", "files.sizing/reasons=0,5").stdout
    assert "provisional; 12 are needed to pass" in graded
    assert "cannot be given" in run("grade", "--mark", "files.sizing/reasons=7").stderr
    assert "all is no mark." in run("grade", "--mark", "all").stderr

    key = tmp_path / "class.key"
    key.write_text("0123456789abcdef\n")
    signed = run("report", "--json", "--name", "Ana", "--key", str(key)).stdout
    assert "signature" in json.loads(signed)
    (tmp_path / "ana.json").write_text(signed)
    merged = run("class", "merge", str(tmp_path / "ana.json"), "--key", str(key)).stdout
    (row,) = csv.DictReader(merged.splitlines())
    assert (row["name"], row["remarks"]) == ("Ana", "")
    assert float(row["points"]) >= 3.5

    (tmp_path / "torn.json").write_text(signed[:100])
    files = [str(tmp_path / name) for name in ("torn.json", "ana.json")]
    mixed = run("class", "merge", *files, "--key", str(key))
    assert mixed.returncode == 1
    assert mixed.stdout == merged
    assert "torn.json is no report: " in mixed.stderr


def test_an_exam_s_answer_is_timed_and_handed_in_once(run: Run, tmp_path: Path) -> None:
    assert "Sizing" in run("show", "files.sizing").stdout
    begun = run("answer", "files.sizing", "--exam").stdout
    assert "Time left: " in begun
    (tmp_path / "work/files.sizing/answer.toml").write_text("shards = 4\n")
    assert run("answer", "files.sizing", stdin="\n").returncode == 1
    handed = run("--lang", "fr", "answer", "files.sizing", stdin="oui\n").stdout
    assert "ne se rend qu'une fois. La rendre maintenant\u00a0? [o/N]" in handed
    assert "3/3" in handed
    (tmp_path / "work/files.sizing/answer.toml").write_text("shards = 5\n")
    again = run("answer", "files.sizing").stdout
    assert "3/3" in again
    assert "It is closed: it cannot be handed in again." in again


def test_a_folder_that_cannot_be_used_is_named(run: Run) -> None:
    for verb in ("next", "hint", "grade"):
        refused = run(verb, LAB_WORK="/dev/null")
        assert refused.returncode == 1
        assert "✗ /dev/null cannot be used: " in refused.stderr
        assert "or choose another folder: LAB_WORK=/elsewhere." in refused.stderr
    assert run("check", LAB_WORK="/dev/null").returncode == 2


def test_a_report_is_of_one_kind(run: Run, environ: dict[str, str]) -> None:
    assert "A report is JSON, HTML or PDF, one at a time." in run("report").stderr
    assert run("report", "--json", "--html").returncode == 1
    command = [sys.executable, "-m", "lab.cli", "report", "--pdf"]
    paper = subprocess.run(command, env=environ, capture_output=True, check=True).stdout
    assert paper.startswith(b"%PDF-")
