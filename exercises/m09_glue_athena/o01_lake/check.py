"""Runs table.sql, writes two days into the table and asks about one of them."""

from lab.checks import Bench, expect, lake, prepare, queries, task

BUCKET = f"open-lake-{queries.ACCOUNT}"
TABLE = "design.visits"
COLUMNS = [("airport", "string"), ("gate", "string"), ("at", "timestamp"), ("passengers", "int")]
DAYS = ("2025-06-01", "2026-02-03")
ROWS = 2_000


@prepare
def make_lake(bench: Bench) -> None:
    lake.bucket(bench, "open-lake")
    queries.need(bench, "CREATE DATABASE IF NOT EXISTS design")


@task(
    1,
    points=2,
    fr="table.sql crée une table Parquet que l'on écrit et lit jour par jour",
    en="table.sql makes a Parquet table that is written and read day by day",
)
def table_is_written_and_read(bench: Bench) -> None:
    make_lake(bench)
    queries.need(bench, f"DROP TABLE IF EXISTS {TABLE}")
    for key in lake.sizes(bench, BUCKET, "visits/"):
        bench.client("s3").delete_object(Bucket=BUCKET, Key=key)
    ask(bench, queries.statement(bench, "table.sql"))
    table = queries.table(bench, TABLE, code="no-table")
    storage = table["StorageDescriptor"]
    expect(
        storage["SerdeInfo"]["SerializationLibrary"].rsplit(".", 1)[-1],
        equals="ParquetHiveSerDe",
        code="not-parquet",
        fr="la table est au format Parquet",
        en="the table is in Parquet",
        look=table.look,
    )
    expect(
        [(one["Name"], one["Type"]) for one in storage["Columns"]],
        equals=COLUMNS,
        code="columns",
        fr="la table a les quatre colonnes demandées, dans l'ordre",
        en="the table has the four columns asked for, in order",
        look=table.look,
    )
    for day in DAYS:
        ask(
            bench,
            f"INSERT INTO {TABLE} SELECT 'JFK', CAST(n AS varchar),"
            f" CAST('{day} 10:00:00' AS timestamp) + n * INTERVAL '1' SECOND, CAST(n AS integer),"
            f" '{day}' FROM UNNEST(sequence(1, {ROWS})) t(n)",
        )
    found = ask(bench, f"SELECT sum(passengers) FROM {TABLE} WHERE day = '{DAYS[0]}'")
    whole = ask(bench, f"SELECT sum(passengers) FROM {TABLE} WHERE day IN {DAYS}")
    total = ROWS * (ROWS + 1) // 2
    expect(
        (found.rows[0][0], whole.rows[0][0], found.scanned * 2 <= whole.scanned * 1.1),
        equals=(str(total), str(2 * total), True),
        code="days",
        fr="les deux jours se lisent, et un jour lit la moitié des octets de deux",
        en="both days can be read, and one day reads half of the bytes of two",
        look=found.look,
    )
    expect(
        table.get("Parameters", {}).get("projection.enabled"),
        equals="true",
        code="not-projected",
        fr="la clé day est projetée",
        en="the key day is projected",
        look=table.look,
    )


def ask(bench: Bench, sql: str) -> queries.Query:
    return queries.ask(
        bench,
        sql,
        code="refused",
        fr="table.sql, puis une écriture et une lecture d'un jour réussissent",
        en="table.sql, then a write and a read of a day succeed",
    )
