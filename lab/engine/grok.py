"""Grok patterns: named regular expressions put together, as in ``%{IPORHOST:client} %{INT:code}``.

The names are those that Glue knows; more can be given with the table. Source: AWS Glue User Guide,
"Writing grok custom classifiers" (built-in patterns), and Athena User Guide, "Grok SerDe".
"""

import re

from lab.engine.errors import QueryError

REFERENCE = re.compile(r"%\{(\w+)(?::([\w\[\]]+))?(?::\w+)?\}")
DEPTH = 20
OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
HEX4 = "[0-9A-Fa-f]{1,4}"

PATTERNS = {
    "USERNAME": r"[\w.-]+",
    "USER": "%{USERNAME}",
    "INT": r"[+-]?\d+",
    "BASE10NUM": r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)",
    "NUMBER": "%{BASE10NUM}",
    "BASE16NUM": "[+-]?(?:0x)?[0-9A-Fa-f]+",
    "BASE16FLOAT": r"\b[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)\b",
    "BOOLEAN": "(?i:true|false)",
    "POSINT": r"\b[1-9]\d*\b",
    "NONNEGINT": r"\b\d+\b",
    "WORD": r"\b\w+\b",
    "NOTSPACE": r"\S+",
    "SPACE": r"\s*",
    "DATA": ".*?",
    "GREEDYDATA": ".*",
    "QUOTEDSTRING": r"""(?:"(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*'|`(?:\\.|[^\\`])*`)""",
    "QS": "%{QUOTEDSTRING}",
    "UUID": "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}",
    "MAC": "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})",
    "CISCOMAC": "(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4}",
    "WINDOWSMAC": "(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}",
    "COMMONMAC": "(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}",
    "IPV4": rf"(?<!\d)(?:{OCTET}\.){{3}}{OCTET}(?!\d)",
    "IPV6": (
        rf"(?:(?:{HEX4}:){{7}}{HEX4}|(?:{HEX4}:){{1,7}}:|(?:{HEX4}:){{1,6}}(?::{HEX4}){{1,1}}"
        rf"|(?:{HEX4}:){{1,5}}(?::{HEX4}){{1,2}}|(?:{HEX4}:){{1,4}}(?::{HEX4}){{1,3}}"
        rf"|(?:{HEX4}:){{1,3}}(?::{HEX4}){{1,4}}|(?:{HEX4}:){{1,2}}(?::{HEX4}){{1,5}}"
        rf"|{HEX4}:(?::{HEX4}){{1,6}}|:(?:(?::{HEX4}){{1,7}}|:))(?:%\w+)?"
    ),
    "IP": "(?:%{IPV4}|%{IPV6})",
    "HOSTNAME": r"\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\.?\b",
    "HOST": "%{HOSTNAME}",
    "IPORHOST": "(?:%{IP}|%{HOSTNAME})",
    "HOSTPORT": "(?:%{IPORHOST}:%{POSINT})",
    "PATH": "(?:%{UNIXPATH}|%{WINPATH})",
    "UNIXPATH": r"(?:/[\w%!$@:.,~-]*)+",
    "WINPATH": r"(?:[A-Za-z]:|\\)(?:\\[^\\?*]*)+",
    "TTY": r"/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?(?:\d+)?",
    "URIPROTO": r"[A-Za-z]+(?:\+[A-Za-z+]+)?",
    "URIHOST": "%{IPORHOST}(?::%{POSINT})?",
    "URIPATH": r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+",
    "URIPARAM": r"\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?<>\[\]-]*",
    "URIPATHPARAM": "%{URIPATH}(?:%{URIPARAM})?",
    "URI": "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?",
    "MONTH": (
        "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
        "|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
    ),
    "MONTHNUM": "(?:0?[1-9]|1[0-2])",
    "MONTHNUM2": "(?:0[1-9]|1[0-2])",
    "MONTHDAY": r"(?:0[1-9]|[12]\d|3[01]|[1-9])",
    "DAY": (
        "(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?"
        "|Sun(?:day)?)"
    ),
    "YEAR": r"(?:\d\d){1,2}",
    "HOUR": r"(?:2[0-3]|[01]?\d)",
    "MINUTE": r"[0-5]\d",
    "SECOND": r"(?:[0-5]?\d|60)(?:[:.,]\d+)?",
    "TIME": r"(?<!\d)%{HOUR}:%{MINUTE}(?::%{SECOND})(?!\d)",
    "DATE_US": "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}",
    "DATE_EU": "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}",
    "DATE": "(?:%{DATE_US}|%{DATE_EU})",
    "DATESTAMP": "%{DATE}[- ]%{TIME}",
    "ISO8601_TIMEZONE": "(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))",
    "TIMESTAMP_ISO8601": (
        "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?"
        "(?:%{ISO8601_TIMEZONE})?"
    ),
    "TZ": "(?:[PMCE][SD]T|UTC)",
    "DATESTAMP_RFC822": "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}",
    "DATESTAMP_OTHER": "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}",
    "SYSLOGTIMESTAMP": "%{MONTH} +%{MONTHDAY} %{TIME}",
    "PROG": r"[\w._/%-]+",
    "SYSLOGPROG": r"%{PROG:program}(?:\[%{POSINT:pid}\])?",
    "SYSLOGHOST": "%{IPORHOST}",
    "HTTPDATE": "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}",
    "LOGLEVEL": (
        "(?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo|INFO"
        "|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?"
        "|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?|[Ee]merg(?:ency)?)"
    ),
    "COMMONAPACHELOG": (
        r"%{IPORHOST:clientip} %{USER:ident} %{USER:auth} \[%{HTTPDATE:timestamp}\]"
        r' "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?'
        r'|%{DATA:rawrequest})"'
        r" %{NUMBER:response} (?:%{NUMBER:bytes}|-)"
    ),
    "COMBINEDAPACHELOG": "%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}",
    "MESSAGESLOG": (
        "%{SYSLOGTIMESTAMP:timestamp} %{SYSLOGHOST:host} %{SYSLOGPROG}: %{GREEDYDATA:message}"
    ),
}


def expanded(written: str, custom: str) -> str:
    """The regular expression of a pattern. ``custom`` has more patterns, ``NAME expression`` per
    line. HIVE_CURSOR_ERROR for a name that nobody defined, or a definition that needs itself.
    """
    known = PATTERNS | dict(_definitions(custom))
    for _ in range(DEPTH):
        written, count = REFERENCE.subn(lambda match: _group(match, known), written)
        if not count:
            return written
    raise QueryError("HIVE_CURSOR_ERROR", "Grok patterns are nested too deeply")


def _definitions(custom: str) -> list[tuple[str, str]]:
    lines = (line.strip() for line in custom.splitlines())
    parts = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(name, expression.strip()) for name, _, expression in parts]


def _group(match: re.Match[str], known: dict[str, str]) -> str:
    name, field = match[1], match[2]
    if name not in known:
        raise QueryError("HIVE_CURSOR_ERROR", f"No definition for grok pattern {name}")
    return f"(?<{field}>{known[name]})" if field else f"(?:{known[name]})"
