"""The ``lab`` command: one function per verb, which parses, calls and prints; no logic here."""

import sys

from lab import terminal
from lab.cli import clock, dashboards, grading, lake, learning, servers, shop, states
from lab.cli.app import app
from lab.errors import LabError
from lab.i18n import lab_error

__all__ = [
    "app",
    "clock",
    "dashboards",
    "grading",
    "lake",
    "learning",
    "main",
    "servers",
    "shop",
    "states",
]


def main() -> None:
    """Run the command; a LabError becomes two lines and exit code 1."""
    try:
        app()
    except LabError as error:
        terminal.show_error(error)
        sys.exit(1)
    except ValueError as error:  # a setting that cannot be read, see lab.config
        terminal.show_error(lab_error("bad-setting", reason=error))
        sys.exit(1)
