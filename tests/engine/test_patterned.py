"""Web logs: lines taken apart by RegexSerDe and GrokSerDe."""

import pytest

from lab.engine.errors import QueryError
from lab.engine.java_regex import compiled
from tests.engine.support import Athena

LOG = (
    '192.0.2.7 - - [17/May/2015:08:05:32 +0000] "GET /a?q=1 HTTP/1.1" 200 85 "-" "curl/8.0"\n'
    '198.51.100.9 - bob [17/May/2015:08:05:33 +0000] "POST /b HTTP/1.0" 404 - "http://x/"'
    ' "M \\"y\\""\n'
    "this is no log line\n"
    '2001:db8::1 - - [17/May/2015:23:59:60 +0200] "-" 408 0 "-" "-"\n'
)
REGEX = (
    r'([^ ]*) ([^ ]*) ([^ ]*) \\[([^\\]]*)\\] "(\\S+)(?: (\\S+) (\\S+))?" (\\d{3}) (\\d+|-)'
    r' "([^"]*)" "(.*)"'
)
COLUMNS = (
    "host string, ident string, username string, at string, verb string, path string,"
    " protocol string, code int, size bigint, referrer string, agent string"
)


@pytest.fixture
def regex(athena: Athena) -> Athena:
    athena.objects.write("s3://data/web/a.log", LOG.encode())
    athena.run(
        f"CREATE EXTERNAL TABLE web ({COLUMNS})"
        " ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'"
        f" WITH SERDEPROPERTIES ('input.regex' = '{REGEX}') LOCATION 's3://data/web/'"
    )
    return athena


@pytest.mark.fidelity("athena_storage.web_logs")
def test_regex_groups_are_columns(regex: Athena) -> None:
    sql = "SELECT host, username, verb, path, code, size, agent FROM web ORDER BY code"
    assert regex.run(sql) == [
        ["192.0.2.7", "-", "GET", "/a?q=1", "200", "85", "curl/8.0"],
        ["198.51.100.9", "bob", "POST", "/b", "404", None, 'M \\"y\\"'],
        # A group that takes no part in the match is NULL.
        ["2001:db8::1", "-", "-", None, "408", "0", "-"],
        [None] * 7,
    ]
    assert regex.bytes == len(LOG)


def test_every_line_is_a_row(regex: Athena) -> None:
    assert regex.run("SELECT count(*), count(host) FROM web") == [["4", "3"]]


@pytest.mark.fidelity("athena_storage.web_logs")
def test_grok_fields_are_columns(athena: Athena) -> None:
    athena.objects.write("s3://data/grok/a.log", LOG.encode())
    athena.run(
        "CREATE EXTERNAL TABLE grok (clientip string, auth string, verb string, response int,"
        " bytes int, agent string, nothing string)"
        " ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe'"
        " WITH SERDEPROPERTIES ('input.format' = '%{COMBINEDAPACHELOG}')"
        " LOCATION 's3://data/grok/'"
    )
    assert athena.run("SELECT * FROM grok ORDER BY response") == [
        ["192.0.2.7", "-", "GET", "200", "85", '"curl/8.0"', None],
        ["198.51.100.9", "bob", "POST", "404", None, '"M \\"y\\""', None],
        ["2001:db8::1", "-", None, "408", "0", '"-"', None],
        [None] * 7,
    ]


def test_grok_with_patterns_of_ones_own(athena: Athena) -> None:
    athena.objects.write("s3://data/own/a.log", b"2024-02-29T01:02:03Z WARN [job-7] slow\n")
    athena.run(
        "CREATE EXTERNAL TABLE own (at string, level string, job int, message string)"
        " ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES ("
        "'input.format' = '%{TIMESTAMP_ISO8601:at} %{LOGLEVEL:level} %{JOB} %{GREEDYDATA:message}',"
        " 'input.grokCustomPatterns' = '# names\nJOB \\\\[job-%{INT:job}\\\\]')"
        " LOCATION 's3://data/own/'"
    )
    assert athena.run("SELECT * FROM own") == [["2024-02-29T01:02:03Z", "WARN", "7", "slow"]]


@pytest.mark.parametrize(
    ("properties", "error"),
    [
        ("'input.format' = '%{NOSUCH:a}'", "No definition for grok pattern NOSUCH"),
        ("'input.format' = '%{A:a}', 'input.grokCustomPatterns' = 'A %{A}'",
         "Grok patterns are nested too deeply"),
        ("'other' = 'x'", 'This table does not have serde property "input.format": bad'),
    ],
)  # fmt: skip
def test_grok_patterns_that_make_no_sense(athena: Athena, properties: str, error: str) -> None:
    athena.objects.write("s3://data/bad/a.log", b"x\n")
    athena.run(
        "CREATE EXTERNAL TABLE bad (a string) ROW FORMAT SERDE"
        f" 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES ({properties})"
        " LOCATION 's3://data/bad/'"
    )
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT a FROM bad")
    assert str(caught.value) == f"HIVE_CURSOR_ERROR: {error}"


@pytest.mark.parametrize(
    ("pattern", "text", "groups"),
    [
        (r"(\p{Alpha}+)\h(\p{Digit}{2})", "ab 12", ("ab", "12")),
        (r"(?<word>\w+) \k<word>", "so so", ("so",)),
        (r"(\w+)", "é", None),  # Java's \w is ASCII
        (r"\Qa.b\E(c)", "a.bc", ("c",)),
        (r"(?i)(ABC)", "abc", ("abc",)),
        (r"(a++)b", "aab", ("aa",)),
        (r"(.)", "\u2028", None),
        (r"([\p{Upper}\-]+)\u0041", "X-A", ("X-",)),
        (r"(?<!x)(y)(?=z)z\z", "yz", ("y",)),
        (r"([]a]+)", "]a", ("]a",)),
    ],
)
def test_java_regular_expressions(pattern: str, text: str, groups: tuple[str, ...] | None) -> None:
    match = compiled(pattern).fullmatch(text)
    assert (match and match.groups()) == groups


@pytest.mark.parametrize("pattern", [r"[a&&b]", r"\p{Han}", r"\R", r"[a[b]]", r"(?x)a b", r"\pL"])
def test_what_only_java_has_is_refused(pattern: str) -> None:
    with pytest.raises(QueryError, match=r"^NOT_SUPPORTED: .* is not supported by this lab$"):
        compiled(pattern)


def test_a_broken_regular_expression() -> None:
    with pytest.raises(QueryError, match=r"^INVALID_FUNCTION_ARGUMENT: "):
        compiled("(a")
