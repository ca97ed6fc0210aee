"""The page and what it asks for: a request in, an answer out. It knows no sockets.

What a browser may do here is little: see which domains there are, search one of them, and keep
visualisations in one index of it. A request must name this server as its host, so that no name that
an outsider points at 127.0.0.1 reaches it; and what is sent must carry the token that only the page
has read, so that no other site's page can send it.
"""

import hmac
import json
import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from lab.config import HOST
from lab.dashboards import gallery
from lab.dashboards.domains import SERVER, Domains
from lab.dashboards.saved import ID, KINDS, SavedObjects, item_from
from lab.dashboards.search import RefusedError
from lab.errors import LabError
from lab.i18n import LANGUAGES, lab_error, language, texts

LOG = logging.getLogger(__name__)

TYPES = {"js": "text/javascript", "css": "text/css", "json": "application/json"}
INDEX = r"(?![_.]*(?:,|$))(?!_)[^\s/\\?\"<>|#%,]+"
INDICES = re.compile(rf"{INDEX}(?:,{INDEX}){{0,99}}")
"""Names and patterns between commas; none begins like a word of OpenSearch's API."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Vega sets the styles of what it draws as attributes, hence the exception for styles."""


@dataclass(frozen=True, slots=True)
class Request:
    """Names of headers are in small letters."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def parts(self) -> list[str]:
        return [unquote(part) for part in urlsplit(self.target).path.strip("/").split("/")]

    @property
    def language(self) -> str:
        asked = parse_qs(urlsplit(self.target).query).get("lang", [""])[0]
        return asked if asked in LANGUAGES else language()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def answer_json(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


class Site:
    """``port`` is where it is served; ``domain`` the one shown first."""

    def __init__(self, domains: Domains, port: int, domain: str = "") -> None:
        self._domains = domains
        self._first = domain
        self._token = secrets.token_urlsafe(24)
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self._pages = Environment(
            loader=PackageLoader("lab.dashboards"), autoescape=True, undefined=StrictUndefined
        )

    def respond(self, request: Request) -> Answer:
        """The answer. What is wrong is said in JSON: ``code``, ``message``, ``next``."""
        try:
            return self._checked(request)
        except LabError as error:
            status = 409 if error.code == "dashboards-conflict" else 503
            status = 400 if error.code == "dashboards-bad-object" else status
            said = {"code": error.code, "message": error.message, "next": error.next_step}
            return answer_json(said, status)
        except RefusedError as error:
            said = {"code": "refused", "message": error.reason, "next": ""}
            return answer_json(said, error.status)
        except Exception:  # the page goes on
            LOG.exception("%s %s", request.method, request.target)
            said = {"code": "broken", "message": "Internal error", "next": ""}
            return answer_json(said, 500)

    def _checked(self, request: Request) -> Answer:
        if request.headers.get("host", "") not in self._hosts:
            return refused(421, "This server answers to 127.0.0.1 and localhost only.")
        if request.method in ("GET", "HEAD"):
            return self._read(request)
        origin = request.headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            return refused(403, "This request comes from another site.")
        token = request.headers.get("x-lab-token", "")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return refused(403, "This request does not come from the page.")
        return self._write(request)

    def _read(self, request: Request) -> Answer:
        match request.parts:
            case [""]:
                return self._page(request.language)
            case ["static" | "vendor" as folder, name]:
                return file_answer(folder, name)
            case ["api", *what]:
                return self._read_api(request, what)
        return refused(404, "There is no such page.")

    def _read_api(self, request: Request, what: list[str]) -> Answer:
        match what:
            case ["domains"]:
                return answer_json({"domains": self._shown_domains(), "first": self._first})
            case ["gallery"]:
                return answer_json(gallery.collections(request.language))
            case [domain, "objects"]:
                items = self._objects(domain).all()
                return answer_json([item.shown() for item in items])
            case [domain, "export.ndjson"]:
                return ndjson_answer("lab-dashboards", self._objects(domain).export())
            case [domain, "export", kind, name] if ID.fullmatch(name.removesuffix(".ndjson")):
                item_id = name.removesuffix(".ndjson")
                return ndjson_answer(item_id, self._objects(domain).export(kind, item_id))
        return refused(404, "There is no such page.")

    def _write(self, request: Request) -> Answer:
        match [request.method, *request.parts]:
            case ["POST", "api", domain, "search"]:
                return self._search(domain, body_of(request))
            case ["PUT", "api", domain, "objects"]:
                saved = self._objects(domain).save(item_from(body_of(request)))
                return answer_json(saved.shown())
            case ["DELETE", "api", domain, "objects", kind, item_id]:
                if kind not in KINDS or not ID.fullmatch(item_id):
                    raise lab_error("dashboards-bad-object")
                self._objects(domain).delete(kind, item_id)
                return answer_json({})
        return refused(404, "There is no such page.")

    def _search(self, domain: str, given: dict[str, Any]) -> Answer:
        """One search, with its body as OpenSearch has it; nothing else can be called."""
        index, body = given.get("index"), given.get("body")
        if not isinstance(index, str) or not INDICES.fullmatch(index):
            return refused(400, "index must be the name or the pattern of an index.", "bad-index")
        if not isinstance(body, dict):
            return refused(400, "body must be a JSON object.", "bad-body")
        return answer_json(self._domains.search(domain).search(index, body))

    def _objects(self, domain: str) -> SavedObjects:
        return SavedObjects(self._domains.search(domain))

    def _shown_domains(self) -> list[dict[str, Any]]:
        return [
            {"name": one.name, "ready": bool(one.url), "is_server": one.name == SERVER}
            for one in self._domains.all()
        ]

    def _page(self, lang: str) -> Answer:
        prefix = "dashboards.page."
        words = {
            key.removeprefix(prefix): text
            for key, text in texts(lang).items()
            if key.startswith(prefix)
        }
        template = self._pages.get_template("index.html")
        page = template.render(lang=lang, words=words, token=self._token)
        security = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        return Answer(200, page.encode(), "text/html; charset=utf-8", security)


def refused(status: int, message: str, code: str = "refused") -> Answer:
    return answer_json({"code": code, "message": message, "next": ""}, status)


def body_of(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(request.body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise lab_error("dashboards-bad-object")
    return given


def ndjson_answer(name: str, lines: bytes) -> Answer:
    attached = {"Content-Disposition": f'attachment; filename="{name}.ndjson"'}
    return Answer(200, lines, "application/x-ndjson", attached)


def file_answer(folder: str, name: str) -> Answer:
    found = _files(folder).get(name)
    if found is None:
        return refused(404, "There is no such file.")
    # Vega is large and never changes; the page's own files change with the lab.
    kept = "public, max-age=86400" if folder == "vendor" else "no-cache"
    kind = f"{TYPES[name.rpartition('.')[2]]}; charset=utf-8"
    return Answer(200, found(), kind, {"Cache-Control": kept})


@cache
def _files(folder: str) -> dict[str, Callable[[], bytes]]:
    files = resources.files("lab.dashboards").joinpath(folder).iterdir()
    return {file.name: file.read_bytes for file in files if file.name.rpartition(".")[2] in TYPES}
