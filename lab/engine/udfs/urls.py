"""URLs, as java.net.URI takes them apart. Source: Trino documentation, "URL functions"."""

import re
import urllib.parse


def url_encode(text: str) -> str:
    return urllib.parse.quote_plus(text, safe="*-._").replace("~", "%7E")


def url_decode(text: str) -> str:
    return urllib.parse.unquote_plus(text)


# RFC 3986, appendix B: scheme, authority, path, query, fragment.
PARTS = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)
# What java.net.URI takes for no URI.
ILLEGAL = re.compile(r"""[\s<>"{}|\\^`\x00-\x20\x7f]|%(?![0-9A-Fa-f]{2})""")
AUTHORITY = re.compile(r"(?:[^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]*)(?::(\d*))?")
HOST = re.compile(r"\[.*\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?")


def url_part(url: str, part: str) -> str | None:
    """A part of a URL as java.net.URI gives it; None when it is no URI, or has no port."""
    match = PARTS.fullmatch(url)
    if match is None or ILLEGAL.search(url):
        return None
    scheme, authority, path, query, fragment = match.groups()
    found = AUTHORITY.fullmatch(authority or "")
    host = found[1] if found and HOST.fullmatch(found[1]) else ""
    if part == "port":
        return found[2] if found and host and found[2] else None
    if authority is None and scheme and not path.startswith("/"):
        # Opaque, as mailto:a@b is.
        path = query = ""
    parts = {"host": host, "path": path, "protocol": scheme, "query": query, "fragment": fragment}
    text = parts[part] or ""
    return urllib.parse.unquote(text) if part in ("path", "query", "fragment") else text


def url_parameter(url: str, name: str) -> str | None:
    """The first value of a parameter of the query, decoded."""
    match = PARTS.fullmatch(url)
    if match is None or match[4] is None or ILLEGAL.search(url):
        return None
    for pair in match[4].split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return urllib.parse.unquote_plus(value)
    return None
