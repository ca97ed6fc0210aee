"""Trino's HTTP protocol: a statement is posted, and its answers are fetched one after another.

Source: Trino documentation, "Trino client REST API".
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lab.engine.compiler import Named
from lab.engine.errors import Cancelled, QueryError
from lab.engine.run import Job
from lab.providers.athena.trino.failures import failure_of
from lab.providers.athena.trino.values import printer, type_of

CATALOG = "awsdatacatalog"
SECONDS = 60
RETRIED = (502, 503, 504)
ATTEMPTS = 5
Answer = dict[str, Any]
# Whatever proxy the person has, Trino is where the setting says.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Address:
    """Where Trino listens, as ``LAB_ATHENA_ENGINE`` has it: ``trino://host:port``."""

    setting: str

    @property
    def url(self) -> str:
        return "http" + self.setting.removeprefix("trino")

    def post(self, sql: str, database: str, session: dict[str, str]) -> Answer:
        """Give Trino a statement; its first answer."""
        headers = {
            "X-Trino-User": "athena",
            "X-Trino-Source": "lab-athena",
            "X-Trino-Catalog": CATALOG,
            "X-Trino-Schema": quote(database),
            "X-Trino-Time-Zone": "UTC",
            # Without it every timestamp would come with milliseconds, whatever its precision.
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }
        if session:
            pairs = (f"{CATALOG}.{name}={quote(value)}" for name, value in session.items())
            headers["X-Trino-Session"] = ",".join(pairs)
        url = f"{self.url}/v1/statement"
        return self._call(urllib.request.Request(url, sql.encode(), headers))

    def get(self, uri: str) -> Answer:
        """The next answer; Trino holds it back for up to a second when there is nothing new."""
        return self._call(urllib.request.Request(uri))

    def cancel(self, uri: str) -> None:
        self._call(urllib.request.Request(uri, method="DELETE"))

    def _call(self, request: urllib.request.Request) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with OPENER.open(request, timeout=SECONDS) as answer:
                    body = answer.read()
                    return json.loads(body) if body else {}
            except urllib.error.HTTPError as error:
                # Trino's own word for "again, please".
                if error.code not in RETRIED or attempt == ATTEMPTS:
                    raise self._unreachable(f"HTTP {error.code}") from error
            except (OSError, ValueError, http.client.HTTPException) as error:
                reason = getattr(error, "reason", error)
                raise self._unreachable(str(reason)) from error
        raise AssertionError("the last attempt returns or raises")

    def _unreachable(self, reason: str) -> QueryError:
        return QueryError(
            "GENERIC_INTERNAL_ERROR",
            f"No Trino answers at {self.setting} ({reason}). Start it, or unset LAB_ATHENA_ENGINE"
            " and start the lab again to have the lab's own engine.",
        )


@dataclass(slots=True)
class Query:
    """One statement that Trino runs for a job: columns, rows, and what it has cost so far."""

    address: Address
    job: Job
    columns: tuple[Named, ...] = ()
    count: int | None = None
    planning_seconds: float = 0.0
    _next: str | None = None
    _rows: list[list[Any]] = field(default_factory=list)

    def start(self, sql: str, database: str, session: dict[str, str] | None = None) -> None:
        """Post the statement and go on until its columns are known."""
        self.job.check()
        self._take(self.address.post(sql, database, session or {}))
        while not self.columns and self._next:
            self._advance()

    def rows(self) -> Iterator[list[str | None]]:
        """The result in Athena's text; NULL is None."""
        printers = [printer(column.type) for column in self.columns]
        while True:
            for row in self._rows:
                yield [
                    None if value is None else show(value)
                    for show, value in zip(printers, row, strict=True)
                ]
            self._rows = []
            if not self._next:
                return
            self._advance()

    def finish(self) -> None:
        """Go on to the end of a statement whose rows nobody wants."""
        while self._next:
            self._advance()

    def _advance(self) -> None:
        assert self._next is not None
        try:
            self.job.check()
            self._take(self.address.get(self._next))
        except (Cancelled, QueryError):
            if self._next:
                self.address.cancel(self._next)
            raise

    def _take(self, answer: Answer) -> None:
        self._next = answer.get("nextUri")
        statistics = answer.get("stats", {})
        self.planning_seconds = statistics.get("planningTimeMillis", 0) / 1000
        self.job.bytes_scanned = statistics.get("physicalInputBytes", 0)
        if "error" in answer:
            raise failure_of(answer["error"])
        if self.job.limit is not None and self.job.bytes_scanned > self.job.limit:
            raise Cancelled("Bytes scanned limit was exceeded")
        if not self.columns:
            self.columns = tuple(
                Named(column["name"], type_of(column["typeSignature"]))
                for column in answer.get("columns") or ()
            )
        self.count = answer.get("updateCount", self.count)
        self._rows.extend(answer.get("data") or ())
