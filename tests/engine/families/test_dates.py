"""Dates: leap days, changes of the clock, intervals of both kinds, patterns of Joda and MySQL."""

import pytest

from tests.engine.families.tables import (
    BAD_ARGUMENT,
    BAD_CAST,
    REFUSED,
    SYNTAX,
    Expected,
    Fails,
    Table,
    check,
)
from tests.engine.support import Athena

TABLE: Table = (
    ("DATE '2024-01-31' + INTERVAL '1' MONTH", "2024-02-29"),
    ("DATE '2024-02-29' - INTERVAL '1' YEAR", "2023-02-28"),
    ("DATE '2024-01-01' + INTERVAL '1' HOUR", BAD_ARGUMENT),
    (
        "TIMESTAMP '2024-03-10 01:30:00 America/New_York' + INTERVAL '1' HOUR",
        "2024-03-10 03:30:00.000 America/New_York",
    ),
    (
        "TIMESTAMP '2024-03-31 00:30:00 Europe/Paris' + INTERVAL '1' DAY",
        "2024-04-01 01:30:00.000 Europe/Paris",
    ),
    (
        "TIMESTAMP '2024-01-01 00:00 UTC' AT TIME ZONE INTERVAL '-1' HOUR",
        "2023-12-31 23:00:00 -01:00",
    ),
    ("TIMESTAMP '2024-01-01 00:00' AT TIME ZONE 'Mars/X'", BAD_ARGUMENT),
    ("timezone(TIMESTAMP '2024-01-01 00:00 +05:30')", "+05:30"),
    ("TIMESTAMP '2024-01-01 00:00:00 GMT'", "2024-01-01 00:00:00 UTC"),
    ("TIMESTAMP '2024-01-01 00:00:00 europe/paris'", "2024-01-01 00:00:00 Europe/Paris"),
    ("TIMESTAMP '2024-01-01 00:00:00 Mars/X'", Fails("INVALID_LITERAL")),
    ("TIMESTAMP '2024-01-01 00:00:00 UTC+3'", REFUSED),
    (
        "ARRAY[TIMESTAMP '2024-01-01 00:00:00 Asia/Tokyo', NULL]",
        "[2024-01-01 00:00:00 Asia/Tokyo, null]",
    ),
    ("ROW(INTERVAL '1' DAY, INTERVAL '14' MONTH)", "{field0=1 00:00:00.000, field1=1-2}"),
    (
        "CAST('2024-03-01 10:20:30 America/New_York' AS TIMESTAMP WITH TIME ZONE)",
        "2024-03-01 10:20:30.000 America/New_York",
    ),
    ("CAST('2024-01-01 00:00:00.123456789' AS TIMESTAMP)", "2024-01-01 00:00:00.123"),
    ("CAST('2024-01-01 00:00:00.123456789' AS TIMESTAMP(9))", REFUSED),
    ("DATE '2024-02-30'", Fails("INVALID_LITERAL")),
    ("INTERVAL '1-2' YEAR TO MONTH", "1-2"),
    ("INTERVAL '1 02:03:04.5' DAY TO SECOND", "1 02:03:04.500"),
    ("INTERVAL '02:03' HOUR TO MINUTE", "0 02:03:00.000"),
    ("INTERVAL -'3' DAY", "-3 00:00:00.000"),
    ("INTERVAL '1.5' DAY", Fails("INVALID_LITERAL")),
    ("INTERVAL 1 DAY", SYNTAX),
    ("INTERVAL '1' DAY * 2", "2 00:00:00.000"),
    ("2.5 * INTERVAL '1' HOUR", "0 02:30:00.000"),
    ("INTERVAL '3' MONTH * 2", "0-6"),
    ("CAST(INTERVAL '-36' HOUR AS VARCHAR)", "-1 12:00:00.000"),
    ("hour(INTERVAL '-36' HOUR)", "-12"),
    ("year(INTERVAL '14' MONTH)", "1"),
    ("to_milliseconds(INTERVAL '1' DAY)", "86400000"),
    ("TIME '23:30:00.123' + INTERVAL '1' HOUR", "00:30:00.123"),
    ("CAST('25:00' AS TIME)", BAD_CAST),
    ("CAST(TIMESTAMP '2024-01-01 10:20:30.456' AS TIME)", "10:20:30.456"),
    ("date_add('hour', 20, TIME '10:00:00')", "06:00:00"),
    ("date_diff('minute', TIME '10:00', TIME '11:30')", "90"),
    ("date_trunc('hour', TIME '10:20:30')", "10:00:00"),
    ("date_trunc('day', TIME '10:20:30')", BAD_ARGUMENT),
    ("typeof(TIME '10:00:00.12')", "time(2)"),
    ("typeof(current_timestamp(6))", "timestamp(6) with time zone"),
    ("typeof(current_time)", "time(3) with time zone"),
    (
        "format_datetime(TIMESTAMP '2024-03-05 14:05:06.789', 'yyyy-MM-dd''T''HH:mm:ss.SSS')",
        "2024-03-05T14:05:06.789",
    ),
    (
        "format_datetime(TIMESTAMP '2024-03-05 14:05:06.789', 'EEEE, d MMM yy h:mm a D e w xxxx')",
        "Tuesday, 5 Mar 24 2:05 PM 65 2 10 2024",
    ),
    ("format_datetime(TIMESTAMP '2024-03-05 14:05:06 +02:00', 'HH:mm Z ZZ')", "14:05 +0200 +02:00"),
    ("format_datetime(DATE '2024-03-05', 'Q')", REFUSED),
    (
        "parse_datetime('2024-03-05 14:05 +02:00', 'yyyy-MM-dd HH:mm Z')",
        "2024-03-05 14:05:00.000 +02:00",
    ),
    ("parse_datetime('5 Mar 2024 2:05 PM', 'd MMM yyyy h:mm a')", "2024-03-05 14:05:00.000 UTC"),
    ("parse_datetime('2024-13-05', 'yyyy-MM-dd')", BAD_ARGUMENT),
    (
        "(SELECT array_agg(CAST(parse_datetime(t, 'dd/MMM/yyyy:HH:mm:ss Z') AT TIME ZONE 'UTC'"
        " AS TIMESTAMP(3)))"
        " FROM (VALUES '02/Mar/2026:22:04:31 +0100', '01/Mar/2026:00:00:00 -0330')"
        " AS logs(t))",
        "[2026-03-02 21:04:31.000, 2026-03-01 03:30:00.000]",
    ),
    ("(SELECT parse_datetime(t, 'HH:mm Z') FROM (VALUES '00:00 +0100') AS logs(t))", REFUSED),
    (
        "(SELECT hour(parse_datetime(t, 'HH:mm Z')) FROM (VALUES '00:00 +0100') AS logs(t))",
        REFUSED,
    ),
    (
        "(SELECT max(parse_datetime(t, 'HH:mm Z')) > TIMESTAMP '1969-12-31 22:30:00 UTC'"
        " FROM (VALUES '00:00 +0100') AS logs(t))",
        "true",
    ),
    ("date_parse('05/Mar/2024 02:03:04 PM', '%d/%b/%Y %h:%i:%s %p')", "2024-03-05 14:03:04.000"),
    ("date_parse('2024-060', '%Y-%j')", "2024-02-29 00:00:00.000"),
    ("date_parse('2024-02-30', '%Y-%m-%d')", BAD_ARGUMENT),
    ("date_parse('2024-01-05 ', '%Y-%m-%d')", BAD_ARGUMENT),
    ("date_parse('10:20 PM', '%h:%i %p')", "1970-01-01 22:20:00.000"),
    ("to_iso8601(TIMESTAMP '2024-07-01 12:00:00 Europe/Paris')", "2024-07-01T12:00:00+02:00"),
    ("to_iso8601(TIMESTAMP '2024-01-01 12:00:00 Europe/London')", "2024-01-01T12:00:00Z"),
    (
        "date_diff('hour', TIMESTAMP '2024-03-10 00:00 America/New_York',"
        " TIMESTAMP '2024-03-11 00:00 America/New_York')",
        "23",
    ),
    ("from_iso8601_timestamp('x')", BAD_ARGUMENT),
    ("typeof(to_iso8601(TIMESTAMP '2024-01-01 12:34:56.789'))", "varchar(26)"),
    (
        "CAST('12151fd2-7586-11e9-8f9e-2a86e4085a59' AS UUID)",
        "12151fd2-7586-11e9-8f9e-2a86e4085a59",
    ),
    ("CAST('x' AS UUID)", BAD_CAST),
    ("CAST('::ffff:1.2.3.4' AS IPADDRESS)", "1.2.3.4"),
    ("CAST('1.2.3.4' AS IPADDRESS) < CAST('10.0.0.1' AS IPADDRESS)", "true"),
    ("contains('2001:db8::/32', CAST('2001:db8::1' AS IPADDRESS))", "true"),
    ("contains('10.0.0.0/8', CAST('192.168.1.10' AS IPADDRESS))", "false"),
    ("TRY_CAST('x' AS IPADDRESS)", None),
)


@pytest.mark.fidelity("athena_sql.dates")
@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_expression(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)
