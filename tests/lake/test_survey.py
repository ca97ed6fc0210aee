"""The lake on one page: each thing that it says, of tables made for it."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab.config import Config
from lab.lake.survey import TableSurvey, survey

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def name() -> str:
    return f"lake{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def database(client: Callable[..., Any], name: str) -> Iterator[str]:
    s3, glue = client("s3"), client("glue")
    s3.create_bucket(Bucket=name)
    glue.create_database(DatabaseInput={"Name": name})
    for hour in range(12):
        s3.put_object(Bucket=name, Key=f"raw/d=1/{hour}.json", Body=b'{"a": 1}\n')
    s3.put_object(Bucket=name, Key="wrong/x.parquet", Body=b"no parquet")
    run(
        client,
        name,
        f"CREATE TABLE {name}.made WITH (external_location = 's3://{name}/made/') AS "
        "SELECT * FROM UNNEST(sequence(1, 1000)) AS t (a)",
    )
    json = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
    for table, folder, keys in (
        ("raw", "raw", "PARTITIONED BY (d int)"),
        ("forgotten", "raw", "PARTITIONED BY (d int)"),
        ("empty", "nothing", ""),
    ):
        run(
            client,
            name,
            f"CREATE EXTERNAL TABLE {name}.{table} (a int) {keys} {json} "
            f"LOCATION 's3://{name}/{folder}/'",
        )
    run(
        client,
        name,
        f"CREATE EXTERNAL TABLE {name}.wrong (a int) STORED AS PARQUET "
        f"LOCATION 's3://{name}/wrong/'",
    )
    run(client, name, f"CREATE VIEW {name}.seen AS SELECT a FROM {name}.made")
    run(client, name, f"MSCK REPAIR TABLE {name}.raw")
    run(client, name, f"SELECT count(*) FROM {name}.raw")
    yield name
    glue.delete_database(Name=name)


def run(client: Callable[..., Any], bucket: str, sql: str) -> None:
    athena = client("athena")
    place = {"OutputLocation": f"s3://{bucket}/results/"}
    started = athena.start_query_execution(QueryString=sql, ResultConfiguration=place)[
        "QueryExecutionId"
    ]
    for _ in range(6000):
        execution = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]


@pytest.fixture(scope="module")
def tables(client: Callable[..., Any], database: str) -> dict[str, TableSurvey]:
    return {table.name: table for table in survey(client, database)}


def test_a_table_of_parquet_knows_its_rows(tables: dict[str, TableSurvey], name: str) -> None:
    made = tables["made"]
    assert (made.format, made.rows, made.warnings) == ("parquet", 1000, [])
    assert made.files.bytes > 1000
    assert made.command == f"aws glue get-table --database-name {name} --name made"


def test_small_files_are_seen_and_their_rows_are_not_counted(
    tables: dict[str, TableSurvey],
) -> None:
    raw = tables["raw"]
    assert (raw.format, raw.partitions, raw.partition_keys) == ("json", 1, ["d"])
    assert (raw.files.count, raw.files.bytes, raw.rows) == (12, 12 * 9, None)
    [warning] = raw.warnings
    assert (warning.key, warning.fields) == ("small_files", {"count": 12, "size": 9})
    assert raw.last_query is not None
    assert (raw.last_query.state, raw.last_query.scanned) == ("SUCCEEDED", 12 * 9)


def test_what_is_missing_is_said(tables: dict[str, TableSurvey]) -> None:
    keys = {name: [each.key for each in table.warnings] for name, table in tables.items()}
    assert keys["forgotten"] == ["no_files", "no_partitions"]
    assert keys["empty"] == ["no_files"]
    assert keys["wrong"] == ["unreadable"]
    assert (tables["seen"].format, keys["seen"]) == ("view", [])


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["raw  json · partitions: 1 (d) · files: 12 · 108 bytes · rows not counted"]),
        ("fr", ["made  parquet · fichiers : 1", "lignes : 1 000"]),
    ],
)
def test_the_page(lab: Config, database: str, lang: str, expected: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.cli", "lake", database],
        env={"LAB_LANG": lang, "PATH": "", "COLUMNS": "160", **lab.environment()},
        capture_output=True,
        text=True,
        check=True,
    )
    text = done.stdout.replace("\u202f", " ").replace("\xa0", " ")
    for part in expected:
        assert part in text


def test_an_unknown_database(lab: Config) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.cli", "lake", "nowhere"],
        env={"LAB_LANG": "en", "PATH": "", **lab.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "There is no database nowhere in the Data Catalog." in done.stderr
