"""m09_glue_athena, the first half: for every task, a mistake that learners make, and what they are
told of it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.course.content import Exercise
from lab.course.desk import Desk
from tests.content import mistakes
from tests.content.mistakes import Mistake
from tests.content.support import COURSE

pytestmark = pytest.mark.lab

# Mistakes that do not touch each other are made together, which is faster than one by one.
ROUNDS: list[tuple[str, list[Mistake]]] = [
    (
        "athena.first_table",
        [
            Mistake(
                *(1, "lake.py", "PREFIX + file.name", "PREFIX + str(file)"),
                *("lake-objects", "below raw/flights/ are the files", "raw/flights/flights/2013"),
            ),
            Mistake(
                *(2, "3_flights.sql", "dep_delay int", "dep_delay string"),
                *(
                    "table-columns",
                    "the types of the statement",
                    "dep_delay · string ≠ dep_delay · int",
                ),
            ),
            Mistake(
                *(3, "3_flights.sql", "TBLPROPERTIES ('skip.header.line.count' = '1')", ""),
                *("row-count", "the table has a row for each flight of the files", ""),
            ),
            Mistake(
                *(4, "query.py"),
                'athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id):',
                "[athena.get_query_results(QueryExecutionId=query_id)]:",
                *("query-rows", "prints the header and then each row", "[1000]: (nothing) ≠ "),
            ),
        ],
    ),
    (
        "athena.first_table",
        [
            Mistake(
                *(2, "3_flights.sql", "/raw/flights/'", "/'"),
                *("table-location", "its location is the folder of the files", "s3://flights-lake"),
            ),
            Mistake(
                *(3, "3_flights.sql", "TERMINATED BY ','", "TERMINATED BY ';'"),
                *("row-values", "are read in their columns", "0"),
            ),
            Mistake(
                *(4, "query.py", "sys.exit(", "return print("),
                *("query-failure", "exits with 1", "False"),
            ),
        ],
    ),
    (
        "athena.access_log",
        [
            Mistake(
                *(1, "3_raw.sql", "(\\\\d+|-)", "(\\\\d+)"),
                *("lines-unread", "one only, which was cut", "1201 · "),
            ),
            Mistake(
                *(2, "4_requests.sql", "CAST(status AS integer)", "status"),
                *("view-types", "have the types of the statement", "varchar · bigint"),
            ),
            Mistake(
                *(3, "errors.sql", "date_trunc('hour', at)", "date_trunc('hour', logged)"),
                *("query-refused", "the query on your table or view succeeds", "COLUMN_NOT_FOUND"),
            ),
        ],
    ),
    (
        "athena.access_log",
        [
            Mistake(
                *(1, "3_raw.sql"),
                '"((?:[^"\\\\\\\\]|\\\\\\\\.)*)" (\\\\d+) ',
                '("(?:[^"\\\\\\\\]|\\\\\\\\.)*") (\\\\d+) ',
                *("fields-wrong", "without brackets or quotes", '"GET /'),
            ),
            Mistake(
                *(2, "4_requests.sql", "WHERE ip IS NOT NULL", ""),
                *("view-values", "a row for each readable request", ""),
            ),
            Mistake(
                *(3, "errors.sql", "status >= 500", "status = 500"),
                *("errors", "those of 5xx", "2026-03-0"),
            ),
        ],
    ),
    (
        "athena.partitions",
        [
            Mistake(
                *(1, "4_repair.sql", "MSCK REPAIR TABLE", "SHOW PARTITIONS"),
                *("not-repaired", "a partition for each folder day=", "[0]: (nothing) ≠ 2013-01-"),
            ),
            Mistake(
                *(2, "add_partitions.py", "day.replace('/', '-')", "day"),
                *("not-added", "named 2013-01-05, at its location", " · s3://departures-"),
            ),
            Mistake(
                *(3, "8_projected.sql", "2013/01/01,NOW", "2013/01/01,2013/12/31"),
                *("projection-days", "each day from 2013 until today", "2025/11/03 · 210"),
            ),
            Mistake(
                *(4, "one_day.sql", "day = ?", "date_format(flight_date, '%Y/%m/%d') = ?"),
                *("one-day-bytes", "exactly the bytes of that day's file", ""),
            ),
        ],
    ),
    (
        "athena.ctas",
        [
            Mistake(
                *(1, "convert.py", "MOST = 100", "MOST = 200"),
                *("program-failed", "convert.py ends without an error"),
                "HIVE_TOO_MANY_OPEN_PARTITIONS",
            ),
        ],
    ),
    (
        "athena.ctas",
        [
            Mistake(
                *(1, "insert.sql", "BETWEEN '${first}'", "> '${first}' AND day <= '${last}' --"),
                *("days-missing", "the 125 days of raw are in readings, once each", "≠ 2013-"),
            ),
            Mistake(
                *(2, "ctas.sql", "'PARQUET'", "'TEXTFILE'"),
                *("not-parquet", "the table readings is in Parquet", "LazySimpleSerDe"),
            ),
            Mistake(
                *(3, "ctas.sql", "write_compression = 'ZSTD'", "write_compression = 'NONE'"),
                *("bytes-high", "at most a five-hundredth of the bytes of raw", ""),
            ),
        ],
    ),
    (
        "athena.views",
        [
            Mistake(
                *(1, "6_delays.sql", "LEFT JOIN", "JOIN"),
                *("view-rows", "a row for each day and airline, named or not", "YY · "),
            ),
            Mistake(
                *(2, "worst_days.sql", "airline = ? AND", "airline = 'Delta' AND"),
                *("statement-refused", "succeeds with two values", "INVALID_PARAMETER_USAGE"),
            ),
        ],
    ),
    (
        "athena.views",
        [
            Mistake(
                *(1, "6_delays.sql", "avg(f.dep_delay)", "avg(coalesce(f.dep_delay, 0))"),
                *("view-delays", "count only flights that left", "2013-01-"),
            ),
            Mistake(
                *(3, "ask.py", """.replace("'", "''")""", ""),
                *("program-failed", "ask.py ends without an error", ""),
            ),
        ],
    ),
    (
        "athena.views",
        [
            Mistake(
                *(3, "ask.py"),
                'start(athena, "EXECUTE worst_days", [text(airline), str(int(minutes))])',
                """start(athena, f"SELECT day, flights, mean_delay FROM analytics.delays"
        f" WHERE mean_delay >= {minutes} AND airline = '{airline.replace("y's", "y''s")}'"
        " ORDER BY mean_delay DESC, day")""",
                *("injection", "nothing for the name x' OR '1'='1", "2013-01-"),
            ),
        ],
    ),
    (
        "athena.dirty_csv",
        [
            Mistake(
                *(1, "3_raw.sql", "TBLPROPERTIES ('skip.header.line.count' = '1')", ""),
                *("row-count", "a row for each aircraft, without the headers", "1004"),
            ),
            Mistake(
                *(2, "bad.sql", """element_at(split("$path", '/'), -1)""", '"$path"'),
                *("bad-rows", "file, aircraft and text of seats", "s3://fleet-register"),
            ),
            Mistake(
                *(3, "4_planes.sql", "TRY_CAST(year AS integer)", "CAST(year AS integer)"),
                *("query-refused", "the query on your table or view succeeds", "INVALID_CAST"),
            ),
        ],
    ),
    (
        "athena.dirty_csv",
        [
            Mistake(
                *(1, "3_raw.sql"),
                "SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'\nWITH SERDEPROPERTIES"
                """ ('separatorChar' = ',', 'quoteChar' = '"', 'escapeChar' = '\\\\')""",
                "DELIMITED FIELDS TERMINATED BY ','",
                *("row-values", "commas included, without quotes around it", '"'),
            ),
            Mistake(
                *(3, "4_planes.sql", "TRY_CAST(replace(seats, ',', '') AS integer)", "seats"),
                *("view-types", "year and seats of the view are integer", "varchar"),
            ),
        ],
    ),
    (
        "athena.dirty_csv",
        [
            Mistake(
                *(1, "3_raw.sql", "seats string", "seats int"),
                *("bad-data", "can be read, even the dirtiest", "HIVE_BAD_DATA"),
            ),
        ],
    ),
    (
        "athena.dirty_csv",
        [
            Mistake(
                *(3, "4_planes.sql", "replace(seats, ',', '')", "seats"),
                *("view-values", "1,182 seats are 1182", "≠ "),
            ),
        ],
    ),
]


@pytest.mark.parametrize(("name", "made"), ROUNDS)
def test_a_mistake_is_named(
    name: str, made: list[Mistake], desk: Desk, solve: Callable[[Exercise], Path]
) -> None:
    exercise = COURSE.exercise(name)
    desk.go_to(exercise, lambda _: None)
    mistakes.make(solve(exercise), made)
    mistakes.assert_named(desk.check(exercise), made)
