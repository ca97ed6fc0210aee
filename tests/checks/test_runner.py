"""Tasks pass, fail or are in error, and the three are not confused."""

from pathlib import Path

import pytest

from lab.checks import Bench, runner
from lab.errors import LabError

HEAD = "from lab.checks import Failed, Text, expect, prepare, task\n"
ONE = '@task(1, points=1, fr="un", en="one")\ndef one(bench): '
TWO = '@task(2, points=2, fr="deux", en="two")\ndef two(bench): '
FAIL = 'expect(1, equals=2, code="c", fr="f", en="e")\n'


def write(bench: Bench, *parts: str) -> Path:
    file = bench.work / "check.py"
    file.write_text(HEAD + "\n".join(parts))
    return file


@pytest.mark.parametrize(
    ("first", "second", "status", "each", "points"),
    [
        ("pass\n", "pass\n", "pass", ["pass", "pass"], 3),
        (FAIL, "pass\n", "fail", ["fail", "pass"], 2),
        ("1 / 0\n", "pass\n", "error", ["error"], 0),
        (FAIL, "1 / 0\n", "error", ["fail", "error"], 0),
    ],
)
def test_the_worst_task_decides(
    bench: Bench, first: str, second: str, status: str, each: list[str], points: int
) -> None:
    told: list[str] = []
    check = write(bench, ONE + first, TWO + second)
    outcome = runner.run(check, bench, report=lambda result: told.append(result.status))
    assert (outcome.status, outcome.points) == (status, points)
    assert [result.status for result in outcome.results] == told == each


def test_a_lab_that_is_down_is_an_error_and_no_fail(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.checks.bench.BOTO", {"retries": {"max_attempts": 0}})
    check = write(bench, ONE + 'bench.client("kinesis").list_streams()\n')
    (result,) = runner.run(check, bench).results
    assert result.status == "error"
    assert "Could not connect to the endpoint URL" in result.trouble


def test_what_was_made_by_hand_passes_whatever_the_program_does(bench: Bench) -> None:
    (bench.work / "make.py").write_text("raise SystemExit(1)")
    outcome = runner.run(write(bench, ONE + "pass\n"), bench, ["make.py"])
    assert (outcome.status, outcome.failure) == ("pass", None)
    assert outcome.program is not None


def test_preparing_runs_what_is_marked_and_nothing_else(bench: Bench) -> None:
    write_it = '(bench.work / "ready").touch()\n'
    check = write(bench, f"@prepare\ndef ready(bench): {write_it}", ONE + "1 / 0\n")
    assert runner.prepare(check, bench)
    assert (bench.work / "ready").exists()
    assert not runner.prepare(write(bench, ONE + "pass\n"), bench)


@pytest.mark.parametrize(
    "tasks",
    [(), (TWO + "pass\n",), (ONE + "pass\n", ONE.replace("def one", "def other") + "pass\n")],
)
def test_tasks_are_numbered_from_one_without_gaps(bench: Bench, tasks: tuple[str, ...]) -> None:
    with pytest.raises(LabError, match="tasks must be numbered 1, 2, 3") as caught:
        runner.tasks(write(bench, *tasks))
    assert caught.value.code == "check-broken"


def test_a_check_that_cannot_be_read_is_our_error(bench: Bench) -> None:
    with pytest.raises(LabError, match=r"check\.py is broken: '\(' was never closed"):
        runner.tasks(write(bench, "("))


def test_preparing_that_breaks_is_our_error(bench: Bench) -> None:
    check = write(bench, "@prepare\ndef ready(bench): 1 / 0\n")
    with pytest.raises(LabError, match="could not be prepared: division by zero") as caught:
        runner.prepare(check, bench)
    assert caught.value.code == "prepare-failed"


def test_what_explains_a_failure_is_what_its_own_task_ran(bench: Bench) -> None:
    for name in ("make", "one", "two"):
        (bench.work / f"{name}.py").write_text(f"print({name!r})")
    runs = 'bench.run("{}.py"); '
    outcome = runner.run(
        write(bench, ONE + runs.format("one") + "\n", TWO + runs.format("two") + FAIL),
        bench,
        ["make.py"],
    )
    assert [ran.stdout for ran in outcome.ran] == ["two\n"]
    assert runner.run(write(bench, ONE + "pass\n"), bench, ["make.py"]).ran == ()
