"""PutLogEvents: what is accepted is in the group's file before the answer, and what follows from it
is begun: metrics of filters and of embedded metrics, deliveries to subscribers.

Source: Amazon CloudWatch Logs API reference, "PutLogEvents".
"""

from collections.abc import Callable

from lab.providers.clock import clock
from lab.providers.cloudwatch import Metric, Source, publisher
from lab.providers.handlers import handlers
from lab.providers.logs.dispatch import Record, Scope
from lab.providers.logs.errors import invalid, not_found
from lab.providers.logs.events import OVERHEAD_BYTES, milliseconds
from lab.providers.logs.groups import DAY_MILLISECONDS, find, oldest, store_of

MAX_BYTES = 1_048_576
INCOMING_EVENTS, INCOMING_BYTES = (
    Metric("IncomingLogEvents", "None"),
    Metric("IncomingBytes", "Bytes"),
)
PAST_MILLISECONDS, FUTURE_MILLISECONDS = 14 * DAY_MILLISECONDS, 2 * 3_600_000

Events = list[tuple[int, str]]
Follower = Callable[[Scope, Record, str, Events], None]
followers: list[Follower] = []
"""Called with the scope, the group, the stream's name and the events that were accepted."""


def put_log_events(scope: Scope, request: Record) -> Record:
    group = find(scope, request["logGroupName"])
    stream = store_of(group).stream(request["logStreamName"])
    if stream is None:
        raise not_found("log stream")
    given = [(each["timestamp"], each["message"]) for each in request["logEvents"]]
    _check(given)
    accepted, rejected = _accepted(group, given)
    if accepted:
        store_of(group).add(stream, accepted, milliseconds())
        for follow in followers:
            follow(scope, group, stream.name, accepted)
    answer: Record = {"nextSequenceToken": f"{stream.id:056d}"}
    return {**answer, "rejectedLogEventsInfo": rejected} if rejected else answer


def _check(events: Events) -> None:
    times = [timestamp for timestamp, _ in events]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if times and times[-1] - times[0] > DAY_MILLISECONDS:
        raise invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours."
        )
    size = sum(len(message.encode()) + OVERHEAD_BYTES for _, message in events)
    if size > MAX_BYTES:
        raise invalid(f"Upload too large: {size} bytes exceeds limit of {MAX_BYTES}")


def _accepted(group: Record, events: Events) -> tuple[Events, Record]:
    """The events whose time is permitted, and where the others end and begin."""
    earlier, later = (int(moment * 1000) for moment in clock().span())
    too_old, too_new = earlier - PAST_MILLISECONDS, later + FUTURE_MILLISECONDS
    expired = oldest(group)
    rejected: Record = {}
    for place, (timestamp, _) in enumerate(events):
        if timestamp < too_old:
            rejected["tooOldLogEventEndIndex"] = place + 1
        elif timestamp < expired:
            rejected["expiredLogEventEndIndex"] = place + 1
        elif timestamp > too_new:
            rejected.setdefault("tooNewLogEventStartIndex", place)
    least = max(too_old, expired)
    return [each for each in events if least <= each[0] <= too_new], rejected


def measure(scope: Scope, group: Record, _stream: str, events: Events) -> None:
    """What CloudWatch is told of ingestion."""
    size = sum(len(message.encode()) + OVERHEAD_BYTES for _, message in events)
    samples = ((INCOMING_EVENTS, float(len(events))), (INCOMING_BYTES, float(size)))
    dimensions = (("LogGroupName", group["logGroupName"]),)
    for each in ((), dimensions):
        publisher().add(Source("AWS/Logs", *scope, each), samples)


HANDLERS = handlers(put_log_events)
