"""The verbs of state machines: lab sfn watch, lab sfn graph."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab import config as settings
from lab import terminal
from lab.cli.app import app
from lab.i18n import decimal, lab_error, number, t

if TYPE_CHECKING:
    from rich.text import Text

    from lab.states.progress import Progress, Visit
    from lab.states.tree import Line
    from lab.states.watch import View

sfn = typer.Typer(help=t("help.sfn"), no_args_is_help=True, rich_markup_mode=None)
app.add_typer(sfn, name="sfn")

MARKS = {
    "waiting": ("·", "dim"),
    "running": ("◐", "bold blue"),
    "done": ("✓", "green"),
    "caught": ("⤳", "yellow"),
    "failed": ("✗", "bold red"),
}


@sfn.command(help=t("help.sfn-watch"))
def watch(
    execution: Annotated[str, typer.Argument(help=t("help.sfn-execution"))],
    svg: Annotated[Path | None, typer.Option(help=t("help.sfn-svg"))] = None,
) -> None:
    from rich.live import Live

    from lab.states import svg as picture
    from lab.states.watch import follow

    view = None
    with Live(console=terminal.OUT, auto_refresh=False) as live:
        for view in _asked(lambda client: follow(client, execution), execution):
            live.update(_page(view), refresh=True)
    if not terminal.OUT.is_terminal:
        terminal.OUT.print()  # Live ends its last line only on a screen.
    if view is not None and svg is not None:
        svg.write_text(picture.draw(view.graph, view.name, view.progress), encoding="utf-8")
        terminal.OUT.print(t("sfn.written", path=svg), soft_wrap=True)
    if view is not None and view.status != "SUCCEEDED":
        raise typer.Exit(1)


@sfn.command(help=t("help.sfn-graph"))
def graph(
    machine: Annotated[str, typer.Argument(help=t("help.sfn-machine"))],
    svg: Annotated[Path | None, typer.Option(help=t("help.sfn-svg"))] = None,
) -> None:
    from lab.states import graph as graphs
    from lab.states import svg as picture
    from lab.states.progress import Progress
    from lab.states.tree import lines
    from lab.states.watch import definition_of

    if machine.startswith("arn:"):
        [(name, found)] = _asked(lambda client: [definition_of(client, machine)], machine)
    else:
        name, path = Path(machine).name, Path(machine)
        try:
            found = graphs.read(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise lab_error("no-definition", path=machine, reason=error) from error
    if svg is None:
        for line in lines(found):
            terminal.OUT.print(_line(line, Progress(), is_plain=True))
        return
    svg.write_text(picture.draw(found, name), encoding="utf-8")
    terminal.OUT.print(t("sfn.written", path=svg), soft_wrap=True)


def _asked(call: Any, arn: str) -> Any:
    """What Step Functions answers, its refusals as errors of ours."""
    import boto3
    from botocore.exceptions import ClientError, EndpointConnectionError

    config = settings.load()
    client = boto3.client("stepfunctions", **config.client_settings())
    try:
        yield from call(client)
    except EndpointConnectionError as error:
        raise lab_error("lab-down", url=config.endpoint_url) from error
    except ClientError as error:
        reason = error.response["Error"]["Message"]
        raise lab_error("no-execution", arn=arn, reason=reason) from error


def _page(view: "View") -> "Text":
    from rich.text import Text

    from lab.states.tree import lines

    status = {"SUCCEEDED": "green", "RUNNING": "blue"}.get(view.status, "red")
    page = Text.assemble(
        (f"{view.machine} / {view.name}  ", "bold"),
        (view.status, f"bold {status}"),
        f"  {t('sfn.seconds', seconds=decimal(view.seconds))}",
    )
    for line in lines(view.graph):
        page.append("\n")
        page.append_text(_line(line, view.progress))
    if view.error or view.cause:
        page.append(f"\n{view.error}: {view.cause}", "red")
    return page


def _line(line: "Line", progress: "Progress", is_plain: bool = False) -> "Text":
    from rich.text import Text

    text = Text(f"{line.before}", "dim")
    if line.label:
        text.append(f"{line.label}  ", "italic")
    if line.state is None:
        return text.append(f"→ {line.again}", "dim")
    if is_plain:
        return text.append(line.state.name).append(f"  {line.state.type}", "dim")
    visit = progress.of(line.state.name)
    sign, style = MARKS[visit.mark]
    text.append(f"{sign} {line.state.name}", style)
    return text.append(f"  {_detail(visit)}".rstrip(), "dim")


def _detail(visit: "Visit") -> str:
    parts = []
    if visit.seconds is not None and visit.mark in ("done", "caught"):
        parts.append(t("sfn.seconds", seconds=decimal(visit.seconds)))
    if visit.entered > 1:
        parts.append(t("sfn.times", left=number(visit.left), entered=number(visit.entered)))
    if visit.retried:
        parts.append(t("sfn.retried", count=number(visit.retried)))
    return ", ".join(parts)
