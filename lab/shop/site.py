"""The shop's pages: a request in, an answer out. It knows neither sockets nor the log.

Everything about a customer is in cookies, so that the same request has the same answer.
One fault is left in on purpose, see :meth:`Site.search`: a log without errors teaches nothing.
"""

import hashlib
import logging
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from functools import cache
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from importlib import resources
from urllib.parse import parse_qs, unquote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from lab.i18n import LANGUAGES, texts
from lab.shop import catalogue
from lab.shop.catalogue import Book

LOG = logging.getLogger(__name__)

HTML = "text/html; charset=utf-8"
MOST_COPIES = 9
ROBOTS = b"User-agent: *\nDisallow: /cart\nDisallow: /checkout\nSitemap: /sitemap.xml\n"
COVER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 180"><rect width="120" height="180" '
    'fill="hsl({hue} 45% 38%)"/><rect x="10" y="10" width="100" height="160" fill="none" '
    'stroke="hsl({hue} 40% 75%)"/><circle cx="60" cy="104" r="{radius}" '
    'fill="hsl({hue} 50% 62%)"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Request:
    """What the site looks at. Names of headers are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path, errors="strict")

    @property
    def query(self) -> dict[str, str]:
        return _first_values(urlsplit(self.target).query)

    @property
    def form(self) -> dict[str, str]:
        return _first_values(self.body.decode("ascii", "replace"))

    @property
    def cookies(self) -> dict[str, str]:
        try:
            found = SimpleCookie(self.headers.get("cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in found.items()}

    @property
    def language(self) -> str:
        """Chosen on the page, else chosen before, else the browser's, else English."""
        accepted = self.headers.get("accept-language", "")[:2]
        wanted = (self.query.get("lang"), self.cookies.get("lang"), accepted)
        return next((each for each in wanted if each in LANGUAGES), "en")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    kind: str = HTML
    headers: dict[str, str] = field(default_factory=dict)


