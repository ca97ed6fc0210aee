"""Puts days of flights into the lake in two layouts, then checks three ways to partition them, with
a day that the learner has not seen, and the bytes that a question about one day reads.
"""

from collections import Counter

from lab.checks import Bench, expect, lake, prepare, queries, task

BUCKET = f"departures-{queries.ACCOUNT}"
LATER = "2025/11/03"  # a day that is no longer of 2013: a range that ends too soon misses it


@prepare
def put_days(bench: Bench) -> None:
    lake.bucket(bench, "departures")
    for day, rows in known(bench).items():
        text = lake.text(rows, header=False)
        lake.put(bench, BUCKET, f"hive/day={day}/flights.csv", text)
        lake.put(bench, BUCKET, f"plain/{day.replace('-', '/')}/flights.csv", text)


@task(
    1,
    points=2,
    fr="Les partitions de repaired sont trouvées dans les dossiers day=",
    en="The partitions of repaired are found in the folders day=",
)
def folders_are_repaired(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    days = known(bench)
    expect(
        sorted(partitions(bench, "repaired")),
        equals=sorted(days),
        code="not-repaired",
        fr="la table repaired a une partition par dossier day=, et aucune autre",
        en="the table repaired has a partition for each folder day=, and no other",
        look="aws glue get-partitions --database-name departures --table-name repaired",
    )
    found = ask(bench, "SELECT day, count(*) FROM departures.repaired GROUP BY day ORDER BY day")
    expect(
        list(found.rows),
        equals=[(day, str(len(rows))) for day, rows in sorted(days.items())],
        code="rows-of-days",
        fr="chaque partition rend les lignes de son jour",
        en="each partition gives the rows of its day",
        look=found.look,
    )


@task(
    2,
    points=2,
    fr="add_partitions.py ajoute à added les jours livrés, et eux seuls",
    en="add_partitions.py adds to added the days delivered, and only those",
)
def folders_are_added(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    queries.table(bench, "departures.added", code="no-table")
    later = LATER.replace("/", "-")
    places = {day: f"s3://{BUCKET}/plain/{day.replace('-', '/')}" for day in [*known(bench), later]}
    with lake.added(bench, BUCKET, f"plain/{LATER}/flights.csv", hidden(bench)):
        bench.run("add_partitions.py")
        bench.run("add_partitions.py")  # a second delivery without anything new
        found = partitions(bench, "added")
        counted = ask(bench, "SELECT count(*) FROM departures.added")
    if later in found:
        bench.client("glue").delete_partition(
            DatabaseName="departures", TableName="added", PartitionValues=[later]
        )
    expect(
        sorted((day, place.rstrip("/")) for day, place in found.items()),
        equals=sorted(places.items()),
        code="not-added",
        fr="added a une partition par dossier de plain/, nommée 2013-01-05, au bon emplacement",
        en="added has a partition for each folder of plain/, named 2013-01-05, at its location",
        look="aws glue get-partitions --database-name departures --table-name added",
    )
    expect(
        int(counted.rows[0][0] or 0),
        equals=sum(map(len, known(bench).values())) + len(unknown(bench)),
        code="rows-of-days",
        fr="les partitions de added rendent toutes leurs lignes",
        en="the partitions of added give all their rows",
        look=counted.look,
    )


@task(
    3,
    points=2,
    fr="projected voit un nouveau jour sans qu'on lui dise rien",
    en="projected sees a new day without being told",
)
def folders_are_projected(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    expect(
        sorted(partitions(bench, "projected")),
        equals=[],
        code="not-projected",
        fr="projected n'a aucune partition dans le catalogue : Athena les calcule",
        en="projected has no partition in the catalog: Athena computes them",
        look="aws glue get-partitions --database-name departures --table-name projected",
    )
    wanted = {day.replace("-", "/"): len(rows) for day, rows in known(bench).items()}
    wanted[LATER] = len(unknown(bench))
    with lake.added(bench, BUCKET, f"plain/{LATER}/flights.csv", hidden(bench)):
        listed = ", ".join(f"'{day}'" for day in wanted)
        found = ask(
            bench,
            f"SELECT day, count(*) FROM departures.projected WHERE day IN ({listed}) GROUP BY day",
        )
    expect(
        sorted(found.rows),
        equals=sorted((day, str(count)) for day, count in wanted.items()),
        code="projection-days",
        fr=f"chaque jour de 2013 à aujourd'hui se lit, écrit comme {LATER}",
        en=f"each day from 2013 until today can be read, written like {LATER}",
        look="aws glue get-table --database-name departures --name projected",
    )


@task(
    4,
    points=2,
    fr="one_day.sql ne lit que les octets de son jour",
    en="one_day.sql reads the bytes of its day only",
)
def one_day_is_read(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    day, rows = bench.random("day").choice(sorted(known(bench).items()))
    slashed = day.replace("-", "/")
    size = lake.sizes(bench, BUCKET)[f"plain/{slashed}/flights.csv"]
    found = ask(bench, queries.statement(bench, "one_day.sql"), parameters=[f"'{slashed}'"])
    counted = Counter(str(one["carrier"]) for one in rows)
    expect(
        list(found.rows),
        equals=[(carrier, str(count)) for carrier, count in sorted(counted.items())],
        code="one-day-rows",
        fr="one_day.sql rend les vols de chaque compagnie ce jour-là, dans l'ordre des codes",
        en="one_day.sql returns the flights of each airline on that day, in the order of the codes",
        look=f"python query.py one_day.sql \"'{slashed}'\"",
    )
    expect(
        found.scanned,
        equals=size,
        code="one-day-bytes",
        fr="one_day.sql lit exactement les octets du fichier de ce jour",
        en="one_day.sql reads exactly the bytes of that day's file",
        look=f"python query.py one_day.sql \"'{slashed}'\"",
    )


def ask(bench: Bench, sql: str, **options) -> queries.Query:
    return queries.ask(
        bench,
        sql,
        code="query-refused",
        fr="la requête sur votre table réussit",
        en="the query on your table succeeds",
        **options,
    )


def partitions(bench: Bench, name: str) -> dict[str, str]:
    """The days of a table in the catalog and where each is."""
    queries.table(bench, f"departures.{name}", code="no-table")
    pages = bench.client("glue").get_paginator("get_partitions")
    found = pages.paginate(DatabaseName="departures", TableName=name)
    return {
        one["Values"][0]: one["StorageDescriptor"]["Location"]
        for page in found
        for one in page["Partitions"]
    }


def known(bench: Bench) -> dict[str, list[dict[str, object]]]:
    """Six days, which are the learner's; the first and the last may be cut."""
    return lake.days(bench.flights("days", 5_000))


def unknown(bench: Bench) -> list[dict[str, object]]:
    return [lake.row(flight) for flight in bench.flights("later", 210)]


def hidden(bench: Bench) -> str:
    return lake.text(unknown(bench), header=False)
