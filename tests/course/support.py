"""A course of two small modules, made for tests: it needs no lab."""

from pathlib import Path

from lab.course import loader
from lab.course.content import Course
from lab.course.places import Places

COURSE_TOML = """
title = {fr = "Cours", en = "Course"}
grade = {scale = 20, pass = 12}
parts = [{id = "one", title = {fr = "Un", en = "One"}, participation = 10}]
domains = [{id = "das.storage", exam = "DAS", coverage = 80, title = {fr = "St", en = "Storage"}}]

[[modules]]
id = "m01_files"
part = "one"
title = {fr = "Fichiers", en = "Files"}
minutes = 30
qcm = 2
qcm_minutes = 5
open = 4
open_minutes = 10
domains = ["das.storage"]

[[modules]]
id = "m02_absent"
part = "one"
title = {fr = "Absent", en = "Absent"}
minutes = 45
qcm = 2
qcm_minutes = 5
open = 4
open_minutes = 10
domains = ["das.storage"]

[[paths]]
id = "all"
title = {fr = "Tout", en = "All"}
advice = {fr = "Dans cet ordre.", en = "In this order."}
modules = ["m01_files", "m02_absent"]
"""

EXERCISE_TOML = """
id = "files.{name}"
title = {{fr = "Le fichier {name}", en = "The file {name}"}}
minutes = 10
points = 3
needs = [{needs}]
programs = ["make.py"]
domains = ["das.storage"]
fidelity = ["kinesis.shard_rates"]
wrong = "text"
"""

HINTS_TOML = """
[general]
nudge = {fr = "g1", en = "g1"}
method = {fr = "g2", en = "g2"}
nearly = {fr = "g3", en = "g3"}

[text]
nudge = {fr = "t1", en = "t1"}
method = {fr = "t2", en = "t2"}
nearly = {fr = "t3", en = "t3"}
"""

CHECK = """
from lab.checks import Bench, expect, prepare, task

@prepare
def lay_out(bench: Bench) -> None:
    (bench.work / "given.txt").write_text(bench.seed)

@task(1, points=1, fr="Le programme tourne", en="The program runs")
def runs(bench: Bench) -> None:
    expect(bool(bench.ran), equals=True, code="never", fr="il tourne", en="it runs")

@task(2, points=2, fr="Le texte", en="The text")
def text(bench: Bench) -> None:
    file = bench.work / "made.txt"
    found = file.read_text() if file.exists() else ""
    expect(found, equals="right", code="text", fr="le texte est juste", en="the text is right")
"""

QUIZ_TOML = """
[[questions]]
id = "color"
prompt = {fr = "Couleur ?", en = "Colour?"}
exercise = "files.first"
options = [
    {text = {fr = "a", en = "a"}, why = {fr = "non a", en = "no a"}},
    {text = {fr = "b", en = "b"}, right = true, why = {fr = "oui b", en = "yes b"}},
    {text = {fr = "c", en = "c"}, why = {fr = "non c", en = "no c"}},
    {text = {fr = "d", en = "d"}, right = true, why = {fr = "oui d", en = "yes d"}},
]

[[questions]]
id = "size"
prompt = {fr = "Taille ?", en = "Size?"}
exercise = "files.second"
options = [
    {text = {fr = "a", en = "a"}, right = true, why = {fr = "oui a", en = "yes a"}},
    {text = {fr = "b", en = "b"}, why = {fr = "non b", en = "no b"}},
    {text = {fr = "c", en = "c"}, why = {fr = "non c", en = "no c"}},
    {text = {fr = "d", en = "d"}, why = {fr = "non d", en = "no d"}},
]
"""

OPEN_TOML = """
[[questions]]
id = "files.sizing"
title = {fr = "Dimensionner", en = "Sizing"}
context = {fr = "3 500 par seconde.", en = "3,500 a second."}
minutes = 10
deliverables = [{text = {fr = "Le nombre de shards", en = "The number of shards"}}]

[[questions.criteria]]
id = "shards"
points = 3
text = {fr = "4 shards", en = "4 shards"}
measure = {key = "shards", value = 4, tolerance = 0.0}

[[questions.criteria]]
id = "reasons"
points = 1
text = {fr = "Les raisons sont dites", en = "The reasons are given"}
"""


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def make_course(root: Path) -> Places:
    """Write the course below ``root``."""
    module = root / "exercises" / "m01_files"
    write(root / "exercises" / "course.toml", COURSE_TOML)
    write(module / "module.toml", 'summary = {fr = "Des fichiers.", en = "Files."}')
    write(module / "quiz.toml", QUIZ_TOML)
    write(module / "open.toml", OPEN_TOML)
    for number, (name, needs) in enumerate((("first", ""), ("second", '"files.first"')), start=1):
        folder = module / f"e{number:02}_{name}"
        write(folder / "exercise.toml", EXERCISE_TOML.format(name=name, needs=needs))
        write(folder / "hints.toml", HINTS_TOML)
        write(folder / "check.py", CHECK)
        for lang in ("fr", "en"):
            write(folder / f"statement.{lang}.md", f"# {name} {lang}\n")
        write(folder / "starter" / "make.py", 'print("made nothing")\n')
        solution = root / "solutions" / "m01_files" / folder.name
        write(solution / "make.py", 'open("made.txt", "w").write("right")\n')
        for lang in ("fr", "en"):
            write(solution / f"notes.{lang}.md", "# Notes\n")
    return Places(root / "exercises", root / "solutions", root / "work")


def load(places: Places) -> Course:
    return loader.load(places.exercises, places.solutions)
