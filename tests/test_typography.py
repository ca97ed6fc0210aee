"""French texts have their spaces: none that breaks before : ; ! ? or within « »."""

import importlib.util
import io
from pathlib import Path

import pytest
from rich.console import Console

from lab import terminal

FILE = Path(__file__).parent.parent / "scripts" / "typography.py"
spec = importlib.util.spec_from_file_location("typography", FILE)
assert spec and spec.loader
typography = importlib.util.module_from_spec(spec)
spec.loader.exec_module(typography)


def test_every_french_text_is_set() -> None:
    wrong = [
        str(file.relative_to(typography.ROOT))
        for file, mend in typography.files()
        if mend(source := file.read_text(encoding="utf-8")) != source
    ]
    assert wrong == [], "run: python scripts/typography.py, which mends them"


@pytest.mark.parametrize(
    ("written", "set_"),
    [
        ("Puis: lab up", "Puis~: lab up"),
        ("Bloqué ? Oui !", "Bloqué~? Oui~!"),
        ("un « flux » ; deux", "un «~flux~»~; deux"),
        ("`a` : 20 % de 1 048 576", "`a`~: 20~% de 1~048~576"),
        ("{name} :\\n", "{name}~:\\n"),
        ("de 8:30 à 9:00, arn:aws:s3:::x, a::b", "de 8:30 à 9:00, arn:aws:s3:::x, a::b"),
        ("`a ? b : c` https://x.org/?a=1 {x:.1f}", "`a ? b : c` https://x.org/?a=1 {x:.1f}"),
        ("```sh\necho a : b\n```\n|---|:--|\n", "```sh\necho a : b\n```\n|---|:--|\n"),
        ("en 2013 100 vols", "en 2013 100 vols"),
    ],
)
def test_prose_is_set_and_code_is_not(written: str, set_: str) -> None:
    typeset = set_.replace("~", typography.SPACE)
    assert typography.typeset(written) == typeset
    assert typography.typeset(typeset) == typeset


def test_only_what_is_french_is_set() -> None:
    assert typography.typeset_toml('a = {fr = "a : b", en = "a : b"}') == (
        'a = {fr = "a\u00a0: b", en = "a : b"}'
    )
    assert typography.typeset_python('f(fr=f"{x} :", en="y :")\nText("a ;", "b ;")') == (
        'f(fr=f"{x}\u00a0:", en="y :")\nText("a\u00a0;", "b ;")'
    )


def test_the_terminal_does_not_break_such_a_space() -> None:
    shown = io.StringIO()
    Console(file=shown, width=12).print("Interroger\u00a0: deux")
    assert terminal.OUT
    assert shown.getvalue().split("\n") == ["Interroger\u00a0:", "deux", ""]
