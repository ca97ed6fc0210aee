"""Puts planned flights and updates into the lake, then checks an Iceberg table, a MERGE with
updates that the learner has not seen, and what the table was before its last change.
"""

import json

from lab.checks import Bench, expect, lake, prepare, queries, task

BUCKET = f"schedule-lake-{queries.ACCOUNT}"
TABLE = "schedule.flights"
COLUMNS = ("event_id", "flight_date", "carrier", "origin", "dest", "dep_delay")
PLANNED = 900
UPDATED = 120

type Row = dict[str, object]


@prepare
def put_files(bench: Bench) -> None:
    lake.bucket(bench, "schedule-lake")
    lake.put(bench, BUCKET, "initial/flights.csv", lake.text(planned(bench), COLUMNS, header=False))
    lake.put(bench, BUCKET, "updates/1.csv", updates_text(updates(bench, "known", 0)))


@task(
    1,
    points=2,
    fr="La table flights est une table Iceberg, avec les vols prévus",
    en="The table flights is an Iceberg table, with the planned flights",
)
def table_is_iceberg(bench: Bench) -> None:
    need_iceberg(bench)
    found = state(bench)
    expect(
        found,
        equals=figures(by_id(planned(bench))),
        code="not-loaded",
        fr="la table contient les vols prévus, une fois chacun (vols, somme des retards)",
        en="the table holds the planned flights, once each (flights, sum of the delays)",
        look="python query.py 8_load.sql",
    )


@task(
    2,
    points=3,
    fr="merge.sql applique les mises à jour, et deux fois comme une",
    en="merge.sql applies the updates, and twice like once",
)
def updates_are_merged(bench: Bench) -> None:
    need_iceberg(bench)
    later = updates(bench, "later", 1_000)
    with lake.added(bench, BUCKET, "updates/2.csv", updates_text(later)):
        merge(bench)
        wanted = merged(bench, later)
        found = queries.ask(
            bench,
            "SELECT event_id, dep_delay FROM schedule.flights ORDER BY event_id",
            code="merge-refused",
            fr="la table se lit après merge.sql",
            en="the table can be read after merge.sql",
        )
        expect(
            [(row[0], row[1]) for row in found.rows],
            equals=[(key, delay_text(row)) for key, row in sorted(wanted.items())],
            code="merge-rows",
            fr="après merge.sql : retards changés, vols nouveaux ajoutés, vols annulés retirés",
            en="after merge.sql: delays changed, new flights added, cancelled flights removed",
            look="python query.py merge.sql",
        )
        merge(bench)
        expect(
            state(bench),
            equals=figures(wanted),
            code="merge-twice",
            fr="merge.sql relancé ne change plus rien (vols, somme des retards)",
            en="merge.sql run again changes nothing any more (flights, sum of the delays)",
            look="python query.py merge.sql",
        )


@task(
    3,
    points=3,
    fr="before.py dit ce qu'était la table avant le dernier changement",
    en="before.py says what the table was before its last change",
)
def the_past_is_read(bench: Bench) -> None:
    need_iceberg(bench)
    before = state(bench)
    number = bench.random("past").randrange(3, 40)
    change(bench, number)
    form = {
        "code": "before-form",
        "fr": "before.py affiche un objet JSON avec flights et delay, deux nombres",
        "en": "before.py prints a JSON object with flights and delay, two numbers",
    }
    ran = bench.run("before.py")
    with bench.reading(ran=ran, **form):
        printed = json.loads(ran.stdout)
        found = (int(printed["flights"]), int(printed["delay"]))
    expect(
        found,
        equals=before,
        code="before",
        fr=f"before.py rend la table d'avant les {number} vols que le contrôle vient d'ajouter",
        en=f"before.py gives the table before the {number} flights that the check has just added",
        look="python before.py",
    )


def need_iceberg(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    table = queries.table(bench, TABLE, code="no-table")
    expect(
        table.get("Parameters", {}).get("table_type", table["TableType"]).upper(),
        equals="ICEBERG",
        code="not-iceberg",
        fr="la table flights est une table Iceberg",
        en="the table flights is an Iceberg table",
        look=table.look,
    )


def merge(bench: Bench) -> None:
    queries.ask(
        bench,
        queries.statement(bench, "merge.sql"),
        code="merge-refused",
        fr="merge.sql réussit, même quand un vol a plusieurs mises à jour",
        en="merge.sql succeeds, even when a flight has several updates",
    )


def state(bench: Bench) -> tuple[int, int]:
    """The number of flights, and the sum of their delays."""
    found = queries.ask(
        bench,
        "SELECT count(*), coalesce(sum(dep_delay), 0) FROM schedule.flights",
        code="merge-refused",
        fr="la table schedule.flights se lit",
        en="the table schedule.flights can be read",
    )
    return int(found.rows[0][0] or 0), int(found.rows[0][1] or 0)


def change(bench: Bench, number: int) -> None:
    """A change of the check's own: so many flights more, and then it is taken back in the next run,
    when query.py makes the table again.
    """
    queries.ask(
        bench,
        "INSERT INTO schedule.flights SELECT 'check-' || CAST(n AS varchar), DATE '2013-02-01',"
        f" 'ZZ', 'JFK', 'LAX', CAST(n AS integer) FROM UNNEST(sequence(1, {number})) t(n)",
        code="columns",
        fr="un vol s'ajoute avec les six colonnes de l'énoncé",
        en="a flight can be added with the six columns of the statement",
    )


def planned(bench: Bench) -> list[Row]:
    return [row(flight) for flight in bench.flights("planned", PLANNED)]


def row(flight: dict[str, object]) -> Row:
    return {"event_id": flight["event_id"], **lake.row(flight)}


def updates(bench: Bench, purpose: str, first: int) -> list[Row]:
    """Updates in no order, with several for some of the flights, from the number ``first`` on."""
    draw = bench.random(purpose)
    known = draw.sample(planned(bench), UPDATED)
    fresh = [
        {**one, "event_id": f"new-{purpose}-{number}"} for number, one in enumerate(known[:15])
    ]
    again = known[:40] + fresh[:5]
    made = [
        {
            **one,
            "dep_delay": draw.randrange(-5, 200),
            "status": draw.choice(["changed", "changed", "changed", "cancelled"]),
            "seq": first + number,
        }
        for number, one in enumerate([*known, *fresh, *again])
    ]
    draw.shuffle(made)
    return made


def updates_text(made: list[Row]) -> str:
    return lake.text(made, (*COLUMNS, "status", "seq"), header=False)


def by_id(rows: list[Row]) -> dict[str, Row]:
    return {str(one["event_id"]): one for one in rows}


def merged(bench: Bench, later: list[Row]) -> dict[str, Row]:
    """The table as it must be once the last update of each flight has been applied."""
    table = by_id(planned(bench))
    made = [*updates(bench, "known", 0), *later]
    last = by_id(sorted(made, key=lambda one: int(str(one["seq"]))))
    for key, one in last.items():
        if one["status"] == "cancelled":
            table.pop(key, None)
        else:
            table[key] = one
    return table


def figures(table: dict[str, Row]) -> tuple[int, int]:
    delays = [int(str(one["dep_delay"])) for one in table.values() if one["dep_delay"] is not None]
    return len(table), sum(delays)


def delay_text(one: Row) -> str | None:
    return None if one["dep_delay"] is None else str(one["dep_delay"])
