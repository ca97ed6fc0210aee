"""Makes a document for OpenSearch of each line of the access log that Firehose hands over.

The agent has cut the line into fields. Here they get a meaning: the country of the address, the
operating system, browser and device of the user agent, the page and the product of the URL, and the
page that the visitor came from.

A line that is no HTTP request, or has no time, is given back as ProcessingFailed: Firehose puts it
under the error prefix, and why it failed is in the function's log.
"""

import base64
import json
import os
import re
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
from ip3country import CountryLookup
from ua_parser import parse

SHOP_HOST = os.environ["SHOP_HOST"]
NAMESPACE = os.environ["NAMESPACE"]
REQUEST = re.compile(r"([A-Z]+) (\S+) (HTTP/\d(?:\.\d)?)")
ESCAPED = re.compile(r'\\(?:x([0-9a-fA-F]{2})|(["\\])|([ntrvfb]))')
CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f", "b": "\b"}
PAGES = {"": "home", "search": "search", "cart": "cart", "checkout": "checkout"}
PAGES |= {"thanks": "thanks", "book": "book", "category": "category", "static": "file"}

# Made once for each execution environment, and kept between invocations.
countries = CountryLookup()
cloudwatch = boto3.client("cloudwatch")


class UnreadableError(Exception):
    """Why a line is no visit."""


def handler(event, _context):
    """Firehose's contract: every recordId comes back once, with a result."""
    answers, documents = [], []
    for record in event["records"]:
        answer = {"recordId": record["recordId"], "result": "Ok", "data": record["data"]}
        try:
            document = document_of(base64.b64decode(record["data"]))
        except UnreadableError as error:
            answer["result"] = "ProcessingFailed"
            print(json.dumps({"recordId": record["recordId"], "reason": str(error)}))
        else:
            documents.append(document)
            answer["data"] = base64.b64encode(json.dumps(document).encode()).decode()
        answers.append(answer)
    report(documents, len(answers) - len(documents))
    return {"records": answers}


def document_of(data):
    """The fields of the log, as the agent names them, to a document."""
    try:
        line = json.loads(data)
    except ValueError as error:
        raise UnreadableError(f"not JSON: {error}") from error
    if not isinstance(line, dict) or "request" not in line:
        raise UnreadableError("not a line of the access log")
    request = unescaped(line["request"] or "")
    found = REQUEST.fullmatch(request)
    if found is None:
        raise UnreadableError(f"not an HTTP request: {request[:100]!r}")
    method, target, protocol = found.groups()
    return {
        "@timestamp": time_of(line["datetime"]),
        "client": line["host"],
        "country": country_of(line["host"]),
        "method": method,
        "protocol": protocol,
        "status": int(line["response"] or 0),
        "bytes": int(line["bytes"] or 0),
        **where(target),
        **origin(unescaped(line["referer"] or "")),
        **program(unescaped(line["agent"] or "")),
    }


def time_of(text):
    """Apache's ``02/Mar/2026:08:15:00 +0000`` in ISO 8601."""
    try:
        return datetime.strptime(text or "", "%d/%b/%Y:%H:%M:%S %z").isoformat()
    except ValueError as error:
        raise UnreadableError(f"no time: {text!r}") from error


@lru_cache(maxsize=10_000)
def country_of(address):
    """ISO 3166; None for IPv6, host names and addresses that nobody has."""
    parts = address.split(".")
    if len(parts) != 4 or not all(part.isdecimal() and int(part) < 256 for part in parts):
        return None
    return countries.lookupStr(address)


def where(target):
    """The page that is asked for, its kind and its product."""
    try:
        url = urlsplit(target)
    except ValueError as error:
        raise UnreadableError(f"not a URL: {target[:100]!r}") from error
    path = unquote(url.path)
    folder, _, name = path.removeprefix("/").partition("/")
    kind = PAGES.get(folder, "other")
    found = {"path": path, "page": kind, "query": url.query or None}
    found["product"] = name if kind == "book" and name else None
    found["wanted"] = dict(parse_qsl(url.query)).get("q") if kind == "search" else None
    return found


def origin(referrer):
    """The page before: one of the shop's by its path, another by the site it is on."""
    try:
        url = urlsplit(referrer)
        host = url.hostname or ""
    except ValueError:  # it is the visitor's to send what he likes here
        return {"referrer": referrer, "referrer_page": None, "referrer_site": None}
    is_ours = host == SHOP_HOST
    page = unquote(url.path) or "/"
    return {
        "referrer": referrer or None,
        "referrer_page": page if is_ours else None,
        "referrer_site": host or None,
    }


@lru_cache(maxsize=2_000)
def program(agent):
    """A log has few user agents that come again and again, and each takes a millisecond or more."""
    found = parse(agent)
    device = found.device.family if found.device else None
    return {
        "agent": agent or None,
        "browser": found.user_agent.family if found.user_agent else "Other",
        "os": found.os.family if found.os else "Other",
        "device": device or "Other",
        "is_robot": device == "Spider",
    }


def unescaped(text):
    r"""Undo what Apache does: ``\"``, ``\\``, ``\n``, and ``\xhh`` for bytes beyond ASCII."""

    def undo(match):
        if match[1]:
            return chr(int(match[1], 16))
        return match[2] or CONTROLS[match[3]]

    return ESCAPED.sub(undo, text)


def report(documents, unreadable):
    """What the alarm looks at: how many visits, and how many of them the shop could not serve."""
    errors = sum(document["status"] >= 500 for document in documents)
    figures = {"Requests": len(documents), "Errors": errors, "Unreadable": unreadable}
    data = [
        {"MetricName": name, "Value": value, "Unit": "Count", "StorageResolution": 1}
        for name, value in figures.items()
    ]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
