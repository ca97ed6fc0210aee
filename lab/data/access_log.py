"""A log of the bookshop, of any length and at once: the visitors of ``lab traffic``, without HTTP.

Each request is answered by the shop's own code, in memory; only the clock is invented. The same
arguments give the same lines. For a log that grows while you look, there are ``lab shop`` and
``lab traffic``.

``python -m lab.data.access_log --lines 10000 --days 7`` writes it to the standard output.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from lab.shop import server, visitors
from lab.shop.access_log import Entry
from lab.shop.site import Site

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
MOST_KNOWN = 50_000
"""Answers that are kept, so that memory does not grow with the log."""


def lines(
    count: int,
    *,
    seed: int = 1,
    start: datetime = START,
    days: float = 1.0,
    errors: bool = False,
) -> Iterator[str]:
    """``count`` lines without their line ends, by time, spread over about ``days``; fewer visitors
    come at night. ``errors``: visitors meet more of the shop's faults and dead links.
    """
    site = Site()
    per_second = count / (days * 86_400) / visitors.MEAN_REQUESTS
    answers: dict[bytes, list[Entry]] = {}
    found = (
        replace(entry, address=hit.address, when=start + timedelta(seconds=_by_day(hit.at)))
        for hit in visitors.hits(seed, per_second, errors=errors)
        for entry in _answers(site, hit.raw, answers)
    )
    return (entry.line() for entry in islice(found, count))


def _answers(site: Site, raw: bytes, known: dict[bytes, list[Entry]]) -> list[Entry]:
    if raw not in known:
        if len(known) >= MOST_KNOWN:
            known.clear()
        known[raw] = server.answer(site, raw)
    return known[raw]


def _by_day(seconds: float) -> float:
    """The same order, but most come in the middle of the afternoon (UTC), and few at night."""
    swing = 0.6 * 86_400 / (2 * math.pi)
    afternoon = 2 * math.pi * 14 / 24
    angle = 2 * math.pi * seconds / 86_400
    return seconds - swing * (math.sin(angle - afternoon) + math.sin(afternoon))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write an access log of the bookshop.")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=float, default=1.0)
    parser.add_argument("--start", type=datetime.fromisoformat, default=START)
    parser.add_argument("--errors", action="store_true")
    given = parser.parse_args(arguments)
    start = given.start if given.start.tzinfo else given.start.replace(tzinfo=UTC)
    made = lines(given.lines, seed=given.seed, start=start, days=given.days, errors=given.errors)
    sys.stdout.writelines(f"{line}\n" for line in made)


if __name__ == "__main__":
    main()
