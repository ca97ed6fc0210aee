"""The vocabulary that exercises are checked with: ``from lab.checks import Bench, expect, task``.

It knows AWS and the learner's files; it does not know the course, its progress or its grades.

An exercise's ``check.py`` and an open question's are written alike. An open question whose answer
is, besides words, something that runs has ``work = "o01_slug"`` in ``open.toml``: a folder of the
module with ``check.py`` and ``starter/``, whose files ``lab answer`` lays out. A criterion with
``task = 1`` has the points of that task of ``check.py`` and is marked when the answer is handed in.
What runs is read and judged with:

- ``queries``: SQL through Athena. ``sql = queries.statement(bench, "answer.sql")``, then
  ``query = queries.ask(bench, sql, code=...)``, and ``expect(query.rows, equals=...)``;
- ``policies``: ``policy = policies.read(bench.work / "policy.json", code=...)``, then
  ``policies.expect(policy, allows=[Request("kinesis:PutRecord", arn)], refuses=[...], code=...)``;
- ``machines``: ``machine = machines.read(bench, "machine.asl.json", code=...)``, and, if it is to
  be executed, ``machines.run(bench, machine, {"day": "2013-01-01"}, code=...)``.
"""

from lab.checks import streams
from lab.checks.bench import Bench
from lab.checks.text import Text
from lab.checks.vocabulary import Failed, eventually, expect, prepare, task

__all__ = ["Bench", "Failed", "Text", "eventually", "expect", "prepare", "streams", "task"]
