"""Makes a new exercise that is whole from the start: it loads, its starter fails, its solution
passes. The author then replaces its parts one by one, with the tests green all the way.

    python scripts/new_exercise.py m02_kinesis kinesis.producer "Un producteur" "A producer"

What must still be added by hand is printed at the end.
"""

import argparse
import sys
from pathlib import Path

from lab.config import ROOT
from lab.course.tables import ID

EXERCISE = """id = "{id}"
minutes = 20
points = 2
services = ["{service}"]
domains = ["das.collection", "dea.ingestion"]
programs = ["program.py"]
fidelity = ["{fidelity}"]
wrong = "output"

[title]
fr = "{fr}"
en = "{en}"
"""

HINTS = """# Three levels for each code with which check.py fails: nudge, method, nearly the answer.

[general]
nudge.fr = "Lancez le programme vous-même et lisez ce qu'il affiche."
nudge.en = "Run the program yourself and read what it prints."
method.fr = "Relisez l'énoncé, point par point, programme ouvert."
method.en = "Read the statement again, point by point, with the program open."
nearly.fr = "Tout se passe dans `main`."
nearly.en = "All of it happens in `main`."

[output]
nudge.fr = "Que lit le programme, et qu'affiche-t-il ?"
nudge.en = "What does the program read, and what does it print?"
method.fr = "Lisez l'entrée standard et affichez-la telle quelle."
method.en = "Read the standard input and print it as it is."
nearly.fr = "`print(sys.stdin.read())`"
nearly.en = "`print(sys.stdin.read())`"
"""

CHECK = '''"""Checks that program.py prints what it is given, which it does not know."""

from lab.checks import Bench, expect, task


@task(1, points=2, fr="Le programme affiche ce qu'il lit", en="The program prints what it reads")
def output_is_input(bench: Bench) -> None:
    word = f"{bench.random('word').randrange(10**6):06}"
    expect(
        bench.run("program.py", stdin=word).stdout.strip(),
        equals=word,
        code="output",
        fr="program.py affiche ce qui vient sur son entrée standard",
        en="program.py prints what comes on its standard input",
        look=f"echo {word} | python program.py",
    )
'''

STARTER = '''"""Prints what comes on the standard input."""


def main():
    """Read the standard input and print it."""
    ...


if __name__ == "__main__":
    main()
'''

SOLUTION = '''"""Prints what comes on the standard input."""

import sys


def main():
    """Read the standard input and print it."""
    print(sys.stdin.read())


if __name__ == "__main__":
    main()
'''

STATEMENTS = {
    "fr": """# {title}

## Ce qu'il faut savoir

- Un fait.

## Ce qu'il faut faire

1. `program.py` affiche ce qu'il lit.
""",
    "en": """# {title}

## What to know

- A fact.

## What to do

1. `program.py` prints what it reads.
""",
}


def make(module: str, exercise_id: str, titles: dict[str, str], fidelity: str) -> Path:
    """Write the exercise after the last one of ``module``; its folder."""
    folder = ROOT / "exercises" / module
    number = len(list(folder.glob("e*/exercise.toml"))) + 1
    slug = f"e{number:02}_{exercise_id.rsplit('.', maxsplit=1)[-1]}"
    here, solution = folder / slug, ROOT / "solutions" / module / slug
    service = exercise_id.split(".", maxsplit=1)[0]
    fields = {"id": exercise_id, "service": service, "fidelity": fidelity, **titles}
    files = {
        here / "exercise.toml": EXERCISE.format(**fields),
        here / "hints.toml": HINTS,
        here / "check.py": CHECK,
        here / "starter" / "program.py": STARTER,
        solution / "program.py": SOLUTION,
    }
    for lang, text in STATEMENTS.items():
        files[here / f"statement.{lang}.md"] = text.format(title=titles[lang])
        files[solution / f"notes.{lang}.md"] = "# Notes\n"
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return here


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Make a new exercise.")
    parser.add_argument("module", help="a folder of exercises/ that has a module.toml")
    parser.add_argument("id", help="two words with a dot, such as kinesis.producer")
    parser.add_argument("fr", help="the title in French")
    parser.add_argument("en", help="the title in English")
    parser.add_argument("--fidelity", default="kinesis.shard_rates", help="what is true of it")
    given = parser.parse_args(arguments)
    if not (ROOT / "exercises" / given.module / "module.toml").is_file():
        parser.error(f"exercises/{given.module}/module.toml is not there; write it first.")
    if not ID.fullmatch(given.id) or "." not in given.id:
        parser.error(f"{given.id} is no id: two stable words with a dot, such as kinesis.producer.")
    folder = make(given.module, given.id, {"fr": given.fr, "en": given.en}, given.fidelity)
    sys.stdout.write(
        f"{folder.relative_to(ROOT)}\n"
        "Now: exercise.toml (needs, services, domains, fidelity, [resources]), statement, check,\n"
        "hints, starter, solution and notes, in both languages. For each task, add a wrong answer\n"
        f"to tests/content/test_wrong_answers_{given.module.split('_')[0]}.py. After a change of a "
        "diagram:\n"
        "python scripts/pictures.py. pytest tests/content says what is missing.\n"
    )


if __name__ == "__main__":
    main()
