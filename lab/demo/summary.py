"""What the person reads at the end: the report, Parquet beside JSON, and the counts."""

from rich.console import Console, Group, RenderableType
from rich.table import Table

from lab.demo import report
from lab.demo.counts import Counts
from lab.demo.view import titled
from lab.i18n import decimal, number, t

ROWS = 10


def show(console: Console, parquet: report.Query, json: report.Query, counts: Counts) -> None:
    console.print(report_table(parquet))
    console.print(t("demo.report_file", location=parquet.location), soft_wrap=True, highlight=False)
    console.print(comparison_table(parquet, json))
    console.print(counts_table(counts))


def report_table(query: report.Query) -> RenderableType:
    table = Table()
    table.add_column(t("demo.day"))
    table.add_column(t("demo.airline"))
    for heading in ("flights", "on_time", "delay"):
        table.add_column(t(f"demo.{heading}"), justify="right")
    for row in report.worst(query.rows, ROWS):
        delay = "" if row.mean_delay is None else decimal(row.mean_delay, sign="+")
        table.add_row(row.day, row.airline, number(row.flights), f"{row.on_time_share:.0%}", delay)
    return titled(t("demo.report", shown=ROWS, rows=number(len(query.rows))), table)


def comparison_table(parquet: report.Query, json: report.Query) -> RenderableType:
    table = Table()
    table.add_column(t("demo.storage"))
    for heading in ("engine_time", "scanned", "charge"):
        table.add_column(t(f"demo.{heading}"), justify="right")
    for name, query in (("Parquet", parquet), ("JSON (gzip)", json)):
        seconds = t("demo.seconds", seconds=decimal(query.engine_seconds, 2))
        table.add_row(
            name,
            seconds,
            number(query.scanned),
            t("demo.dollars", amount=decimal(query.dollars, 6)),
        )
    return Group(titled(t("demo.comparison"), table), t("demo.price_note"))


def counts_table(counts: Counts) -> RenderableType:
    table = Table(show_header=False)
    for name in ("sent", "indexed", "archived", "reported", "malformed"):
        table.add_row(t(f"demo.{name}"), number(getattr(counts, name)), why(name, counts))
    return titled(t("demo.counts"), table)


def why(name: str, counts: Counts) -> str:
    """Why this is the right number."""
    if name == "sent":
        return t(
            "demo.sent_is",
            departures=number(counts.departures),
            damaged=number(counts.damaged),
        )
    return t("demo.malformed_are") if name == "malformed" else t("demo.departures_are")
