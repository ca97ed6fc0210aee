"""The fields that Logs Insights finds in events by itself: the system's, those of JSON, and those
of the lines that Lambda writes.

Source: Amazon CloudWatch Logs User Guide, "Supported logs and discovered fields".
"""

from lab.providers.logs.insights.functions import NUMBER, TEXT, TIME, Sql, quoted

SYSTEM = {
    "@timestamp": Sql("timestamp", TIME),
    "@ingestionTime": Sql("ingested", TIME),
    "@message": Sql("message", TEXT),
    "@logStream": Sql("stream_name", TEXT),
    "@log": Sql("log", TEXT),
}
REPORT = "message LIKE 'REPORT RequestId:%'"
DOCUMENT = "CASE WHEN body = 1 THEN message WHEN body > 1 THEN substr(message, body) END"
"""The event's JSON, from the place where it begins."""


def _measured(noun: str, unit: str, factor: int) -> Sql:
    found = f"regexp_extract(message, {quoted(rf'\t{noun}: ([0-9.]+) {unit}')}, 1)"
    value = f"TRY_CAST({found} AS DOUBLE) * {factor}"
    return Sql(f"CASE WHEN {REPORT} THEN {value} END", NUMBER)


LAMBDA = {
    "@duration": _measured("Duration", "ms", 1),
    "@billedDuration": _measured("Billed Duration", "ms", 1),
    "@initDuration": _measured("Init Duration", "ms", 1),
    "@memorySize": _measured("Memory Size", "MB", 1_000_000),
    "@maxMemoryUsed": _measured("Max Memory Used", "MB", 1_000_000),
    "@type": Sql("NULLIF(regexp_extract(message, '^(START|END|REPORT) RequestId: ', 1), '')", TEXT),
    "@requestId": Sql("NULLIF(regexp_extract(message, 'RequestId: ([0-9a-f-]{36})', 1), '')", TEXT),
}


def pointer(name: str) -> str:
    """Where a field is in JSON: a dot goes into an object, or a number into an array."""
    steps = (each.replace("~", "~0").replace("/", "~1") for each in name.split("."))
    return "".join(f"/{step}" for step in steps)


def json_field(place: int, name: str) -> Sql:
    """The field as text, from the list of all that are wanted; truths are 1 and 0, as on AWS."""
    value = f"json[{place}]"
    kind = f"json_type({DOCUMENT}, {quoted(pointer(name))}) = 'BOOLEAN'"
    return Sql(
        f"CASE WHEN {value} IN ('true', 'false') AND {kind}"
        f" THEN CASE {value} WHEN 'true' THEN '1' ELSE '0' END ELSE {value} END",
        TEXT,
    )
