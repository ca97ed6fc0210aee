"""The learner's way through exercises that need no lab."""

import pytest

from lab.course import workspace
from lab.course.desk import Desk
from lab.errors import LabError
from tests.content.support import COURSE
from tests.course.conftest import Clock


def solve(desk: Desk, exercise_id: str) -> None:
    exercise = desk.course.exercise(exercise_id)
    target = desk.places.folder(exercise.id)
    for name in workspace.files(exercise.solution):
        (target / name).write_bytes((exercise.solution / name).read_bytes())


def test_starting_copies_prepares_and_is_never_repeated_over_work(desk: Desk) -> None:
    exercise = desk.course.exercise("first")
    desk.start(exercise)
    mine = desk.places.folder("files.first") / "make.py"
    assert (mine.parent / "given.txt").read_text().endswith("/files.first")
    mine.write_text("# mine\n")

    with pytest.raises(LabError) as caught:
        desk.start(exercise)
    assert caught.value.code == "work-exists"
    assert mine.read_text() == "# mine\n"

    backup = desk.start(exercise, force=True)
    assert backup is not None
    assert (backup / "make.py").read_text() == "# mine\n"
    assert mine.read_text() == 'print("made nothing")\n'


def test_a_check_counts_attempts_times_and_the_best_points(desk: Desk, clock: Clock) -> None:
    exercise = desk.course.exercise("first")
    desk.start(exercise)
    clock.now += 60
    outcome = desk.check(exercise)
    assert outcome.failure is not None
    assert (outcome.status, outcome.failure.code, outcome.points) == ("fail", "text", 1)
    record = desk.store.read().exercises["files.first"]
    assert (record.attempts, record.points, record.seconds, record.passed) == (1, 1, 60, None)

    solve(desk, "files.first")
    clock.now += 36_000  # a night, of which no more than half an hour counts
    assert desk.check(exercise).status == "pass"
    record = desk.store.read().exercises["files.first"]
    assert (record.attempts, record.points, record.seconds) == (2, 3, 1860)
    assert record.passed == clock.now


def test_points_once_earned_stay(desk: Desk) -> None:
    exercise = desk.course.exercise("first")
    desk.start(exercise)
    solve(desk, "files.first")
    desk.check(exercise)
    folder = desk.places.folder("files.first")
    (folder / "made.txt").unlink()
    (folder / "make.py").write_text("")
    assert desk.check(exercise).status == "fail"
    assert desk.store.read().exercises["files.first"].points == 3


def test_a_program_that_fails_explains_the_tasks_that_fail(desk: Desk) -> None:
    exercise = desk.course.exercise("first")
    desk.start(exercise)
    (desk.places.folder("files.first") / "make.py").write_text("raise ValueError('why')\n")
    failure = desk.check(exercise).failure
    assert failure is not None
    assert failure.code == "program-failed"
    assert "ValueError: why" in failure.there()


def test_an_error_of_ours_is_no_attempt(desk: Desk) -> None:
    exercise = desk.course.exercise("first")
    desk.start(exercise)
    broken = exercise.check.read_text().replace("file.exists()", "file.exist()")
    exercise.check.write_text(broken)
    outcome = desk.check(exercise)
    assert outcome.status == "error"
    assert "AttributeError" in outcome.results[-1].trouble
    assert desk.store.read().exercises["files.first"].attempts == 0


def test_hints_follow_the_failing_code_three_levels_deep(desk: Desk) -> None:
    exercise = desk.course.exercise("first")
    desk.start(exercise)
    assert desk.hint(exercise)[2].en == "g1"
    desk.check(exercise)
    assert [desk.hint(exercise)[2].en for _ in range(4)] == ["t1", "t2", "t3", "t3"]
    assert desk.store.read().exercises["files.first"].hints == {"general": 1, "text": 3}


def test_a_solution_seen_before_success_is_recorded_and_after_it_is_not(desk: Desk) -> None:
    first, second = desk.course.exercises
    desk.see_solution(first)
    assert desk.store.read().exercises[first.id].solution_seen is not None
    desk.start(second)
    solve(desk, second.id)
    desk.check(second)
    desk.see_solution(second)
    assert desk.store.read().exercises[second.id].solution_seen is None


def test_the_difference_goes_from_mine_to_the_solution(desk: Desk) -> None:
    exercise = desk.course.exercise("first")
    desk.start(exercise)
    lines = list(workspace.difference(exercise, desk.places.folder(exercise.id)))
    assert lines[:2] == ["--- work/files.first/make.py", "+++ solution/make.py"]
    assert '-print("made nothing")' in lines


def test_going_to_an_exercise_runs_the_solutions_that_it_needs(desk: Desk) -> None:
    second = desk.course.exercise("second")
    solved: list[str] = []
    desk.go_to(second, lambda exercise: solved.append(exercise.id))
    assert solved == ["files.first"]
    assert not desk.places.folder("files.first").exists()
    assert desk.store.read().current == "files.second"

    mine = desk.places.folder("files.second") / "make.py"
    mine.write_text("# mine\n")
    desk.go_to(second, lambda _: None)
    assert mine.read_text() == "# mine\n"


def test_a_solution_that_fails_is_our_error(desk: Desk) -> None:
    first, second = desk.course.exercises
    (first.solution / "make.py").write_text("raise SystemExit(3)\n")
    with pytest.raises(LabError) as caught:
        desk.go_to(second, lambda _: None)
    assert caught.value.code == "solution-broken"


def test_without_an_id_the_one_in_work_is_meant_and_then_the_next(desk: Desk) -> None:
    first, second = desk.course.exercises
    assert desk.chosen(None) == first
    desk.start(second)
    assert desk.chosen(None) == second
    assert desk.following(desk.store.read()) == first
    assert desk.ahead(desk.store.read()) == second
    solve(desk, "files.second")
    desk.check(second)
    assert desk.ahead(desk.store.read()) == first


def test_what_comes_next_is_of_the_module_in_work(desk: Desk) -> None:
    at = Desk(COURSE, desk.places, desk.config, desk.store)
    with desk.store.changing() as progress:
        progress.current = "athena.views"
    following = at.following(desk.store.read())
    assert following
    assert following.id == "athena.first_table"


def test_checking_what_was_not_started_says_how_to_start(desk: Desk) -> None:
    with pytest.raises(LabError) as caught:
        desk.check(desk.course.exercise("first"))
    assert caught.value.next_step == "Begin: lab start files.first"
