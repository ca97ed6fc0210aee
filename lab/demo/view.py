"""What the person sees while the pipeline runs: a live picture in a terminal, plain lines anywhere
else.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lab.demo.execution import Step
from lab.demo.progress import HOPS, Airline, History
from lab.i18n import decimal, number, t

BAR = 30
PLAIN_EVERY = 5.0  # seconds between two plain lines


class View:
    """Shows snapshots and steps. Into a file or a pipe it writes lines without control codes."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._printed_at = 0.0
        self._steps_printed = 0

    @contextmanager
    def live(self) -> Iterator[None]:
        """A picture that is drawn over and over within the block, and stays when it ends."""
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, refresh_per_second=4) as self._live:
            yield
        self._live = None

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def show_flow(self, history: History, shards: int, last: bool = False) -> None:
        if self._live:
            self._live.update(flow_picture(history, shards))
        elif last or time.monotonic() - self._printed_at >= PLAIN_EVERY:
            self._printed_at = time.monotonic()
            self.say(flow_line(history))

    def show_steps(self, steps: list[Step]) -> None:
        if self._live:
            self._live.update(steps_picture(steps))
            return
        finished = [(s.name, s.seconds) for s in steps if s.seconds is not None]
        for name, seconds in finished[self._steps_printed :]:
            self.say(t("demo.step_done", name=name, seconds=decimal(seconds)))
        self._steps_printed = len(finished)


def flow_line(history: History) -> str:
    last = history.last
    hops = (
        t(
            "demo.hop_line",
            hop=t(f"demo.{hop}"),
            count=number(getattr(last, hop)),
            rate=rate(history, hop),
        )
        for hop in HOPS
    )
    return "  ".join((*hops, t("demo.lag_line", lag=number(last.lag), malformed=last.malformed)))


def flow_picture(history: History, shards: int) -> RenderableType:
    return Group(hops_table(history), flow_notes(history, shards), bars(history.last.airlines))


def titled(title: str, table: Table) -> RenderableType:
    """A table under its title, which may be wider than the table: rich's own would break it."""
    return Group(Text(title, style="italic"), table)


def hops_table(history: History) -> RenderableType:
    table = Table()
    table.add_column(t("demo.hop"))
    for heading in ("records", "per_second", "size"):
        table.add_column(t(f"demo.{heading}"), justify="right", min_width=12)
    for hop in HOPS:
        size = history.last.bytes_of(hop)
        cells = number(getattr(history.last, hop)), rate(history, hop), megabytes(size)
        table.add_row(t(f"demo.{hop}_where"), *cells)
    return titled(t("demo.flow"), table)


def flow_notes(history: History, shards: int) -> Text:
    last = history.last
    return Text(
        t(
            "demo.notes",
            shards=shards,
            lag=number(last.lag),
            age=decimal(last.age),
            malformed=last.malformed,
            retried=number(last.retried),
        )
    )


def bars(airlines: tuple[Airline, ...]) -> RenderableType:
    """One bar per airline: the share of its flights that arrived 15 minutes late or more."""
    table = Table(box=None, show_header=False)
    for airline in airlines:
        length = round(airline.late_share * BAR)
        table.add_row(
            airline.name,
            Text("█" * length, style="yellow") + Text("░" * (BAR - length), style="dim"),
            f"{airline.late_share:4.0%}",
            t("demo.mean_delay", minutes=decimal(airline.mean_delay, sign="+")),
            number(airline.flights),
        )
    return titled(t("demo.delays"), table)


def steps_picture(steps: list[Step]) -> RenderableType:
    table = Table(box=None, show_header=False)
    for step in steps:
        if step.seconds is None:
            table.add_row("●", Text(step.name, style="bold"), t("demo.running"))
        else:
            table.add_row("✓", step.name, t("demo.seconds", seconds=decimal(step.seconds)))
    return titled(t("demo.machine"), table)


def rate(history: History, hop: str) -> str:
    return number(max(0, round(history.rate(hop))))


def megabytes(size: int) -> str:
    return t("demo.megabytes", size=decimal(size / 1e6))
