"""Puts flights and airlines into the lake, then checks a view with data that the learner has not
seen, a prepared statement with other values, and what a program does with an apostrophe.
"""

import csv
import json
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from lab.checks import Bench, Text, expect, lake, prepare, queries, task
from lab.checks.vocabulary import Failed
from lab.data.flights import data_dir

BUCKET = f"analytics-lake-{queries.ACCOUNT}"
STATEMENT = "worst_days"
NEW = ("ZZ", "Kelly's Air")  # a name with an apostrophe, of the check's own flights
UNNAMED = "YY"  # an airline that the table of names does not know
LATE = 15  # minutes


@prepare
def put_files(bench: Bench) -> None:
    lake.bucket(bench, "analytics-lake")
    lake.put(bench, BUCKET, "flights/known.csv", lake.text(known(bench), header=False))
    names = "".join(f"{carrier},{name}\n" for carrier, name in airlines().items())
    lake.put(bench, BUCKET, "airlines/airlines.csv", names)


@task(
    1,
    points=3,
    fr="La vue delays donne, par jour et compagnie, des chiffres justes",
    en="The view delays gives right figures for each day and airline",
)
def view_is_right(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    with hidden(bench), named(bench):
        found = ask(
            bench,
            "SELECT day, airline, flights, cancelled, mean_delay, late_percent"
            " FROM analytics.delays ORDER BY day, airline",
        )
    wanted = delays(bench)
    expect(
        [row[:4] for row in found.rows],
        equals=[row[:4] for row in wanted],
        code="view-rows",
        fr="delays a une ligne par jour et compagnie, même sans nom : vols, et annulés",
        en="delays has a row for each day and airline, named or not: flights, and cancelled",
        look=found.look,
    )
    expect(
        [(*row[:2], *map(number, row[4:])) for row in found.rows],
        equals=[(*row[:2], *row[4:]) for row in wanted],
        code="view-delays",
        fr="mean_delay et late_percent ne comptent que les vols partis, à une décimale",
        en="mean_delay and late_percent count only flights that left, with one decimal",
        look=found.look,
    )


@task(
    2,
    points=2,
    fr="La requête worst_days est préparée dans le groupe primary",
    en="The statement worst_days is prepared in the group primary",
)
def statement_is_prepared(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    bench.ask(
        "athena",
        "get_prepared_statement",
        code="no-statement",
        fr=f"la requête préparée {STATEMENT} existe dans le groupe primary",
        en=f"the prepared statement {STATEMENT} is in the group primary",
        StatementName=STATEMENT,
        WorkGroup="primary",
    )
    for airline, minutes in questions(bench):
        found = queries.ask(
            bench,
            f"EXECUTE {STATEMENT}",
            code="statement-refused",
            fr="EXECUTE worst_days réussit avec deux valeurs : la compagnie, les minutes",
            en="EXECUTE worst_days succeeds with two values: the airline, the minutes",
            parameters=[f"'{airline}'", str(minutes)],
        )
        expect(
            [(row[0], row[1], number(row[2])) for row in found.rows],
            equals=worst(bench, airline, minutes),
            code="statement-rows",
            fr=f"worst_days : les jours de {airline} à {minutes} minutes ou plus, le pire en tête",
            en=f"worst_days: the days of {airline} at {minutes} minutes or more, the worst first",
            look=f"python ask.py '{airline}' {minutes}",
        )


@task(
    3,
    points=3,
    fr="ask.py passe ce qu'on lui donne comme une valeur, jamais comme du SQL",
    en="ask.py passes what it is given as a value, never as SQL",
)
def values_stay_values(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    airline, minutes = questions(bench)[0]
    printed = run(bench, airline, str(minutes))
    expect(
        [(row[0], row[1], number(row[2])) for row in printed],
        equals=worst(bench, airline, minutes),
        code="ask-rows",
        fr="ask.py affiche l'en-tête, puis les jours que rend worst_days",
        en="ask.py prints the header, then the days that worst_days returns",
        look=f"python ask.py '{airline}' {minutes}",
    )
    with hidden(bench), named(bench):
        apostrophe = run(bench, NEW[1], "-999")
        attack = run(bench, "x' OR '1'='1", "-999")
    expect(
        (len(apostrophe) > 0, attack),
        equals=(True, []),
        code="injection",
        fr="ask.py trouve la compagnie Kelly's Air, et rien pour le nom x' OR '1'='1",
        en="ask.py finds the airline Kelly's Air, and nothing for the name x' OR '1'='1",
        look="python ask.py \"x' OR '1'='1\" -999",
    )


def run(bench: Bench, airline: str, minutes: str) -> list[list[str]]:
    """The rows that ask.py prints, without the header."""
    printed = bench.run("ask.py", airline, minutes).stdout.splitlines()
    rows = [line.split("\t") for line in printed]
    if not rows or len(rows[0]) != 3 or any(len(row) != 3 for row in rows):
        fr = "ask.py affiche l'en-tête et trois valeurs par ligne, séparées par une tabulation"
        en = "ask.py prints the header and three values a line, separated by a tab"
        raise Failed(code="ask-form", expected=Text(fr, en), actual=json.dumps(printed[:3]))
    return rows[1:]


def ask(bench: Bench, sql: str) -> queries.Query:
    return queries.ask(
        bench,
        sql,
        code="view-refused",
        fr="une requête sur la vue analytics.delays réussit",
        en="a query on the view analytics.delays succeeds",
    )


def airlines() -> dict[str, str]:
    with (data_dir() / "airlines.csv").open(encoding="utf-8", newline="") as source:
        return {one["carrier"]: one["name"] for one in csv.DictReader(source)}


type Flight = dict[str, object]


def known(bench: Bench) -> list[Flight]:
    return [lake.row(flight) for flight in bench.flights("known", 3_000)]


def unknown(bench: Bench) -> list[Flight]:
    """Flights of airlines that the learner does not have, a third of which never left."""
    rows = [lake.row(flight) for flight in bench.flights("unknown", 240)]
    carriers = (NEW[0], UNNAMED)
    return [
        {
            **row,
            "carrier": carriers[number % 2],
            "dep_delay": None if number % 3 == 0 else number % 40,
        }
        for number, row in enumerate(rows)
    ]


def hidden(bench: Bench):
    return lake.added(bench, BUCKET, "flights/later.csv", lake.text(unknown(bench), header=False))


def named(bench: Bench):
    return lake.added(bench, BUCKET, "airlines/later.csv", f"{NEW[0]},{NEW[1]}\n")


def delays(bench: Bench) -> list[tuple[object, ...]]:
    """What the view must give with the check's flights, mean and share as numbers."""
    names = {**airlines(), NEW[0]: NEW[1]}
    groups: dict[tuple[str, str], list[object]] = defaultdict(list)
    for row in [*known(bench), *unknown(bench)]:
        carrier = str(row["carrier"])
        groups[str(row["flight_date"]), names.get(carrier, carrier)].append(row["dep_delay"])
    return [
        (*key, str(len(found)), str(found.count(None)), *shares(found))
        for key, found in sorted(groups.items())
    ]


def shares(found: list[object]) -> tuple[float | None, float | None]:
    left = [int(str(one)) for one in found if one is not None]
    if not left:
        return None, None
    late = sum(delay > LATE for delay in left)
    return rounded(Decimal(sum(left)) / len(left)), rounded(Decimal(100 * late) / len(left))


def rounded(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.1"), ROUND_HALF_UP))


def number(value: object) -> float | None:
    return None if value in (None, "") else float(str(value))


def questions(bench: Bench) -> list[tuple[str, int]]:
    """Two airlines that have flown on several days, and delays that some of the days exceed."""
    draw = bench.random("questions")
    flown = sorted({str(row["carrier"]) for row in known(bench)})
    names = [airlines()[carrier] for carrier in draw.sample(flown, 2)]
    return [(name, draw.randrange(-5, 5)) for name in names]


def worst(bench: Bench, airline: str, minutes: int) -> list[tuple[object, ...]]:
    rows = [row for row in delays(bench) if row[1] == airline and row[4] is not None]
    found = [(row[0], row[2], row[4]) for row in rows if row[4] >= minutes]
    return sorted(found, key=lambda row: (-row[2], row[0]))
