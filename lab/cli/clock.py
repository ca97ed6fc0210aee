"""The verb of the class's clock: lab clock, with stop, run, set, advance and reset."""

from typing import TYPE_CHECKING, Annotated

import typer

from lab import config as settings
from lab import terminal
from lab.cli.app import app
from lab.i18n import number, t

if TYPE_CHECKING:
    from lab.stack.clock import Time

clock = typer.Typer(help=t("help.clock"), invoke_without_command=True, rich_markup_mode=None)
app.add_typer(clock, name="clock")


@clock.callback()
def show(
    context: typer.Context,
    explain: Annotated[bool, typer.Option("--explain", help=t("help.explain"))] = False,
) -> None:
    from lab.stack import clock as remote

    if context.invoked_subcommand is not None:
        return
    time = remote.read(settings.load())
    _tell(time)
    if explain:
        for name, follows in time.follows.items():
            mark = "✓" if follows else "·"
            terminal.OUT.print(f"  {mark} {t(f'clock.follows.{name}')}")
    else:
        terminal.show_next(t("clock.next"))


@clock.command(help=t("help.clock-stop"))
def stop() -> None:
    _change("stop")


@clock.command(help=t("help.clock-run"))
def run() -> None:
    _change("run")


@clock.command(help=t("help.clock-reset"))
def reset() -> None:
    _change("reset")


@clock.command("set", help=t("help.clock-set"))
def set_(to: Annotated[str, typer.Argument(help=t("help.clock-to"))]) -> None:
    from lab.stack import clock as remote

    _tell(remote.change(settings.load(), "set", remote.moment(to)))


@clock.command(help=t("help.clock-advance"))
def advance(
    by: Annotated[str, typer.Argument(help=t("help.clock-by"))],
    step: Annotated[str | None, typer.Option(help=t("help.clock-step"))] = None,
    patience: Annotated[str, typer.Option(help=t("help.clock-patience"))] = "10m",
) -> None:
    from lab.stack import clock as remote

    config = settings.load()
    seconds = remote.duration(by)
    steps = remote.advance(
        config, seconds, remote.duration(step) if step else seconds, remote.duration(patience)
    )
    last = None
    with terminal.OUT.status(t("clock.advancing")) as status:
        for last in steps:
            status.update(
                t(
                    "clock.step",
                    number=number(last.number),
                    total=number(last.total),
                    now=f"{last.now:%Y-%m-%d %H:%M:%S}",
                    fired=number(last.fired),
                )
            )
    if last is not None:
        terminal.OUT.print(t("clock.advanced", fired=number(last.fired)))
        for name, count in last.stuck.items():
            terminal.OUT.print(t("clock.stuck", name=name, count=number(count)))
    _tell(remote.read(config))
    if last is not None and last.stuck:
        raise typer.Exit(1)


def _change(action: str) -> None:
    from lab.stack import clock as remote

    _tell(remote.change(settings.load(), action))


def _tell(time: "Time") -> None:
    state = "real" if time.is_real else "stopped" if time.is_stopped else "moved"
    hours = number(round(abs(time.offset) / 3600))
    away = t("clock.ahead" if time.offset > 0 else "clock.behind", hours=hours)
    terminal.OUT.print(t(f"clock.{state}", now=f"{time.now:%Y-%m-%d %H:%M:%S}", away=away))
