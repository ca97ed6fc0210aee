"""Puts months of weather into the lake as text, then checks how they are converted to Parquet: with
more days than one statement may write, with days that come later, and by the bytes that are saved.
"""

import csv
from collections import Counter

from lab.checks import Bench, expect, lake, prepare, queries, task
from lab.data.flights import data_dir

BUCKET = f"weather-archive-{queries.ACCOUNT}"
TABLE = "weather.readings"
DAYS = 120
LATER = 5
READ = ("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib")
COLUMNS = ("day", "hour", "origin", *READ)
CHEAPER = 500


@prepare
def put_readings(bench: Bench) -> None:
    lake.bucket(bench, "weather-archive")
    text = lake.text(readings(bench)[0], COLUMNS, header=False)
    lake.put(bench, BUCKET, "raw/readings.csv", text)


@task(
    1,
    points=3,
    fr="convert.py écrit tous les jours, et se relance sans dommage",
    en="convert.py writes all days, and can be run again without harm",
)
def days_are_converted(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    known, later = readings(bench)
    text = lake.text(later, COLUMNS, header=False)
    with lake.added(bench, BUCKET, "raw/later.csv", text):
        bench.run("convert.py", within=60)
    queries.table(bench, TABLE, code="no-table")
    found = ask(bench, "SELECT day, count(*) FROM weather.readings GROUP BY day ORDER BY day")
    counted = Counter(str(one["day"]) for one in [*known, *later])
    expect(
        list(found.rows),
        equals=[(day, str(count)) for day, count in sorted(counted.items())],
        code="days-missing",
        fr=f"après convert.py, les {DAYS + LATER} jours de raw sont dans readings, une fois chacun",
        en=f"after convert.py, the {DAYS + LATER} days of raw are in readings, once each",
        look="python convert.py",
    )
    measured = sum(one["temp"] != "NA" for one in [*known, *later])
    total = ask(
        bench, "SELECT count(temp), count(DISTINCT origin), max(hour) FROM weather.readings"
    )
    expect(
        total.rows[0],
        equals=(str(measured), "3", "23"),
        code="values-lost",
        fr="températures, aéroports et heures sont ceux de raw (combien de chaque, et la dernière)",
        en="temperatures, airports and hours are those of raw (how many of each, and the last one)",
        look=total.look,
    )


@task(
    2,
    points=2,
    fr="La table est en Parquet, une partition par jour, sous parquet/",
    en="The table is Parquet, one partition a day, below parquet/",
)
def table_is_parquet(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    table = queries.table(bench, TABLE, code="no-table")
    storage = table["StorageDescriptor"]
    expect(
        storage["SerdeInfo"]["SerializationLibrary"].rsplit(".", 1)[-1],
        equals="ParquetHiveSerDe",
        code="not-parquet",
        fr="la table readings est au format Parquet",
        en="the table readings is in Parquet",
        look=table.look,
    )
    keys = [one["Name"] for one in table["PartitionKeys"]]
    expect(
        (keys, storage["Location"].rstrip("/")),
        equals=(["day"], f"s3://{BUCKET}/parquet"),
        code="not-partitioned",
        fr="la table est partitionnée par day, sous parquet/",
        en="the table is partitioned by day, below parquet/",
        look=table.look,
    )


@task(
    3,
    points=3,
    fr="Une question sur un jour lit cinq cents fois moins d'octets",
    en="A question about one day reads five hundred times fewer bytes",
)
def bytes_fall(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    queries.table(bench, TABLE, code="no-table")
    day = bench.random("day").choice(sorted({str(one["day"]) for one in readings(bench)[0]}))
    asked = "SELECT origin, max(temp) FROM weather.{} WHERE day = '{}' GROUP BY origin ORDER BY 1"
    before = ask(bench, asked.format("raw", day))
    after = ask(bench, asked.format("readings", day))
    expect(
        list(after.rows),
        equals=list(before.rows),
        code="values-lost",
        fr="la réponse est la même dans raw et dans readings",
        en="the answer is the same in raw and in readings",
        look=after.look,
    )
    expect(
        after.scanned,
        at_most=before.scanned // CHEAPER,
        code="bytes-high",
        fr="max(temp) d'un jour lit dans readings au plus un cinq-centième des octets de raw",
        en="max(temp) of a day reads in readings at most a five-hundredth of the bytes of raw",
        look=after.look,
    )


def ask(bench: Bench, sql: str) -> queries.Query:
    return queries.ask(
        bench,
        sql,
        code="query-refused",
        fr="la requête sur votre table réussit",
        en="the query on your table succeeds",
    )


type Reading = dict[str, object]


def readings(bench: Bench) -> tuple[list[Reading], list[Reading]]:
    """The readings of the days that the learner has, and those of some days later. Where they
    begin is the learner's.
    """
    if "readings" not in bench.memory:
        days: dict[str, list[Reading]] = {}
        with (data_dir() / "weather.csv").open(encoding="utf-8", newline="") as source:
            for one in csv.DictReader(source):
                day = f"{one['year']}-{one['month']:>02}-{one['day']:>02}"
                days.setdefault(day, []).append({**one, "day": day})
        first = bench.random("days").randrange(len(days) - DAYS - LATER)
        chosen = sorted(days)[first : first + DAYS + LATER]
        known = [one for day in chosen[:DAYS] for one in days[day]]
        later = [one for day in chosen[DAYS:] for one in days[day]]
        bench.memory["readings"] = (known, later)
    return bench.memory["readings"]
