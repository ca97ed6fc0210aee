"""Puts an access log into the lake, then checks how it is taken apart, with lines that the learner
has not seen: other time zones, quotes within quotes, a line that was cut.
"""

import gzip
import re
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from lab.checks import Bench, expect, lake, prepare, queries, task
from lab.data import access_log

BUCKET = f"web-logs-{queries.ACCOUNT}"
TABLE = "web_logs.raw"
PREFIX = "logs/"
FIELDS = ("ip", "ident", "username", "logged", "request", "status", "bytes", "referer", "agent")
LINES = 300  # in each file
ZONES = ["+0000", "+0100", "-0500", "+0530", "-0330"]
QUOTED = 'Bot \\"polite\\" 1.0'  # a quote as Apache writes it
QUOTABLE = r'"((?:[^"\\]|\\.)*)"'
COMBINED = re.compile(
    rf"^(\S+) (\S+) (\S+) \[([^\]]+)\] {QUOTABLE} (\d+) (\d+|-) {QUOTABLE} {QUOTABLE}$"
)


class Entry(NamedTuple):
    """A line of the log, field by field."""

    ip: str
    ident: str
    username: str
    logged: str
    request: str
    status: str
    bytes: str
    referer: str
    agent: str

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.logged, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)

    @property
    def route(self) -> tuple[str, str | None]:
        """Method and path. A scanner may send less than that."""
        method, *rest = self.request.split(" ")
        return method, rest[0].split("?")[0] if rest else None


@prepare
def put_logs(bench: Bench) -> None:
    lake.bucket(bench, "web-logs")
    for name, made in known(bench).items():
        text = "".join(f"{line}\n" for line in made)
        body = gzip.compress(text.encode(), mtime=0) if name.endswith(".gz") else text
        lake.put(bench, BUCKET, f"{PREFIX}{name}", body)
        (bench.work / "sample.log").write_text(text)


