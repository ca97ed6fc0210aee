"""URLs, as java.net.URI takes them apart. Source: Trino documentation, "URL functions"."""

import urllib.parse


def url_encode(text: str) -> str:
    return urllib.parse.quote_plus(text, safe="*-._").replace("~", "%7E")


def url_decode(text: str) -> str:
    return urllib.parse.unquote_plus(text)


def url_part(url: str, part: str) -> str | None:
    """A part of a URL as java.net.URI gives it; None when it has none or is no URL."""
    try:
        parsed = urllib.parse.urlsplit(url)
        found = {
            "host": parsed.hostname,
            "path": urllib.parse.unquote(parsed.path),
            "protocol": parsed.scheme,
            "query": urllib.parse.unquote(parsed.query),
            "fragment": urllib.parse.unquote(parsed.fragment),
            "port": None if parsed.port is None else str(parsed.port),
        }[part]
    except ValueError:
        return None
    return found or ("" if part != "port" and found is not None else None)


def url_parameter(url: str, name: str) -> str | None:
    """The first value of a parameter of the query, decoded."""
    try:
        query = urllib.parse.urlsplit(url).query
    except ValueError:
        return None
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return urllib.parse.unquote_plus(value)
    return None
