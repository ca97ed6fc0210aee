"""Writes the pages that say what is emulated, how truly, and what differs from AWS.

    python scripts/fidelity.py

The statements are in ``docs/fidelity/*.toml``, a file per subject, in both languages. A statement
has an id (``kinesis.fan_out``) and stands on the page only when a test carries
``@pytest.mark.fidelity`` with that id: the page names the tests, and the suite that must be green
is its proof. The tests are read, not run.
"""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATEMENTS = ROOT / "docs" / "fidelity"
LANGUAGES = ("en", "fr")
KINDS = ("same", "differs", "refused")

HEADINGS = {
    "en": {"same": "As on AWS", "differs": "Otherwise than on AWS", "refused": "Not there"},
    "fr": {"same": "Comme sur AWS", "differs": "Autrement que sur AWS", "refused": "Absent"},
}
TITLES = {
    "en": "What is emulated, and how truly",
    "fr": "Ce qui est émulé, et avec quelle fidélité",
}
OPENINGS = {
    "en": """\
Each line below is a promise that at least one test keeps; the tests are linked at its end. When a
test fails, the suite fails, and the promise with it. The page is made from the tests by
`scripts/fidelity.py`. What is refused is refused by name, with AWS's own exception: nothing here
pretends.""",
    "fr": """\
Chaque ligne ci-dessous est une promesse que tient au moins un test ; les tests sont en lien à la
fin. Quand un test échoue, la suite échoue, et la promesse avec elle. La page est tirée des tests
par `scripts/fidelity.py`. Ce qui est refusé l'est par son nom, avec l'exception d'AWS : rien ici ne
fait semblant.""",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One promise, in both languages."""

    id: str
    kind: str
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """One file of statements."""

    name: str
    titles: dict[str, str]
    statements: list[Statement]


def subjects() -> list[Subject]:
    """All statements, by file. A key that is missing or unknown raises ValueError."""
    return [read(file) for file in sorted(STATEMENTS.glob("*.toml"))]


def read(file: Path) -> Subject:
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    titles = tables.pop("title")
    statements = [statement(f"{file.stem}.{name}", table) for name, table in tables.items()]
    return Subject(file.stem, titles, statements)


def statement(name: str, table: dict[str, str]) -> Statement:
    if set(table) != {"kind", *LANGUAGES} or table["kind"] not in KINDS:
        raise ValueError(
            f"docs/fidelity: [{name}] needs kind (one of {', '.join(KINDS)}), en and fr, and "
            f"nothing else; it has {', '.join(table)}."
        )
    return Statement(name, table["kind"], {code: table[code].strip() for code in LANGUAGES})


def proofs() -> dict[str, list[str]]:
    """By statement: the tests that carry its mark, as ``path::test``."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for test, ids in marked(ast.parse(file.read_text(encoding="utf-8"))):
            for name in ids:
                found[name].append(f"{file.relative_to(ROOT).as_posix()}::{test}")
    return dict(found)


def marked(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """The tests of a module with the ids of their marks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            ids = [name for decorator in node.decorator_list for name in marks(decorator)]
            if ids:
                yield node.name, ids


def marks(decorator: ast.expr) -> list[str]:
    if not (isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("fidelity")):
        return []
    return [arg.value for arg in decorator.args if isinstance(arg, ast.Constant)]


def page(language: str) -> str:
    """The page in one language."""
    tests = proofs()
    parts = [f"# {TITLES[language]}\n\n{OPENINGS[language]}"]
    for subject in subjects():
        parts.append(f"## {subject.titles[language]}")
        for kind in KINDS:
            lines = [
                f"- {each.texts[language]} {links(tests[each.id])}"
                for each in subject.statements
                if each.kind == kind and each.id in tests
            ]
            if lines:
                parts.append("\n".join([f"### {HEADINGS[language][kind]}", "", *lines]))
    return "\n\n".join(parts) + "\n"


def links(tests: list[str]) -> str:
    """Small links to the tests; a name says more to who looks than a number would."""
    return ", ".join(
        f"[`{test.partition('::')[2]}`](../{test.partition('::')[0]})" for test in tests
    )


def path(language: str) -> Path:
    return ROOT / "docs" / f"fidelity.{language}.md"


if __name__ == "__main__":
    for code in LANGUAGES:
        path(code).write_text(page(code), encoding="utf-8")
        print(path(code).relative_to(ROOT))
