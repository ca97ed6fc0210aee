"""What the ``lab`` command prints: tables, lines and errors, in the learner's language. It decides
nothing.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich._wrap
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lab.errors import LabError
from lab.i18n import decimal, t

if TYPE_CHECKING:  # heavy, and most verbs show none of these
    from lab.stack.doctor import Finding
    from lab.stack.embedded import Started
    from lab.stack.status import ServerStatus

# Rich would break a line at any space; French has some that must not be: before a colon, in « ».
rich._wrap.re_word = re.compile(r"[^\S\u00a0\u202f]*[\S\u00a0\u202f]+[^\S\u00a0\u202f]*")

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}
STATE_STYLES = {"running": "green", "starting": "yellow", "stopped": "dim", "failed": "red"}


def show_error(error: LabError) -> None:
    ERR.print(f"[red bold]✗[/] {escape(error.message)}")
    ERR.print(f"  [bold]→[/] {escape(error.next_step)}")


def show_next(text: str) -> None:
    """What a newcomer may do now."""
    OUT.print(f"  [bold]→[/] {escape(text)}")


def show_started(started: "Started") -> None:
    """One line per server, as soon as it is ready."""
    if started.recovered:
        OUT.print(f"[yellow]![/] {t('up.recovered', server=started.name)}")
    key = "up.already" if started.already_running else "up.ready"
    seconds = decimal(started.seconds)
    OUT.print(f"[green]✓[/] {started.name:<11} {t(key, seconds=seconds)}  {started.endpoint}")


def show_stopped(names: Sequence[str]) -> None:
    for name in names:
        OUT.print(f"[green]✓[/] {t('down.stopped', server=name)}")
    if not names:
        OUT.print(t("down.nothing"))


def show_status(servers: "Sequence[ServerStatus]") -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("server", "state", "endpoint", "pid", "memory", "uptime"):
        table.add_column(t(f"status.{column}"), justify="right" if column == "memory" else "left")
    for server in servers:
        state = f"[{STATE_STYLES[server.state]}]{t(f'status.states.{server.state}')}[/]"
        table.add_row(
            server.name,
            f"{state} {escape(server.detail)}".rstrip(),
            server.endpoint,
            str(server.pid or "-"),
            "-" if server.memory_bytes is None else f"{server.memory_bytes / 1e6:.0f} MB",
            "-" if server.uptime_seconds is None else duration(server.uptime_seconds),
        )
    OUT.print(table)


def show_findings(findings: "Sequence[Finding]") -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        table.add_row(MARKS[finding.level], finding.subject, escape(finding.detail))
        if finding.next_step:
            table.add_row("", "", f"→ {escape(finding.next_step)}")
    OUT.print(table)
    if not any(finding.next_step for finding in findings):
        OUT.print(t("doctor.fine"))


def show_install_step(step: str) -> None:
    OUT.print(t(f"install.{step}"))


@contextmanager
def download_progress(name: str, size: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, a line at the end elsewhere."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    begun = time.monotonic()
    with Progress(*columns, console=OUT, disable=not OUT.is_terminal) as progress:
        task = progress.add_task(name, total=size)
        yield lambda count: progress.advance(task, count)
    if not OUT.is_terminal:
        OUT.print(f"  {name}  {size / 1e6:.0f} MB  {time.monotonic() - begun:.1f} s")


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """A spinner while something takes more than a second."""
    with OUT.status(text):
        yield


def duration(seconds: float) -> str:
    """``3 s``, ``4 min 05 s``, ``2 h 07 min``."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {whole % 60:02} s" if minutes else f"{whole} s"
