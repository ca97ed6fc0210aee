"""Sends the visitors to a shop over HTTP, one request after the other, at a steady rate.

One connection at a time: the order of the requests, and so the log but for its times, depends on
the seed alone. That is enough for some hundred requests a second; it is no load generator.
"""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlsplit

from lab.i18n import lab_error
from lab.shop import visitors
from lab.shop.visitors import Hit

TIMEOUT_SECONDS = 10.0
UNDER_WAY = 20.0
"""Visitors at a time, about; their requests mingle."""


@dataclass(slots=True)
class Tally:
    """What was sent, and the answers by status."""

    requests: int = 0
    visitors: set[int] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, hit: Hit, status: int) -> None:
        self.requests += 1
        self.visitors.add(hit.visitor)
        self.statuses[status] += 1

    @property
    def errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 400)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who comes, how fast, and until when; without a limit, until stopped."""

    seed: int = 1
    rate: float = 10.0
    """Requests a second"""
    visitors: int | None = None
    minutes: float | None = None
    errors: bool = False

    def check(self) -> None:
        for option, value in (
            ("--rate", self.rate),
            ("--visitors", self.visitors),
            ("--minutes", self.minutes),
        ):
            if value is not None and value <= 0:
                raise lab_error("traffic-bad-option", option=option, value=value)

    def hits(self) -> Iterator[Hit]:
        """With ``visitors``, all that the first of them ask for."""
        arrivals = UNDER_WAY / 60 / visitors.MEAN_REQUESTS
        found = visitors.hits(self.seed, arrivals, errors=self.errors, most=self.visitors)
        return islice(found, None if self.minutes is None else int(self.rate * self.minutes * 60))


def send(
    plan: Plan, url: str, tell: Callable[[Tally], None], stopping: threading.Event | None = None
) -> Tally:
    """Visit the shop at ``url``; ``tell`` hears about every second how it stands.

    Raises LabError ``shop-closed`` when nobody answers there.
    """
    stopping = stopping or threading.Event()
    tally, told = Tally(), 0.0
    address = urlsplit(url)
    begun = time.monotonic()
    for index, hit in enumerate(plan.hits()):
        if stopping.wait(max(0.0, begun + index / plan.rate - time.monotonic())):
            break
        try:
            tally.add(hit, _ask(address.hostname or "", address.port or 80, hit))
        except OSError as error:
            raise lab_error("shop-closed", url=url) from error
        if time.monotonic() - told >= 1.0:
            told = time.monotonic()
            tell(tally)
    return tally


def _ask(host: str, port: int, hit: Hit) -> int:
    """The status of the answer. The address goes before, as a proxy tells it."""
    with socket.create_connection((host, port), TIMEOUT_SECONDS) as connection:
        told = f"PROXY TCP4 {hit.address} {host} 50000 {port}\r\n".encode()
        connection.sendall(told + hit.raw)
        # Whoever sends no HTTP may wait for more: say that this was all.
        connection.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(
            connection, method=hit.raw.split(b" ")[0].decode("latin-1")
        )
        try:
            answer.begin()
            answer.read()
            connection.recv(1)  # the end, when the shop has written its line
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        return answer.status
