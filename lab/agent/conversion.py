"""What an agent does to a record before it sends it (``dataProcessingOptions``).

A record that does not have the form is skipped, as AWS's agent does; the lab's counts it and notes
where it is.

Source: Firehose guide, "Pre-process data with Agents" (options, formats, names of fields).
"""

import json
import re
from collections.abc import Callable
from typing import Any

Converter = Callable[[bytes], bytes | None]
"""A record with its line end to another one; None when it is to be skipped."""

_DATE = r"\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d{1,2}:\d{2}:\d{2} [+-]?\d+"
_COMMON = r"([\w.-]+) ([\w.-]+) ([\w.-]+) \[(" + _DATE + r')\] "([^"]+)" ([+-]?\d+|-) ([+-]?\d+|-)'
_APACHE = ("host", "ident", "authuser", "datetime", "request", "response", "bytes")
FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "COMMONAPACHELOG": (_COMMON + ".*", _APACHE),
    "COMBINEDAPACHELOG": (_COMMON + r' "([^"]+)" "([^"]+)".*', (*_APACHE, "referer", "agent")),
    "APACHEERRORLOG": (
        r"\[(\w{3} \w{3} \d{2} [\d:.]+ \d{4})\] \[(?:(\w+):)?(\w+)\] "
        r"\[pid (\d+)(?::tid (\d+))?\] \[client ([\w.:-]+)\] (.*)",
        ("timestamp", "module", "severity", "processid", "threadid", "client", "message"),
    ),
    "SYSLOG": (
        r"([A-Z][a-z]{2} +\d{1,2} [\d:.]+) (?:<\d+\.\d+> )?([\w.-]+) "
        r"([\w./%-]+)(?:\[(\d+)\])?: (.*)",
        ("timestamp", "hostname", "program", "processid", "message"),
    ),
}


def converter_of(option: Any) -> Converter:
    """Raises ValueError for an option that is none of AWS's, or not the lab's."""
    name = option.get("optionName") if isinstance(option, dict) else None
    makers = {"LOGTOJSON": _log_to_json, "CSVTOJSON": _csv_to_json, "SINGLELINE": _single_line}
    if name not in makers:
        raise ValueError(f"the lab's agent does not know the optionName {name}")
    return makers[name](option)


def _log_to_json(option: dict[str, Any]) -> Converter:
    name = str(option.get("logFormat"))
    if name not in FORMATS:
        raise ValueError(f"logFormat must be one of {', '.join(FORMATS)}, not {name}")
    pattern, fields = FORMATS[name]
    matched = re.compile(str(option.get("matchPattern") or pattern))
    names = list(option.get("customFieldNames") or fields)
    if matched.groups != len(names):
        raise ValueError(f"the pattern has {matched.groups} groups for {len(names)} fields")

    def convert(record: bytes) -> bytes | None:
        found = matched.fullmatch(_text(record))
        if found is None:
            return None
        values = (None if value == "-" else value for value in found.groups())
        return _line(dict(zip(names, values, strict=True)))

    return convert


def _csv_to_json(option: dict[str, Any]) -> Converter:
    names = option.get("customFieldNames")
    if not isinstance(names, list) or not names:
        raise ValueError("CSVTOJSON needs customFieldNames")
    delimiter = str(option.get("delimiter") or ",")

    def convert(record: bytes) -> bytes | None:
        values = [value.strip() for value in _text(record).split(delimiter)]
        if len(values) < len(names):
            return None
        return _line(dict(zip(names, values, strict=False)))

    return convert


def _single_line(_option: dict[str, Any]) -> Converter:
    def convert(record: bytes) -> bytes:
        return " ".join(line.strip() for line in _text(record).splitlines()).encode() + b"\n"

    return convert


def _text(record: bytes) -> str:
    return record.decode("utf-8", "replace").rstrip("\r\n")


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
