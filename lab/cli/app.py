"""The command itself and what its verbs share."""

import os
from typing import Annotated

import typer

from lab import config as settings
from lab.config import Config
from lab.i18n import LANGUAGES, lab_error, t

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
    """The language of this one command, before its verb: ``lab --lang fr next``."""
    if lang is None:
        return
    if lang not in LANGUAGES:
        raise lab_error("bad-language", lang=lang, known=", ".join(LANGUAGES))
    os.environ["LAB_LANG"] = lang


def config_for(mode: str) -> Config:
    """The settings, once the mode is known to be one."""
    if mode not in (EMBEDDED, COMPOSE):
        raise lab_error("bad-mode", mode=mode)
    os.umask(0o022)
    return settings.load()
