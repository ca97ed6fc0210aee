"""Who visits the shop and what each of them asks for, in order; the same seed, the same visitors.

Readers come from somewhere, look at shelves and books, search, fill a cart and sometimes order;
their browsers fetch style and covers, and do not fetch again what they have. Crawlers read what the
site map names. Scanners try what other sites have forgotten to close, and send what is no HTTP.
Nothing is sent here: see ``traffic`` for HTTP and ``lab.data.access_log`` for a log at once.
"""

import heapq
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any
from urllib.parse import quote_plus, urlencode

from lab.data import countries
from lab.shop import catalogue, scanners
from lab.shop.site import etag

HOST = "paper-lantern.example"
ORIGIN = f"https://{HOST}"
# Out of a thousand readers; each country with the languages that are read there.
COUNTRIES = {
    "FR": (300, "fr"), "US": (140, "en"), "BE": (55, "fr"), "CA": (60, "en fr"), "GB": (65, "en"),
    "CH": (35, "fr"), "DE": (50, "de"), "ES": (30, "es"), "IT": (30, "it"), "MA": (30, "fr"),
    "SN": (15, "fr"), "CI": (12, "fr"), "TN": (15, "fr"), "IN": (40, "en"), "BR": (30, "pt"),
    "JP": (20, "ja"), "NL": (18, "nl"), "AU": (15, "en"), "PL": (12, "pl"), "SE": (10, "sv"),
    "ZA": (8, "en"), "MX": (10, "es"),
}  # fmt: skip
BOT_COUNTRIES = ("US", "US", "US", "IE", "DE", "SG", "RU")
REFERRERS = {
    "": 30, "https://www.google.com/": 34, "https://www.bing.com/": 6,
    "https://duckduckgo.com/": 5, "https://www.qwant.com/": 3, "https://www.facebook.com/": 5,
    "https://t.co/": 3, "https://www.babelio.com/": 6, "https://www.goodreads.com/": 4,
    "https://lecture-et-the.example/nos-coups-de-coeur": 4,
}  # fmt: skip
DEAD_LINKS = (
    "/book/the-lost-manuscript",
    "/livres/nouveautes",
    "/category/comics",
    "/old/index.php",
)
KINDS = {"reader": 78, "crawler": 12, "program": 4, "scanner": 6}
MEAN_REQUESTS = 7.5
"""Requests of a visitor, about: to come by a rate of requests from a rate of visitors."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One request. ``at`` is in seconds since the first visitor's first."""

    at: float
    visitor: int
    address: str
    raw: bytes
    """As it goes over the wire, without the address."""


@cache
def _agents() -> dict[str, tuple[list[str], list[int]]]:
    source = resources.files("lab.shop").joinpath("agents.toml").read_text(encoding="utf-8")
    return {
        kind: ([each["agent"] for each in given], [each["weight"] for each in given])
        for kind, given in tomllib.loads(source).items()
    }


def hits(
    seed: int, arrivals_per_second: float, *, errors: bool = False, most: int | None = None
) -> Iterator[Hit]:
    """The requests of all visitors by time; of the first ``most`` of them, else without end."""
    arrivals = Random(f"arrivals-{seed}")  # noqa: S311 - no secret
    under_way: list[tuple[float, int, Iterator[Hit], Hit]] = []
    next_at, visitor = 0.0, 0
    while True:
        while visitor != most and (not under_way or next_at <= under_way[0][0]):
            coming = Visit(seed, visitor, next_at, errors).hits()
            if (first := next(coming, None)) is not None:
                heapq.heappush(under_way, (first.at, visitor, coming, first))
            visitor += 1
            next_at += arrivals.expovariate(arrivals_per_second)
        if not under_way:
            return
        _, number, visit, hit = heapq.heappop(under_way)
        yield hit
        if (following := next(visit, None)) is not None:
            heapq.heappush(under_way, (following.at, number, visit, following))


