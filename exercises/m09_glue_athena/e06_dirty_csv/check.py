"""Puts a dirty register of aircraft into the lake, then checks that all of it can be read, that
what is wrong is named, and that a view gives clean types, with a file that the learner has not
seen.
"""

import csv
from random import Random

from lab.checks import Bench, expect, lake, prepare, queries, task
from lab.data.flights import data_dir

BUCKET = f"fleet-register-{queries.ACCOUNT}"
COLUMNS = ("tailnum", "year", "type", "manufacturer", "model", "engines", "seats", "engine")
ROWS = 250  # in each file
RUBBISH = ["", "NA", "two", "18 2", "?", "55.5", "n/a"]

type Plane = dict[str, str]


@prepare
def put_register(bench: Bench) -> None:
    lake.bucket(bench, "fleet-register")
    for name, planes in known(bench).items():
        lake.put(bench, BUCKET, f"raw/{name}", document(planes, crlf=name == "north.csv"))


@task(
    1,
    points=2,
    fr="La table raw se lit en entier, champ par champ",
    en="The table raw can be read as a whole, field by field",
)
def all_is_read(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    queries.table(bench, "fleet.raw", code="no-table")
    with hidden(bench):
        found = queries.ask(
            bench,
            "SELECT tailnum, year, model, engines, seats FROM fleet.raw",
            code="bad-data",
            fr="toutes les lignes de fleet.raw se lisent, même les plus sales",
            en="all the rows of fleet.raw can be read, even the dirtiest",
        )
    rows = sorted(tuple(value or "" for value in row) for row in found.rows)
    wanted = sorted(
        tuple(plane[name] for name in ("tailnum", "year", "model", "engines", "seats"))
        for plane in everything(bench)
    )
    expect(
        len(rows),
        equals=len(wanted),
        code="row-count",
        fr="fleet.raw a une ligne par avion, sans les en-têtes",
        en="fleet.raw has a row for each aircraft, without the headers",
        look=found.look,
    )
    expect(
        rows,
        equals=wanted,
        code="row-values",
        fr="chaque champ est dans sa colonne, virgules comprises, sans guillemets autour",
        en="each field is in its column, commas included, without quotes around it",
        look=found.look,
    )


@task(
    2,
    points=3,
    fr="bad.sql nomme chaque nombre de places qui n'en est pas un, et son fichier",
    en="bad.sql names each number of seats that is none, and its file",
)
def rubbish_is_named(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    with hidden(bench):
        found = ask(bench, queries.statement(bench, "bad.sql"))
    wanted = sorted(
        (name, plane["tailnum"], plane["seats"])
        for name, planes in [*known(bench).items(), ("west.csv", unknown(bench))]
        for plane in planes
        if not plane["seats"].isdigit()
    )
    expect(
        [tuple(value or "" for value in row) for row in found.rows],
        equals=wanted,
        code="bad-rows",
        fr="bad.sql rend fichier, avion et texte des places qui ne sont pas un entier, en ordre",
        en="bad.sql returns file, aircraft and text of seats that are no whole number, in order",
        look="python query.py bad.sql",
    )


@task(
    3,
    points=3,
    fr="La vue planes a des types, et NULL où l'on ne sait pas",
    en="The view planes has types, and NULL where one does not know",
)
def view_is_clean(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    with hidden(bench):
        types = ask(bench, "SELECT typeof(year), typeof(seats) FROM fleet.planes LIMIT 1")
        found = ask(bench, "SELECT tailnum, year, seats, engine FROM fleet.planes")
    expect(
        types.rows[0] if types.rows else (),
        equals=("integer", "integer"),
        code="view-types",
        fr="year et seats de la vue sont des integer",
        en="year and seats of the view are integer",
        look=types.look,
    )
    wanted = [
        (plane["tailnum"], whole(plane["year"]), whole(plane["seats"]), named(plane["engine"]))
        for plane in everything(bench)
    ]
    expect(
        sorted((row[0], *(value or "" for value in row[1:])) for row in found.rows),
        equals=sorted(wanted),
        code="view-values",
        fr="la vue garde chaque avion ; 1,182 places font 1182, et le reste est NULL",
        en="the view keeps each aircraft; 1,182 seats are 1182, and the rest is NULL",
        look=found.look,
    )


def ask(bench: Bench, sql: str) -> queries.Query:
    return queries.ask(
        bench,
        sql,
        code="query-refused",
        fr="la requête sur votre table ou votre vue réussit",
        en="the query on your table or view succeeds",
    )


def whole(text: str) -> str:
    """The number as the view shows it, or nothing."""
    digits = text.replace(",", "")
    return str(int(digits)) if digits.isdigit() else ""


def named(text: str) -> str:
    return "" if text == "NA" else text


def known(bench: Bench) -> dict[str, list[Plane]]:
    """The register's files. Which aircraft are dirty, and how, is the learner's."""
    draw = bench.random("register")
    planes = draw.sample(register(), 3 * ROWS)
    names = ("east.csv", "north.csv", "south.csv")
    return {name: dirty(draw, planes[n * ROWS : (n + 1) * ROWS]) for n, name in enumerate(names)}


def unknown(bench: Bench) -> list[Plane]:
    """A file that the learner has not seen, with other tail numbers."""
    draw = bench.random("unknown")
    planes = dirty(draw, draw.sample(register(), ROWS))
    return [{**plane, "tailnum": f"W{number:04}"} for number, plane in enumerate(planes)]


def everything(bench: Bench) -> list[Plane]:
    return [one for planes in known(bench).values() for one in planes] + unknown(bench)


def hidden(bench: Bench):
    return lake.added(bench, BUCKET, "raw/west.csv", document(unknown(bench)))


def register() -> list[Plane]:
    with (data_dir() / "planes.csv").open(encoding="utf-8", newline="") as source:
        return [{name: one[name] for name in COLUMNS} for one in csv.DictReader(source)]


def dirty(draw: Random, planes: list[Plane]) -> list[Plane]:
    """Every tenth aircraft or so as people have typed it."""
    made = []
    for plane in planes:
        one = dict(plane)
        fault = draw.randrange(10)
        if fault == 0:
            one["seats"] = draw.choice(RUBBISH)
        elif fault == 1:
            one["seats"] = f"1,{draw.randrange(100, 999)}"
        elif fault == 2:
            one["model"] = f"{one['model']}, refitted"
        elif fault == 3:
            one["engine"] = draw.choice(["", "NA"])
        made.append(one)
    return made


def document(planes: list[Plane], *, crlf: bool = False) -> str:
    """Quoted CSV with a header, whose lines end as the program that wrote it ends them."""
    end = "\r\n" if crlf else "\n"
    lines = [COLUMNS, *(tuple(plane[name] for name in COLUMNS) for plane in planes)]
    return "".join(",".join(f'"{value}"' for value in line) + end for line in lines)
