"""How much of the certifications' domains the course, a path, or what is passed prepares for.

The syllabus says what share of a domain the whole course prepares for. The modules that serve the
domain have equal parts of it; an exercise that is passed earns its points' share of its module's.
"""

from collections.abc import Collection
from dataclasses import dataclass

from lab.course.content import Course, Domain, Module
from lab.course.progress import Attempts, Progress


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of one domain, in percent: what the modules asked for prepare for, and what the
    learner has passed, wherever in the course.
    """

    domain: Domain
    planned: float
    passed: float


def compute(course: Course, progress: Progress, modules: Collection[str]) -> list[Coverage]:
    """For every domain, with ``modules`` as those planned."""
    return [_of(domain, course, progress, modules) for domain in course.domains]


def _of(domain: Domain, course: Course, progress: Progress, modules: Collection[str]) -> Coverage:
    serving = [one for one in course.modules if domain.id in one.domains]
    share = domain.coverage / len(serving) if serving else 0.0
    planned = share * sum(one.id in modules for one in serving)
    passed = share * sum(_passed(domain, one, progress) for one in serving)
    return Coverage(domain, planned, passed)


def _passed(domain: Domain, module: Module, progress: Progress) -> float:
    """The part of the module's exercises for the domain that is passed, between 0 and 1."""
    serving = [one for one in module.exercises if domain.id in one.domains]
    passed = sum(
        one.points
        for one in serving
        if progress.exercises.get(one.id, Attempts()).passed is not None
    )
    return passed / sum(one.points for one in serving) if serving else 0.0
