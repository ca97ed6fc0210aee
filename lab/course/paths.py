"""The ways through the course, and how long each takes."""

from lab.course.content import Course, Way
from lab.i18n import lab_error


def choose(course: Course, name: str | None) -> tuple[Way, ...]:
    """The path ``name``, or all of them. Raises LabError ``no-such-path``."""
    found = tuple(way for way in course.paths if name in (None, way.id))
    if not found:
        known = ", ".join(way.id for way in course.paths)
        raise lab_error("no-such-path", name=name, known=known)
    return found


def minutes(course: Course, way: Way) -> int:
    """Lessons, the exercises that are there, quizzes and open questions."""
    return sum(course.module(name).all_minutes for name in way.modules)
