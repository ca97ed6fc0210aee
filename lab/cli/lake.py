"""The verb of the lake: what the catalog and S3 hold, on one page."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.padding import Padding

from lab import config as settings
from lab import terminal
from lab.cli.app import app
from lab.i18n import lab_error, number, size, t

if TYPE_CHECKING:
    from lab.lake.survey import Happened, TableSurvey


@app.command(help=t("help.lake"))
def lake(
    database: Annotated[str | None, typer.Argument(help=t("help.lake-database"))] = None,
) -> None:
    import boto3
    from botocore.exceptions import ClientError, EndpointConnectionError

    from lab.lake.survey import survey

    config = settings.load()
    current = None
    try:
        with terminal.OUT.status(t("lake.looking")):
            for table in survey(
                lambda name: boto3.client(name, **config.client_settings()), database
            ):
                if table.database != current:
                    current = table.database
                    terminal.OUT.print(f"[bold]{escape(current)}[/]")
                _show(table)
    except EndpointConnectionError as error:
        raise lab_error("lab-down", url=config.endpoint_url) from error
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        raise lab_error("no-such-database", name=database) from error
    if current is None:
        terminal.OUT.print(t("lake.empty"))
        terminal.show_next(t("lake.begin"))


def _show(table: "TableSurvey") -> None:
    files = table.files
    parts = [table.format]
    if table.partition_keys:
        keys = ", ".join(table.partition_keys)
        parts.append(t("lake.partitions", count=number(table.partitions), keys=keys))
    if table.kind != "view":
        parts += [t("lake.files", count=number(files.count)), size(files.bytes)]
        rows = table.rows
        parts.append(
            t("lake.rows", count=number(rows)) if rows is not None else t("lake.uncounted")
        )
    _line(2, f"[bold]{escape(table.name)}[/]  {escape(' · '.join(parts))}")
    _command(table.command)
    for warning in table.warnings:
        fields = {name: _shown(name, value) for name, value in warning.fields.items()}
        _line(4, f"[yellow]![/] {escape(t(f'lake.warnings.{warning.key}', **fields))}")
        _command(warning.command)
    _happened("query", table.last_query)
    _happened("crawl", table.last_crawl)


def _shown(name: str, value: object) -> str:
    if isinstance(value, int):
        return size(value) if name == "size" else number(value)
    return str(value)


def _happened(what: str, event: "Happened | None") -> None:
    if event is None:
        return
    key = f"lake.{what}" if event.scanned is None else f"lake.{what}_scanned"
    text = t(key, state=event.state, at=f"{event.at:%Y-%m-%d %H:%M}", size=size(event.scanned or 0))
    _line(4, escape(text))
    _command(event.command)


def _command(command: str) -> None:
    """Never broken into lines: it is there to be copied."""
    terminal.OUT.print(f"      [dim]{escape(command)}[/]", soft_wrap=True)


def _line(indent: int, text: str) -> None:
    terminal.OUT.print(Padding(text, (0, 0, 0, indent)))
