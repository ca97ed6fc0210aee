"""The batch scenario of the course, day after day: files arrive, the schedule starts the state
machine, and the clock is advanced past each morning.

The pipeline itself is ``solutions/daily_flights``, plain AWS code that knows nothing of the lab.
This module deploys it, lays the files of 2013 into its bucket, some of them damaged, and computes
from the files alone what the report must say.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lab.config import ROOT, Config
from lab.data import flight_files
from lab.data.flights import FIRST_DAY, data_dir
from lab.i18n import lab_error
from lab.stack import clock

PROGRAMS = ROOT / "solutions" / "daily_flights"
DAY = 86_400.0
PATIENCE_SECONDS = 600.0
REPORT = ("flight_date", "flights", "cancelled", "late", "miles")

Clients = Callable[[str], Any]
Row = tuple[date, int, int, int, int]
"""A line of the report: a day, its flights, those cancelled, those late, and their miles."""


@dataclass
class Scenario:
    """One run of the pipeline over the first days of 2013."""

    config: Config
    clients: Clients
    damaged: dict[date, Callable[[str], str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    def deploy(self) -> None:
        """Make the pipeline; it looks at what it waits for without a pause."""
        reference = [str(data_dir() / f"{name}.csv") for name in ("weather", "planes")]
        printed = self._run("deploy.py", *reference, "--poll-seconds", "0")
        self.outputs = json.loads(printed)

    def teardown(self) -> None:
        self._run("teardown.py")

    def put(self, days: int, first: int = 0) -> None:
        """Lay the files of these days, from the day of the year ``first`` on, into the bucket."""
        s3 = self.clients("s3")
        for number, (day, text) in enumerate(flight_files.files(first + days)):
            if number >= first:
                damage = self.damaged.get(day)
                body = (damage(text) if damage else text).encode()
                key = f"raw/flights/file_day={day}/flights.csv"
                s3.put_object(Bucket=self.outputs["bucket"], Key=key, Body=body)

    def play(self, days: int, first: int = 0) -> Iterator[clock.Step]:
        """Let these days pass: each has its run on the next morning."""
        noon = datetime.combine(
            FIRST_DAY + timedelta(days=first), datetime.min.time(), UTC
        ) + timedelta(hours=12)
        clock.change(self.config, "stop")
        clock.change(self.config, "set", noon)
        yield from clock.advance(self.config, days * DAY, DAY, PATIENCE_SECONDS)

    def report(self) -> list[Row]:
        """What the view says, asked of Athena."""
        columns = ", ".join(REPORT)
        rows = self.query(f"SELECT {columns} FROM daily_flights.daily_report ORDER BY 1")  # noqa: S608
        return [(date.fromisoformat(day), *map(int, rest)) for day, *rest in rows]  # type: ignore[misc]

    def query(self, sql: str) -> list[list[str]]:
        """The rows of a query, without the header. RuntimeError when it fails."""
        athena = self.clients("athena")
        place = {"OutputLocation": f"s3://{self.outputs['bucket']}/athena/"}
        started = athena.start_query_execution(QueryString=sql, ResultConfiguration=place)
        identifier = started["QueryExecutionId"]
        while True:
            execution = athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
        if execution["Status"]["State"] != "SUCCEEDED":
            raise RuntimeError(execution["Status"].get("StateChangeReason"))
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=identifier)
        rows = [row for page in pages for row in page["ResultSet"]["Rows"]]
        return [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in rows[1:]]

    def expected(self, days: int, first: int = 0) -> list[Row]:
        """The report as DuckDB computes it from the files alone, the damaged days left out."""
        import duckdb

        texts = [
            text
            for number, (day, text) in enumerate(flight_files.files(first + days))
            if number >= first and day not in self.damaged
        ]
        header = texts[0].split("\n", 1)[0] + "\n"
        whole = header + "".join(text.removeprefix(header) for text in texts)
        with duckdb.connect() as connection:
            connection.register("source", _table(whole))
            return connection.sql(
                "SELECT make_date(year, month, day), count(*), count_if(dep_delay IS NULL),"
                " count_if(arr_delay > 15), sum(distance)::BIGINT"
                " FROM source GROUP BY 1 ORDER BY 1"
            ).fetchall()

    def _run(self, program: str, *arguments: str) -> str:
        environment = {**os.environ, **self.config.aws_environment()}
        done = subprocess.run(
            [sys.executable, str(PROGRAMS / program), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise lab_error("demo-program-failed", program=program, output=_last(done.stderr))
        return done.stdout


def damaged_days(numbers: Sequence[int]) -> dict[date, Callable[[str], str]]:
    """Days of the year (0 is 1 January), each with one of the kinds of damage."""
    return {
        FIRST_DAY + timedelta(days=number): flight_files.DAMAGES[place % len(flight_files.DAMAGES)]
        for place, number in enumerate(numbers)
    }


def _table(text: str) -> Any:
    from pyarrow import csv

    options = csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    return csv.read_csv(io.BytesIO(text.encode()), convert_options=options)


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
