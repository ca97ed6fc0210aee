"""Sets the spaces of French texts: one that does not break before : ; ! ? and within « », and in
numbers.

    python scripts/typography.py          # mends every file, and names those that it changed
    python scripts/typography.py --check  # only names them

French texts are ``*.fr.md``, what stands under ``fr`` in TOML and Python, and ``lab/locales/fr``.
Code, addresses and ``{fields}`` stay as they are, and so does what is no prose: 8:30, arn:aws.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPACE = "\u00a0"

CODE = re.compile(r"```.*?```|`[^`\n]+`|https?://\S+|\{[^{}\n]*\}|^\|[-:| ]+\|$", re.DOTALL | re.M)
END = r"(?=\s|\\n|$|[)\]»*\"'])"
RULES = [
    (re.compile(rf"(?<=[^\s:;!?])[ \u00a0\u202f]?([:;!?]){END}"), rf"{SPACE}\1"),
    (re.compile(r"«[ \u00a0\u202f]?(?=\S)"), f"«{SPACE}"),
    (re.compile(r"(?<=\S)[ \u00a0\u202f]?»"), f"{SPACE}»"),
    (re.compile(r"(?<=\d) (?=%)"), SPACE),
    (re.compile(r"(?<![\d.,])(\d{1,3}) (?=\d{3}(?!\d))"), rf"\1{SPACE}"),
    (re.compile(rf"(?<={SPACE}\d\d\d) (?=\d{{3}}(?!\d))"), SPACE),
]
STRING = r'"""(?:.*?)"""|"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'"
UNDER_FR = re.compile(rf"(?<![\w-])fr\s*=\s*(?:{STRING})", re.DOTALL)
VALUE = re.compile(rf"=\s*(?:{STRING})", re.DOTALL)
LITERAL = re.compile(STRING, re.DOTALL)


def typeset(text: str) -> str:
    """The text with its spaces set. One that is set already stays as it is."""
    for rule, by in RULES:
        kept = [found.span() for found in CODE.finditer(text)]
        text = rule.sub(lambda found: _unless_kept(found, by, kept), text)  # noqa: B023  # now
    return text


def _unless_kept(found: re.Match[str], by: str, kept: list[tuple[int, int]]) -> str:
    inside = any(start < found.end() and found.start() < end for start, end in kept)
    return found[0] if inside else found.expand(by)


def typeset_toml(source: str, where: re.Pattern[str] = UNDER_FR) -> str:
    return where.sub(lambda found: _literals(found[0]), source)


def typeset_python(source: str) -> str:
    """What is given as ``fr``, and what a ``Text`` has first."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def place(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    spans = [
        (place(node.lineno, node.col_offset), place(node.end_lineno or 0, node.end_col_offset or 0))
        for node in _french(ast.parse(source))
        if not isinstance(node, ast.Name)
    ]
    for start, end in sorted(spans, reverse=True):
        source = source[:start] + _literals(source[start:end]) + source[end:]
    return source


def _french(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (key.value for key in node.keywords if key.arg == "fr")
            if isinstance(node.func, ast.Name) and node.func.id == "Text":
                yield from node.args[:1]
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from (v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "fr")


def _literals(source: str) -> str:
    """Each literal of a piece of source, without its quotes."""

    def mend(found: re.Match[str]) -> str:
        size = 3 if found[0].startswith('"""') else 1
        return found[0][:size] + typeset(found[0][size:-size]) + found[0][-size:]

    return LITERAL.sub(mend, source)


def files() -> Iterator[tuple[Path, Callable[[str], str]]]:
    """Every file that holds French texts, and what sets them."""
    yield ROOT / "README.fr.md", typeset
    for folder in ("exercises", "solutions"):
        for file in sorted((ROOT / folder).rglob("*.fr.md")):
            yield file, typeset
        for file in sorted((ROOT / folder).rglob("*.toml")):
            yield file, typeset_toml
    for file in sorted((ROOT / "docs" / "fidelity").glob("*.toml")):
        yield file, typeset_toml
    for file in sorted((ROOT / "lab" / "locales" / "fr").glob("*.toml")):
        yield file, lambda source: typeset_toml(source, VALUE)
    for file in [
        *sorted((ROOT / "exercises").rglob("check.py")),
        *sorted((ROOT / "lab" / "checks").glob("*.py")),
        ROOT / "scripts" / "fidelity.py",
    ]:
        yield file, typeset_python


def main(words: list[str]) -> int:
    wrong = 0
    for file, mend in files():
        source = file.read_text(encoding="utf-8")
        mended = mend(source)
        if mended != source:
            wrong += 1
            print(file.relative_to(ROOT))
            if "--check" not in words:
                file.write_text(mended, encoding="utf-8")
    return 1 if wrong and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
