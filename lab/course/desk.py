"""The learner at work: starting, checking, resetting and skipping to exercises, each step recorded
in the progress.
"""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from lab.checks import resources, runner
from lab.checks.bench import Bench
from lab.checks.runner import Outcome, TaskResult
from lab.checks.text import Text
from lab.config import Config
from lab.course import answers, workspace
from lab.course.content import GENERAL, HINT_LEVELS, Course, Exercise, OpenQuestion
from lab.course.places import Places
from lab.course.progress import Attempts, OpenAnswer, Progress, Store
from lab.i18n import lab_error

LONGEST_STEP = 1800.0
"""Two checks further apart than so many seconds have a pause between them, which is no work."""


class Desk:
    """One learner, one course, one lab."""

    def __init__(self, course: Course, places: Places, config: Config, store: Store) -> None:
        self.course = course
        self.places = places
        self.config = config
        self.store = store

    def chosen(self, wanted: str | None) -> Exercise:
        """The exercise named, or the one being worked at, or the one that comes next."""
        if wanted:
            return self.course.exercise(wanted)
        progress = self.store.read()
        if progress.current:
            return self.course.exercise(progress.current)
        following = self.following(progress)
        if following is None:
            raise lab_error("nothing-started")
        return following

    def following(self, progress: Progress) -> Exercise | None:
        """The first exercise that has not been passed, of the module being worked at if there is
        one; None when all have.
        """
        left = [
            exercise
            for exercise in self.course.exercises
            if progress.exercises.get(exercise.id, Attempts()).passed is None
        ]
        here = self.course.exercise(progress.current).module if progress.current else ""
        return next((one for one in left if one.module == here), next(iter(left), None))

    def ahead(self, progress: Progress) -> Exercise | None:
        """The one being worked at as long as it has not been passed, then the one that follows."""
        current = progress.exercises.get(progress.current or "", Attempts())
        if progress.current and current.passed is None:
            return self.course.exercise(progress.current)
        return self.following(progress)

    def start(self, exercise: Exercise, *, force: bool = False) -> Path | None:
        """Copy the starter and prepare the lab; where an older copy was moved to, with ``force``.

        Raises LabError ``work-exists``, and ``lab-down`` when the exercise needs the lab.
        """
        self.need_lab()
        folder = self.places.folder(exercise.id)
        now = datetime.fromtimestamp(self.store.clock(), UTC)
        backup = workspace.copy_starter(exercise, folder, force=force, now=now)
        self.prepare(exercise)
        self.open(exercise)
        return backup

    def open(self, exercise: Exercise) -> None:
        """Make it the one being worked at."""
        with self.store.changing() as progress:
            record = progress.exercise(exercise.id)
            record.started = record.started or self.store.clock()
            progress.current = exercise.id

    def prepare(self, exercise: Exercise) -> bool:
        """Put into the lab and into the folder what the exercise begins with."""
        return runner.prepare(exercise.check, self._bench(exercise))

    def check(
        self, exercise: Exercise, report: Callable[[TaskResult], None] = lambda _: None
    ) -> Outcome:
        """Check the learner's folder and record how it went. Raises LabError ``not-started`` and
        ``lab-down``.
        """
        if not self.places.folder(exercise.id).is_dir():
            raise lab_error("not-started", id=exercise.id)
        self.need_lab()
        outcome = runner.run(exercise.check, self._bench(exercise), exercise.programs, report)
        with self.store.changing() as progress:
            self._record(progress, exercise, outcome)
        return outcome

    def _record(self, progress: Progress, exercise: Exercise, outcome: Outcome) -> None:
        now = self.store.clock()
        record = progress.exercise(exercise.id)
        progress.current = exercise.id
        if outcome.status == "error":  # ours: it is not counted against the learner
            return
        record.started = record.started or now
        record.attempts += 1
        if record.passed is None:
            since = record.checked or record.started
            record.seconds += min(now - since, LONGEST_STEP)
        record.checked = now
        record.failing = outcome.failure.code if outcome.failure else ""
        for result in outcome.results:
            if result.status == "pass":
                record.tasks[str(result.task.number)] = result.task.points
        if outcome.status == "pass":
            record.passed = record.passed or now

    def hint(self, exercise: Exercise) -> tuple[str, int, Text]:
        """Open the next hint for what the last check stopped at: its code, level (1 to 3), text.
        The last level is shown again when all are open.
        """
        with self.store.changing() as progress:
            record = progress.exercise(exercise.id)
            code = record.failing if record.failing in exercise.hints else GENERAL
            level = min(record.hints.get(code, 0) + 1, len(HINT_LEVELS))
            record.hints[code] = level
        return code, level, exercise.hints[code][level - 1]

    def see_solution(self, exercise: Exercise) -> None:
        """Record that the solution was shown; before success it is a thing worth knowing."""
        with self.store.changing() as progress:
            record = progress.exercise(exercise.id)
            if record.passed is None:
                record.solution_seen = record.solution_seen or self.store.clock()

    def reset(self, exercise: Exercise) -> tuple[list[str], Path | None]:
        """Delete what the exercise made in the lab and give the starter's files back, the
        learner's moved aside: what was deleted, and where the files went.
        """
        self.need_lab()
        deleted = resources.delete(self._bench(exercise), exercise.resources)
        return deleted, self.start(exercise, force=True)

    def go_to(self, exercise: Exercise, report: Callable[[Exercise], None]) -> None:
        """Bring the lab to where ``exercise`` begins: what it made is deleted, and the solutions
        of those that it needs are run.
        """
        self.need_lab()
        resources.delete(self._bench(exercise), exercise.resources)
        for needed in self.needed_by(exercise):
            report(needed)
            self.solve(needed)
        if self.places.folder(exercise.id).exists():
            self.prepare(exercise)
            self.open(exercise)
        else:
            self.start(exercise)

    def begin_answer(self, question: OpenQuestion, *, exam: bool) -> bool:
        """Lay out the folder of an open question, and put into the lab what it begins with; False
        when that has been done before.
        """
        folder = self.places.folder(question.id)
        if question.check and not folder.exists() and runner.prepares(question.check):
            self.need_lab()
        begun = answers.begin(question, folder, self.store, exam=exam)
        if begun and question.check:
            runner.prepare(question.check, self._bench(question))
        return begun

    def hand_in(self, question: OpenQuestion) -> tuple[OpenAnswer, Outcome | None]:
        """Mark what the machine can mark, and record it: the answer, and how its ``check.py`` went
        if it has one. After an error of ours nothing is recorded. Not every answer needs the lab:
        Raises LabError ``lab-down`` when that is why it could not be marked.
        """
        folder = self.places.folder(question.id)
        handed = answers.need_open(question, folder, self.store)
        if question.check is None:
            return answers.hand_in(question, folder, self.store), None
        if runner.prepares(question.check):
            self.need_lab()
        bench = self._bench(question)
        runner.prepare(question.check, bench)
        outcome = runner.run(question.check, bench)
        if outcome.status == "error":
            self.need_lab()
        else:
            handed = answers.hand_in(question, folder, self.store, outcome.passed)
        return handed, outcome

    def needed_by(self, exercise: Exercise) -> list[Exercise]:
        """Those whose state it begins with, and those that they need, in the course's order."""
        wanted = {exercise.id}
        for one in reversed(self.course.exercises):
            if one.id in wanted:
                wanted.update(one.needs)
        return [one for one in self.course.exercises if one.id in wanted - {exercise.id}]

    def solve(self, exercise: Exercise) -> None:
        """Make in the lab what the solution of ``exercise`` makes, without touching the learner's
        files.
        """
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / exercise.id
            workspace.copy(exercise.solution, copy)
            bench = self._bench(exercise, copy)
            runner.prepare(exercise.check, bench)
            if failure := runner.build(bench, exercise.programs):
                raise lab_error("solution-broken", id=exercise.id, reason=failure.actual)

    def need_lab(self) -> None:
        """Raise LabError ``lab-down`` or ``lab-unwell`` unless the lab answers, whole."""
        from urllib.error import HTTPError
        from urllib.request import ProxyHandler, build_opener

        url = self.config.endpoint_url
        direct = build_opener(ProxyHandler({}))  # on this machine: no proxy stands before it
        try:
            direct.open(f"{url}/_lab/health", timeout=10).close()
        except HTTPError as error:
            error.close()
            raise lab_error("lab-unwell", url=url, status=error.code) from error
        except OSError as error:
            raise lab_error("lab-down", url=url) from error

    def _bench(self, given: Exercise | OpenQuestion, work: Path | None = None) -> Bench:
        with self.store.changing() as progress:
            seed = f"{progress.seed}/{given.id}"
        return Bench(self.config, work or self.places.folder(given.id), seed)