def _first_values(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


class Site:
    """The bookshop."""

    def __init__(self) -> None:
        self._shelf = catalogue.load()
        loader = PackageLoader("lab.shop")
        self._pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        self._routes: dict[str, Callable[[Request], Answer]] = {
            "/": self.home,
            "/search": self.search,
            "/cart": self.cart,
            "/checkout": self.checkout,
            "/thanks": self.thanks,
            "/robots.txt": lambda _request: Answer(200, ROBOTS, "text/plain"),
            "/sitemap.xml": lambda _request: self._sitemap(),
        }
        self._posts = {"/cart": self.add_to_cart, "/checkout": self.order}

    def respond(self, request: Request) -> Answer:
        """The answer; a fault of the site is a 500, with its traceback in the site's own log."""
        try:
            chosen = request.path and request.query.get("lang")
        except ValueError:  # bytes that are no UTF-8, or no URL at all
            return self.message(HTTPStatus.BAD_REQUEST)
        try:
            answer = self._routed(request)
        except Exception:  # a web site survives its pages
            LOG.debug("%s %s", request.method, request.target, exc_info=True)
            answer = self._message(request, HTTPStatus.INTERNAL_SERVER_ERROR)
        if chosen in LANGUAGES:
            answer.headers.setdefault("Set-Cookie", f"lang={chosen}; Path=/; SameSite=Lax")
        return answer

    def message(self, status: int, language: str = "en") -> Answer:
        """A page that says what the status means."""
        return self._message(Request("GET", "/", {"accept-language": language}), status)

    def home(self, request: Request) -> Answer:
        return self._page(request, "list.html", heading="", books=list(self._shelf.books.values()))

    def category(self, request: Request, slug: str) -> Answer:
        if slug not in self._shelf.categories:
            return self._message(request, HTTPStatus.NOT_FOUND)
        heading = self._shelf.categories[slug][request.language]
        books = self._shelf.of_category(slug)
        return self._page(request, "list.html", heading=heading, books=books)

    def book(self, request: Request, slug: str) -> Answer:
        if slug not in self._shelf.books:
            return self._message(request, HTTPStatus.NOT_FOUND)
        book = self._shelf.books[slug]
        others = [each for each in self._shelf.of_category(book.category) if each is not book]
        return self._page(request, "book.html", book=book, others=others[:3])

    def search(self, request: Request) -> Answer:
        """Words and "quoted phrases". A lone apostrophe, as in *L'Assommoir*, opens a phrase that
        never ends: shlex raises ValueError, and the visitor gets a 500. Left in on purpose.
        """
        wanted = request.query.get("q", "")
        books = self._shelf.with_words(shlex.split(wanted)) if wanted.strip() else []
        return self._page(request, "search.html", wanted=wanted, books=books)

    def cart(self, request: Request) -> Answer:
        return self._page(request, "cart.html", **self._basket(request))

    def add_to_cart(self, request: Request) -> Answer:
        slug = request.form.get("book", "")
        if slug not in self._shelf.books:
            return self._message(request, HTTPStatus.BAD_REQUEST)
        copies = self._copies(request)
        copies[slug] = min(copies.get(slug, 0) + 1, MOST_COPIES)
        cookie = "|".join(f"{name}:{count}" for name, count in copies.items())
        return _redirect("/cart", f"cart={cookie}; Path=/; SameSite=Lax")

    def checkout(self, request: Request) -> Answer:
        basket = self._basket(request)
        return self._page(request, "checkout.html", **basket) if basket["lines"] else _redirect("/")

    def order(self, request: Request) -> Answer:
        if not self._copies(request):
            return _redirect("/cart")
        return _redirect("/thanks", "cart=; Path=/; Max-Age=0")

    def thanks(self, request: Request) -> Answer:
        return self._page(request, "thanks.html")

    def _routed(self, request: Request) -> Answer:
        if request.method == "POST":
            post = self._posts.get(request.path)
            return post(request) if post else self._message(request, HTTPStatus.METHOD_NOT_ALLOWED)
        if request.method not in ("GET", "HEAD"):
            return self._message(request, HTTPStatus.METHOD_NOT_ALLOWED)
        page = self._routes.get(request.path)
        return page(request) if page else self._in_folder(request)

    def _in_folder(self, request: Request) -> Answer:
        folder, _, name = request.path[1:].partition("/")
        if folder == "category":
            return self.category(request, name)
        if folder == "book":
            return self.book(request, name)
        if folder == "static" and (body := _static(name)) is not None:
            return _fresh(request, body, "text/css" if name.endswith(".css") else "image/svg+xml")
        return self._message(request, HTTPStatus.NOT_FOUND)

    def _page(self, request: Request, template: str, **values: object) -> Answer:
        language = request.language
        words = texts(language)
        body = self._pages.get_template(template).render(
            language=language,
            other_language=next(each for each in LANGUAGES if each != language),
            say=lambda key: words[f"shop.page.{key}"],
            money=lambda amount: _money(amount, language),
            categories=self._shelf.categories,
            items=sum(self._copies(request).values()),
            **values,
        )
        return Answer(HTTPStatus.OK, body.encode())

    def _message(self, request: Request, status: int) -> Answer:
        page = self._page(request, "message.html", number=int(status), known=_EXPLAINED)
        return replace(page, status=status)

    def _copies(self, request: Request) -> dict[str, int]:
        """What the cookie says, without what it should not say."""
        found: dict[str, int] = {}
        for part in request.cookies.get("cart", "").split("|"):
            slug, _, count = part.partition(":")
            if slug in self._shelf.books and count.isdecimal() and 1 <= int(count) <= MOST_COPIES:
                found[slug] = int(count)
        return found

    def _basket(self, request: Request) -> dict[str, object]:
        lines: list[tuple[Book, int]] = [
            (self._shelf.books[slug], count) for slug, count in self._copies(request).items()
        ]
        return {"lines": lines, "total": sum(book.price * count for book, count in lines)}

    def _sitemap(self) -> Answer:
        places = ["/", *(f"/category/{slug}" for slug in self._shelf.categories)]
        places += [book.url for book in self._shelf.books.values()]
        entries = "".join(f"<url><loc>{place}</loc></url>\n" for place in places)
        return Answer(200, f"<urlset>\n{entries}</urlset>\n".encode(), "application/xml")


_EXPLAINED = (400, 404, 500)


def _redirect(place: str, cookie: str = "") -> Answer:
    headers = {"Location": place} | ({"Set-Cookie": cookie} if cookie else {})
    return Answer(HTTPStatus.SEE_OTHER, headers=headers)


def _fresh(request: Request, body: bytes, kind: str) -> Answer:
    """The body, unless the browser has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Last-Modified": formatdate(0, usegmt=True)}
    if request.headers.get("if-none-match") == tag:
        return Answer(HTTPStatus.NOT_MODIFIED, headers=headers)
    return Answer(HTTPStatus.OK, body, kind, headers)


def etag(name: str) -> str:
    """What a browser that has the file sends in If-None-Match."""
    body = _static(name)
    if body is None:
        raise KeyError(name)
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


@cache
def _static(name: str) -> bytes | None:
    if name == "style.css":
        return resources.files("lab.shop").joinpath("static", name).read_bytes()
    folder, _, file = name.partition("/")
    slug = file.removesuffix(".svg")
    if folder != "covers" or slug not in catalogue.load().books or not file.endswith(".svg"):
        return None
    digest = hashlib.sha256(slug.encode()).digest()
    hue = int.from_bytes(digest[:2], "big") % 360
    return COVER.format(hue=hue, radius=16 + digest[2] % 20).encode()


def _money(amount: float, language: str) -> str:
    return f"{amount:.2f} €".replace(".", ",") if language == "fr" else f"€{amount:.2f}"
