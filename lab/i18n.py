"""The texts that a person reads, in French and in English.

A text is found by its key in the files of ``locales/<language>/``, one an area; both languages hold
the same keys and the same ``{fields}``, which a test enforces. The language is ``$LAB_LANG``, else
the system's, else English.
"""

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from lab.errors import LabError

LANGUAGES = ("en", "fr")


def language(environ: Mapping[str, str] = os.environ) -> str:
    """The language to speak: the first of $LAB_LANG, $LC_ALL, $LC_MESSAGES, $LANG that is set
    decides.
    """
    for name in ("LAB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


@cache
def texts(lang: str) -> dict[str, str]:
    """Every text of one language by its dotted key."""
    files = resources.files("lab.locales").joinpath(lang).iterdir()
    found: dict[str, str] = {}
    for file in files:
        if file.name.endswith(".toml"):
            found |= parse(file.read_text(encoding="utf-8"))
    return found


def parse(source: str) -> dict[str, str]:
    """The texts of one file by their dotted keys."""
    return dict(_flatten(tomllib.loads(source)))


def t(key: str, /, **fields: object) -> str:
    """The text of ``key`` in the current language, its ``{fields}`` filled in. An unknown key
    raises KeyError.
    """
    return texts(language())[key].format(**fields)


def number(value: int) -> str:
    """Thousands apart, as the language has it."""
    return f"{value:,}".replace(",", t("numbers.thousands"))


def decimal(value: float, places: int = 1, sign: str = "") -> str:
    """A number with its decimals behind the language's own mark."""
    return f"{value:{sign}.{places}f}".replace(".", t("numbers.decimal_mark"))


def size(count: int) -> str:
    """Bytes in the unit that fits, with thousands of the SI: ``1.2 MB``, in French ``1,2 Mo``."""
    units = t("numbers.units").split()
    value, place = float(count), 0
    while value >= 999.5 and place < len(units) - 1:
        value, place = value / 1000, place + 1
    shown = number(count) if place == 0 else decimal(value) if value < 99.95 else f"{value:.0f}"
    return f"{shown} {units[place]}"


def lab_error(code: str, **fields: object) -> LabError:
    """The error ``code`` with the words of the current language (``errors.<code>.message`` and
    ``.next``).
    """
    return LabError(code, t(f"errors.{code}.message", **fields), t(f"errors.{code}.next", **fields))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            pairs += _flatten(value, f"{prefix}{name}.")
        else:
            pairs.append((prefix + name, str(value)))
    return pairs