class Visit:
    """One visitor, from arrival to departure."""

    def __init__(self, seed: int, number: int, at: float, errors: bool) -> None:
        self._random = Random(f"visit-{seed}-{number}")  # noqa: S311 - no secret
        self._number = number
        self._at = at
        self._errors = errors
        self._kind = self._choose(KINDS)
        self._shelf = catalogue.load()
        self._cart: dict[str, int] = {}
        self._has: set[str] = set()
        self._country, self._language = self._home()
        self._address = countries.address(self._country, self._random)
        kinds = {"reader": "browsers", "crawler": "crawlers"}
        agents, weights = _agents()[kinds.get(self._kind, "programs")]
        self._agent = self._random.choices(agents, weights)[0]

    def hits(self) -> Iterator[Hit]:
        match self._kind:
            case "reader":
                return self._read()
            case "crawler":
                return self._crawl()
            case "scanner":
                return self._scan()
        return self._probe()

    def _read(self) -> Iterator[Hit]:
        """A reader comes in, looks around, and may buy."""
        self._has = {"style.css"} if self._random.random() < 0.3 else set()
        came_from = self._choose(REFERRERS)
        page = self._landing(came_from)
        yield from self._page(page, came_from)
        for _ in range(min(int(self._random.expovariate(1 / 3.2)), 25)):
            following = self._next_page()
            yield from self._page(following, ORIGIN + page)
            page = following
            if page.startswith("/book/") and page in self._known and self._random.random() < 0.22:
                yield from self._add_to_cart(page)
                page = "/cart"
        if self._cart and self._random.random() < 0.45:
            yield from self._buy(page)

    def _crawl(self) -> Iterator[Hit]:
        yield self._hit("GET", "/robots.txt")
        yield self._hit("GET", "/sitemap.xml", pause=2)
        places = [*self._known, *(f"/category/{slug}" for slug in self._shelf.categories)]
        places += list(DEAD_LINKS) if self._errors else [DEAD_LINKS[3]]
        for place in self._random.sample(places, self._random.randint(3, 14)):
            yield self._hit("GET", place, pause=self._random.uniform(2, 20))

    def _probe(self) -> Iterator[Hit]:
        """Monitors and scripts."""
        method = self._random.choice(("HEAD", "GET"))
        for _ in range(self._random.randint(1, 4)):
            yield self._hit(method, "/", pause=60)

    def _scan(self) -> Iterator[Hit]:
        for raw in scanners.requests(self._random, HOST):
            self._at += self._random.uniform(0.2, 1.5)
            yield Hit(self._at, self._number, self._address, raw)

    @property
    def _known(self) -> list[str]:
        return [book.url for book in self._shelf.books.values()]

    def _landing(self, came_from: str) -> str:
        if came_from.endswith("coups-de-coeur") and self._random.random() < 0.5:
            return DEAD_LINKS[1]  # that page has not been mended for years
        if self._random.random() < (0.25 if self._errors else 0.01):
            return self._random.choice(DEAD_LINKS)
        return "/" if self._random.random() < 0.45 else self._some_book()

    def _next_page(self) -> str:
        drawn = self._random.random()
        if drawn < 0.58:
            return self._some_book()
        if drawn < 0.80:
            return f"/category/{self._random.choice(list(self._shelf.categories))}"
        if drawn < 0.94:
            return f"/search?q={quote_plus(self._wanted())}"
        return self._random.choice(("/", "/cart"))

    def _some_book(self) -> str:
        """The first ones of the catalogue are the ones that sell."""
        known = self._known
        return known[min(int(self._random.expovariate(1 / 7.0)), len(known) - 1)]

    def _wanted(self) -> str:
        book = self._random.choice(list(self._shelf.books.values()))
        title = book.title["fr" if self._language == "fr" else "en"]
        with_apostrophe = self._random.random() < (0.6 if self._errors else 0.05)
        if with_apostrophe:
            return "l'assommoir"
        return self._random.choice((book.author.split()[-1], title.replace("'", " "))).lower()

    def _page(self, place: str, referrer: str) -> Iterator[Hit]:
        """A page, and what the browser fetches for it."""
        yield self._hit("GET", place, referrer, pause=self._random.lognormvariate(2.2, 0.9))
        files = ["style.css"]
        if place in self._known:
            files.append(f"covers/{place.removeprefix('/book/')}.svg")
        for name in files:
            if name not in self._has:
                self._has.add(name)
                yield self._hit("GET", f"/static/{name}", ORIGIN + place, pause=0.1)
            elif self._random.random() < 0.15:
                tag = etag(name)
                yield self._hit("GET", f"/static/{name}", ORIGIN + place, pause=0.1, known=tag)

    def _add_to_cart(self, page: str) -> Iterator[Hit]:
        slug = page.removeprefix("/book/")
        form = urlencode({"book": slug}).encode()
        yield self._hit("POST", "/cart", ORIGIN + page, pause=4, body=form)
        self._cart[slug] = min(self._cart.get(slug, 0) + 1, 9)
        yield self._hit("GET", "/cart", ORIGIN + page, pause=0.1)

    def _buy(self, page: str) -> Iterator[Hit]:
        yield from self._page("/checkout", ORIGIN + page)
        if self._random.random() < 0.8:
            yield self._hit("POST", "/checkout", ORIGIN + "/checkout", pause=15)
            self._cart.clear()
            yield self._hit("GET", "/thanks", ORIGIN + "/checkout", pause=0.1)

    def _hit(  # noqa: PLR0913 - what a request may have
        self,
        method: str,
        target: str,
        referrer: str = "",
        *,
        pause: float = 0.5,
        known: str = "",
        body: bytes = b"",
    ) -> Hit:
        self._at += pause
        cart = "|".join(f"{slug}:{count}" for slug, count in self._cart.items())
        headers = {
            "Host": HOST,
            "User-Agent": self._agent,
            "Accept-Language": self._language if self._kind == "reader" else "",
            "Referer": referrer,
            "Cookie": f"cart={cart}" if cart else "",
            "If-None-Match": known,
            "Content-Type": "application/x-www-form-urlencoded" if body else "",
            "Content-Length": str(len(body)) if method == "POST" else "",
        }
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value]
        raw = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
        return Hit(self._at, self._number, self._address, raw)

    def _home(self) -> tuple[str, str]:
        if self._kind != "reader":
            return self._random.choice(BOT_COUNTRIES), ""
        country = self._choose({name: weight for name, (weight, _) in COUNTRIES.items()})
        return country, self._random.choice(COUNTRIES[country][1].split())

    def _choose(self, weights: dict[str, int]) -> Any:
        return self._random.choices(list(weights), list(weights.values()))[0]
