"""Events read a page at a time: GetLogEvents, FilterLogEvents, GetLogRecord.

Source: Amazon CloudWatch Logs API reference.
"""

import re
from collections.abc import Iterator

from lab.providers.handlers import handlers
from lab.providers.logs.dispatch import Record, Scope
from lab.providers.logs.errors import LogsError, invalid, invalid_token, not_found
from lab.providers.logs.events import BEGINNING, END, OVERHEAD_BYTES, Event, EventStore, Place, Span
from lab.providers.logs.groups import all_groups, named, oldest, store_of
from lab.providers.logs.pattern import Matcher, matcher
from lab.providers.logs.pointers import place_of

MAX_EVENTS = 10_000
MAX_BYTES = 1_048_576
MAX_SEARCHED = 100_000
"""How many events one FilterLogEvents looks at before it gives a token to go on with."""

LATEST = 1 << 62
TOKEN = re.compile(r"([fb])/(\d{56})(/s)?")


def get_log_events(scope: Scope, request: Record) -> Record:
    group = named(scope, request)
    store = store_of(group)
    stream = store.stream(request["logStreamName"])
    if stream is None:
        raise not_found("log stream")
    start = max(request.get("startTime") or 0, oldest(group))
    end = request["endTime"] if request.get("endTime") is not None else LATEST
    limit = request.get("limit") or MAX_EVENTS
    forward, beyond = _position(request)
    events = store.of_stream(stream, Span(start, end), beyond, limit, forward=forward)
    events = _fitting(events, forward=forward)
    first = last = beyond
    if events:
        first, last = (Place(each.timestamp, each.id) for each in (events[0], events[-1]))
    return {
        "events": [_shown(each) for each in events],
        "nextForwardToken": _token("f", last, request),
        "nextBackwardToken": _token("b", first, request),
    }


def _position(request: Record) -> tuple[bool, Place]:
    """Whether to go forward, and beyond which place."""
    token = request.get("nextToken")
    if not token:
        return (True, BEGINNING) if request.get("startFromHead") else (False, END)
    found = TOKEN.fullmatch(token)
    if not found:
        raise invalid_token()
    return found[1] == "f", Place.of(found[2])


def _token(direction: str, place: Place, request: Record) -> str:
    """At the end, the token that was given is given again: that is how callers see the end."""
    if place in (BEGINNING, END) and not request.get("nextToken"):
        place = Place(0, 0)
    return f"{direction}/{place.number}/s"


def _fitting(events: list[Event], *, forward: bool) -> list[Event]:
    """As many as an answer of 1 MB holds, and at least one."""
    kept: list[Event] = []
    size = 0
    for event in events if forward else reversed(events):
        size += len(event.message.encode()) + OVERHEAD_BYTES
        if kept and size > MAX_BYTES:
            break
        kept.append(event)
    return kept if forward else kept[::-1]


def _shown(event: Event) -> Record:
    return {
        "timestamp": event.timestamp,
        "message": event.message,
        "ingestionTime": event.ingested,
    }


def filter_log_events(scope: Scope, request: Record) -> Record:
    """Events of all streams by time; a page may be empty and have a token to go on with."""
    group = named(scope, request)
    store = store_of(group)
    matches = matcher(request.get("filterPattern") or "")
    limit = request.get("limit") or MAX_EVENTS
    found: list[Record] = []
    size, place = 0, _start(request)
    for looked, event in enumerate(_search(store, group, request, place)):
        if looked >= MAX_SEARCHED or len(found) >= limit or size > MAX_BYTES:
            return {"events": found, "searchedLogStreams": [], "nextToken": place.number}
        place = Place(event.timestamp, event.id)
        if matches(event.message):
            size += len(event.message) + OVERHEAD_BYTES
            shown = {**_shown(event), "logStreamName": event.stream, "eventId": place.number}
            found.append(shown)
    return {"events": found, "searchedLogStreams": []}


def _start(request: Record) -> Place:
    token = request.get("nextToken")
    if not token:
        return BEGINNING
    if not re.fullmatch(r"\d{56}", token):
        raise invalid_token()
    return Place.of(token)


def _search(store: EventStore, group: Record, request: Record, place: Place) -> Iterator[Event]:
    streams = _streams(store, request)
    start = max(request.get("startTime") or 0, oldest(group))
    end = request["endTime"] + 1 if request.get("endTime") is not None else LATEST
    while chunk := store.of_group(streams, Span(start, end), place, 2000):
        yield from chunk
        place = Place(chunk[-1].timestamp, chunk[-1].id)


def _streams(store: EventStore, request: Record) -> list[int] | None:
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix")
    if names and prefix:
        raise invalid("LogStreamNames and LogStreamNamePrefix are mutually exclusive parameters.")
    if names:
        found = [store.stream(name) for name in names]
        if None in found:
            raise not_found("log stream")
        return [each.id for each in found if each]
    if prefix:
        return [each.id for each in store.streams() if each.name.startswith(prefix)]
    return None


def get_log_record(scope: Scope, request: Record) -> Record:
    """The fields of one event, by the pointer that a query gave."""
    found = place_of(request["logRecordPointer"])
    if found is None:
        raise invalid("The specified log record pointer is invalid.")
    for whose, group in all_groups():
        is_here = whose == scope and group["id"] == found[0]
        if is_here and (event := store_of(group).event(found[1])):
            return {"logRecord": _record(scope, group, event, request["logRecordPointer"])}
    raise LogsError("ResourceNotFoundException", "The specified log record does not exist.")


def _record(scope: Scope, group: Record, event: Event, pointer: str) -> Record:
    return {
        "@timestamp": str(event.timestamp),
        "@ingestionTime": str(event.ingested),
        "@message": event.message,
        "@logStream": event.stream,
        "@log": f"{scope.account}:{group['logGroupName']}",
        "@ptr": pointer,
    }


def test_metric_filter(_scope: Scope, request: Record) -> Record:
    pattern: Matcher = matcher(request["filterPattern"])
    matches = []
    for number, message in enumerate(request["logEventMessages"], start=1):
        if pattern(message):
            matches.append({
                "eventNumber": number,
                "eventMessage": message,
                "extractedValues": pattern.extract(message),
            })  # fmt: skip
    return {"matches": matches}


HANDLERS = handlers(get_log_events, filter_log_events, get_log_record, test_metric_filter)
