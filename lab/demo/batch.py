"""The batch scenario as ``lab demo --batch`` shows it: mornings that pass, and their report."""

import boto3
from rich.console import Console
from rich.table import Table

from lab.config import Config
from lab.data.flights import DAYS
from lab.demo.daily_flights import REPORT, Row, Scenario, damaged_days
from lab.i18n import lab_error, number, t
from lab.stack import clock

DAMAGED = (5, 11, 17)
SHOWN = 7


def run(config: Config, days: int, console: Console) -> None:
    """Deploy the pipeline, let the days pass, show the report; the clock is real again afterwards.

    Raises LabError when what the pipeline reports is not what the files say.
    """
    if not 1 <= days <= DAYS:
        raise lab_error("demo-bad-option", option="--days", value=days, wanted=f"1-{DAYS}")
    damaged = damaged_days([each for each in DAMAGED if each < days])
    scenario = Scenario(
        config, lambda name: boto3.client(name, **config.client_settings()), damaged
    )
    console.print(t("batch.deploying"))
    scenario.teardown()
    scenario.deploy()
    console.print(t("batch.files", days=number(days), bucket=scenario.outputs["bucket"]))
    scenario.put(days)
    try:
        _play(scenario, days, console)
    finally:
        clock.change(config, "reset")
    report, expected = scenario.report(), scenario.expected(days)
    _show(report, console)
    for day in sorted(damaged):
        console.print(t("batch.aside", day=day))
    if report != expected:
        raise lab_error("batch-differs", found=len(report), expected=len(expected))
    console.print(t("batch.agrees"))


def _play(scenario: Scenario, days: int, console: Console) -> None:
    with console.status(t("batch.playing")) as status:
        for step in scenario.play(days):
            shown = {"number": number(step.number), "total": number(step.total)}
            status.update(t("batch.day", **shown, now=f"{step.now:%Y-%m-%d %H:%M}"))
            if step.stuck:
                raise lab_error("batch-stuck", name=", ".join(step.stuck))
    console.print(t("batch.played", days=number(days)))


def _show(report: list[Row], console: Console) -> None:
    table = Table(title=t("batch.report", shown=min(SHOWN, len(report)), rows=number(len(report))))
    for name in REPORT:
        table.add_column(t(f"batch.{name}"), justify="left" if name == "flight_date" else "right")
    for day, *counts in report[:SHOWN]:
        table.add_row(str(day), *(number(count) for count in counts))
    console.print(table)