@task(
    1,
    points=3,
    fr="La table découpe chaque ligne en ses neuf champs",
    en="The table takes each line apart into its nine fields",
)
def lines_are_taken_apart(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    table = queries.table(bench, TABLE, code="no-table")
    expect(
        [(one["Name"], one["Type"]) for one in table["StorageDescriptor"]["Columns"]],
        equals=[(name, "string") for name in FIELDS],
        code="table-columns",
        fr="la table a les neuf colonnes de l'énoncé, toutes string",
        en="the table has the nine columns of the statement, all of them string",
        look=table.look,
    )
    wanted = [tuple(one) for one in everything(bench)]
    with hidden(bench):
        found = ask(
            bench,
            f"SELECT {', '.join(FIELDS)} FROM web_logs.raw",
        )
    empty = sum(row[0] is None for row in found.rows)
    expect(
        (len(found.rows), empty),
        equals=(len(wanted) + 1, 1),
        code="lines-unread",
        fr="toutes les lignes sont lues (lignes, et lignes sans adresse IP : une seule, coupée)",
        en="all lines are read (rows, and rows without an IP address: one only, which was cut)",
        look=found.look,
    )
    read = sorted(tuple(value or "" for value in row) for row in found.rows if row[0])
    expect(
        read,
        equals=sorted(wanted),
        code="fields-wrong",
        fr="chaque colonne contient son champ de la ligne, entier, sans crochets ni guillemets",
        en="each column holds its field of the line, whole, without brackets or quotes",
        look=found.look,
    )


@task(
    2,
    points=3,
    fr="La vue requests donne des types, et des heures en UTC",
    en="The view requests gives types, and times in UTC",
)
def view_has_types(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    with hidden(bench):
        types = ask(
            bench,
            "SELECT typeof(at), typeof(ip), typeof(method), typeof(path), typeof(status),"
            " typeof(bytes), typeof(agent) FROM web_logs.requests LIMIT 1",
        )
        found = ask(
            bench, "SELECT date_format(at, '%Y-%m-%d %T'), ip, status, bytes FROM web_logs.requests"
        )
        paths = ask(bench, "SELECT method, path, count(*) FROM web_logs.requests GROUP BY 1, 2")
    text = "varchar"
    expect(
        types.rows[0] if types.rows else (),
        equals=("timestamp(3)", text, text, text, "integer", "bigint", text),
        code="view-types",
        fr="les colonnes de la vue ont les types de l'énoncé",
        en="the columns of the view have the types of the statement",
        look=types.look,
    )
    wanted = [
        (f"{one.at:%Y-%m-%d %H:%M:%S}", one.ip, one.status, one.bytes.replace("-", ""))
        for one in everything(bench)
    ]
    expect(
        sorted(tuple(value or "" for value in row) for row in found.rows),
        equals=sorted(wanted),
        code="view-values",
        fr="la vue a une ligne par requête lisible : heure UTC, adresse, statut, octets ou NULL",
        en="the view has a row for each readable request: UTC time, address, status, bytes or NULL",
        look=found.look,
    )
    counted = Counter(one.route for one in everything(bench))
    expect(
        sorted((row[0] or "", row[1] or "", row[2]) for row in paths.rows),
        equals=sorted((method, path or "", str(n)) for (method, path), n in counted.items()),
        code="view-paths",
        fr="method et path viennent de la requête, path sans ce qui suit le point d'interrogation",
        en="method and path come from the request, path without what follows the question mark",
        look=paths.look,
    )


@task(
    3,
    points=2,
    fr="errors.sql compte, par heure, les requêtes et les erreurs du serveur",
    en="errors.sql counts, by hour, the requests and the server's errors",
)
def errors_are_counted(bench: Bench) -> None:
    lake.need(bench, BUCKET, code="not-prepared")
    with hidden(bench):
        found = ask(bench, queries.statement(bench, "errors.sql"))
    hours: dict[str, list[int]] = {}
    for one in everything(bench):
        counts = hours.setdefault(f"{one.at:%Y-%m-%d %H:00}", [0, 0])
        counts[0] += 1
        counts[1] += int(one.status) >= 500
    rows = [(str(row[0])[:16], *row[1:]) for row in found.rows]
    expect(
        rows,
        equals=[(hour, str(all_), str(bad)) for hour, (all_, bad) in sorted(hours.items())],
        code="errors",
        fr="errors.sql rend par heure UTC, dans l'ordre, l'heure, les requêtes et celles en 5xx",
        en="errors.sql returns for each UTC hour, in order: the hour, requests, those of 5xx",
        look="python query.py errors.sql",
    )


def ask(bench: Bench, sql: str) -> queries.Query:
    return queries.ask(
        bench,
        sql,
        code="query-refused",
        fr="la requête sur votre table ou votre vue réussit",
        en="the query on your table or view succeeds",
    )


def known(bench: Bench) -> dict[str, list[str]]:
    """The lines of each file that the learner has: a quarter of a day of the bookshop."""
    seed = bench.random("known").randrange(10**6)
    lines = list(access_log.lines(3 * LINES, seed=seed, days=0.25, errors=True))
    names = ("access_log.2.gz", "access_log.1.gz", "access_log")
    return {name: lines[n * LINES : (n + 1) * LINES] for n, name in enumerate(names)}


def unknown(bench: Bench) -> list[str]:
    """The lines of another day, from servers whose clocks go by other zones, and of a robot whose
    name holds quotes.
    """
    draw = bench.random("unknown")
    seed = draw.randrange(10**6)
    lines = access_log.lines(LINES, seed=seed, days=0.25, errors=True)
    zoned = [line.replace("+0000", draw.choice(ZONES), 1) for line in lines]
    first, *rest = (COMBINED.match(line) for line in zoned)
    return [first.string[: first.start(9)] + QUOTED + '"', *(found.string for found in rest)]


def hidden(bench: Bench):
    """A file that is there while the check looks, with one line that was cut."""
    lines = unknown(bench)
    text = "\n".join([*lines[:200], lines[200][:25], *lines[200:]]) + "\n"
    return lake.added(bench, BUCKET, f"{PREFIX}access_log.3", text)


def everything(bench: Bench) -> list[Entry]:
    if "entries" not in bench.memory:
        lines = [line for made in known(bench).values() for line in made] + unknown(bench)
        bench.memory["entries"] = [Entry(*COMBINED.match(line).groups()) for line in lines]
    return bench.memory["entries"]
