"""Checks a first lake: its objects, its table in the catalog, and query.py with statements that the
learner does not know.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.checks import Bench, expect, lake, prepare, programs, queries, task

BUCKET = f"flights-lake-{queries.ACCOUNT}"
DATABASE = "flights_lake"
TABLE = f"{DATABASE}.flights"
PREFIX = "raw/flights/"
FOLDER = "flights"
TYPES = {
    "flight_date": "date",
    "carrier": "string",
    "flight": "int",
    "tailnum": "string",
    "origin": "string",
    "dest": "string",
    "scheduled": "timestamp",
    "dep_delay": "int",
    "arr_delay": "int",
    "distance": "int",
}
LISTED = 1_500  # more rows than one page of GetQueryResults holds


@prepare
def write_files(bench: Bench) -> None:
    folder = bench.work / FOLDER
    folder.mkdir(exist_ok=True)
    for day, rows in known(bench).items():
        (folder / f"{day}.csv").write_text(lake.text(rows))


@task(
    1,
    points=2,
    fr="lake.py met les fichiers dans le lac, et rien d'autre à côté",
    en="lake.py puts the files into the lake, and nothing else beside them",
)
def files_are_in_the_lake(bench: Bench) -> None:
    need_lake(bench)
    wanted = {f"{PREFIX}{file.name}": file.stat().st_size for file in local(bench)}
    expect(
        sorted(lake.sizes(bench, BUCKET, PREFIX).items()),
        equals=sorted(wanted.items()),
        code="lake-objects",
        fr=f"sous {PREFIX} se trouvent les fichiers du dossier {FOLDER}, entiers, et eux seuls",
        en=f"below {PREFIX} are the files of the folder {FOLDER}, whole, and nothing else",
        look=f"aws s3 ls s3://{BUCKET}/{PREFIX}",
    )


@task(
    2,
    points=2,
    fr="La table est externe, avec ses types et son emplacement",
    en="The table is external, with its types and its location",
)
def table_is_described(bench: Bench) -> None:
    table = queries.table(bench, TABLE, code="no-table")
    storage = table["StorageDescriptor"]
    expect(
        (table["TableType"], storage["Location"].rstrip("/")),
        equals=("EXTERNAL_TABLE", f"s3://{BUCKET}/{PREFIX}".rstrip("/")),
        code="table-location",
        fr="la table est externe et son emplacement est le dossier des fichiers",
        en="the table is external and its location is the folder of the files",
        look=table.look,
    )
    expect(
        [(one["Name"], one["Type"]) for one in storage["Columns"]],
        equals=list(TYPES.items()),
        code="table-columns",
        fr="les colonnes ont les noms, l'ordre et les types de l'énoncé",
        en="the columns have the names, the order and the types of the statement",
        look=table.look,
    )


@task(
    3,
    points=2,
    fr="Un fichier déposé ensuite est lu sans rien charger",
    en="A file that is put there later is read without loading anything",
)
def later_files_are_read(bench: Bench) -> None:
    need_lake(bench)
    later = unknown(bench)
    with lake.added(bench, BUCKET, f"{PREFIX}late.csv", lake.text(later)):
        found = queries.ask(
            bench,
            "SELECT count(*), count(flight_date), count(scheduled), sum(distance), "
            "count(dep_delay) FROM flights_lake.flights",
            code="table-unreadable",
            fr=f"une requête sur {TABLE} réussit",
            en=f"a query on {TABLE} succeeds",
        )
    rows = [one for day in known(bench).values() for one in day] + later
    counted = [int(value or 0) for value in found.rows[0]]
    expect(
        counted[0],
        equals=len(rows),
        code="row-count",
        fr="la table a une ligne par vol des fichiers, celui du contrôle compris",
        en="the table has a row for each flight of the files, that of the check included",
        look=f"head -2 {FOLDER}/*.csv",
    )
    left = sum(one["dep_delay"] is not None for one in rows)
    expect(
        counted[1:],
        equals=[len(rows), len(rows), sum(int(str(one["distance"])) for one in rows), left],
        code="row-values",
        fr="dates, horaires, distances et retards connus sont lus dans leurs colonnes",
        en="dates, times, distances and known delays are read in their columns",
        look=f"head -2 {FOLDER}/*.csv",
    )


@task(
    4,
    points=2,
    fr="query.py affiche toutes les lignes, ou dit pourquoi il n'y en a pas",
    en="query.py prints all the rows, or says why there are none",
)
def statements_are_run(bench: Bench) -> None:
    first = bench.random("query").randrange(10_000, 90_000)
    numbers = (
        f"SELECT n, {first} AS start FROM UNNEST(sequence({first}, {first + LISTED - 1})) t(n)"
    )
    with written(numbers) as file:
        printed = bench.run("query.py", file).stdout.splitlines()
    wanted = ["n\tstart", *(f"{number}\t{first}" for number in range(first, first + LISTED))]
    expect(
        printed,
        equals=wanted,
        code="query-rows",
        fr="query.py affiche l'en-tête puis chaque ligne, valeurs séparées par une tabulation",
        en="query.py prints the header and then each row, its values separated by a tab",
        look="python query.py count.sql",
    )
    with written(f"SELECT * FROM {DATABASE}.nothing_of_this_name_{first}") as file:
        ran = programs.run(bench.work, bench.config, ["query.py", file])
    said = f"nothing_of_this_name_{first}" in ran.stderr and "TABLE_NOT_FOUND" in ran.stderr
    if ran.exit_code != 1 or not said:
        bench.ran.append(ran)
    expect(
        (ran.exit_code == 1, said),
        equals=(True, True),
        code="query-failure",
        fr="si la requête échoue, query.py écrit la raison d'Athena sur stderr et rend le code 1",
        en="for a FAILED query, query.py writes Athena's reason to stderr and exits with 1",
        look="echo 'SELECT * FROM flights_lake.nothing' > x.sql; python query.py x.sql; echo $?",
    )


def need_lake(bench: Bench) -> None:
    bench.ask(
        "s3",
        "list_objects_v2",
        code="no-lake",
        fr=f"le bucket {BUCKET} existe",
        en=f"the bucket {BUCKET} exists",
        Bucket=BUCKET,
    )


def known(bench: Bench) -> dict[str, list[dict[str, object]]]:
    """The departures of some days, of which the learner has the files; which, is the learner's."""
    days = lake.days(bench.flights("days", 4_000))
    # The first and the last day may be cut.
    return dict(sorted(days.items())[1:-1])


def unknown(bench: Bench) -> list[dict[str, object]]:
    return [lake.row(flight) for flight in bench.flights("late", 321)]


def local(bench: Bench) -> list[Path]:
    return sorted((bench.work / FOLDER).glob("*.csv"))


@contextmanager
def written(sql: str) -> Iterator[str]:
    """A file of SQL outside of the learner's folder, as long as the block lasts."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(sql)
        file.flush()
        yield file.name
