"""The vocabulary that exercises are checked with: ``from lab.checks import Bench, expect, task``.

It knows AWS and the learner's files; it does not know the course, its progress or its grades.
"""

from lab.checks import streams
from lab.checks.bench import Bench
from lab.checks.text import Text
from lab.checks.vocabulary import Failed, eventually, expect, prepare, task

__all__ = ["Bench", "Failed", "Text", "eventually", "expect", "prepare", "streams", "task"]
