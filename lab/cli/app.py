"""The command itself and what its verbs share."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from lab import config as settings
from lab.config import Config
from lab.i18n import LANGUAGES, lab_error, t


def language_first(words: Sequence[str]) -> list[str]:
    """``--lang fr`` before the verb, wherever it stood; the language is spoken from now on."""
    found: list[str] = []
    rest: list[str] = []
    given = iter(words)
    for word in given:
        if word == "--lang" and not found:
            found = [word, next(given, "")]
        elif word.startswith("--lang=") and not found:
            found = ["--lang", word.removeprefix("--lang=")]
        else:
            rest.append(word)
    if found and found[1] in LANGUAGES:
        os.environ["LAB_LANG"] = found[1]
    return found + rest


# Before the verbs are loaded: their help is in the language that is spoken then.
sys.argv[1:] = language_first(sys.argv[1:])

app = typer.Typer(
    help=t("help.lab"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Mode = Annotated[str, typer.Option(envvar="LAB_MODE", help=t("help.mode"))]
EMBEDDED = "embedded"
COMPOSE = "compose"


@app.callback()
def speak(
    lang: Annotated[str | None, typer.Option("--lang", help=t("help.lang"))] = None,
) -> None:
    """The language of this one command: ``lab --lang fr next``, or ``lab next --lang fr``."""
    if lang is not None and lang not in LANGUAGES:
        raise lab_error("bad-language", lang=lang or "-", known=", ".join(LANGUAGES))


def config_for(mode: str) -> Config:
    """The settings, once the mode is known to be one."""
    if mode not in (EMBEDDED, COMPOSE):
        raise lab_error("bad-mode", mode=mode)
    os.umask(0o022)
    return settings.load()
