"""Log streams.

Source: Amazon CloudWatch Logs API reference.
"""

from lab.providers.handlers import handlers
from lab.providers.logs.dispatch import Record, Scope, page_of
from lab.providers.logs.errors import already_exists, invalid, not_found
from lab.providers.logs.events import Stream, milliseconds
from lab.providers.logs.groups import find, named, store_of


def create_log_stream(scope: Scope, request: Record) -> None:
    store = store_of(find(scope, request["logGroupName"]))
    if not store.create_stream(request["logStreamName"], milliseconds()):
        raise already_exists("log stream")


def delete_log_stream(scope: Scope, request: Record) -> None:
    store = store_of(find(scope, request["logGroupName"]))
    if not store.delete_stream(request["logStreamName"]):
        raise not_found("log stream")


def describe_log_streams(scope: Scope, request: Record) -> Record:
    group = named(scope, request)
    prefix, by_time = request.get("logStreamNamePrefix"), request.get("orderBy") == "LastEventTime"
    if prefix and by_time:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    streams = [each for each in store_of(group).streams() if each.name.startswith(prefix or "")]
    if by_time:
        streams.sort(key=lambda stream: (stream.last or 0, stream.name))
    if request.get("descending"):
        streams.reverse()
    arn = scope.arn(f"log-group:{group['logGroupName']}:log-stream:")
    answer = page_of(streams, request, "logStreams")
    return {**answer, "logStreams": [_described(arn, each) for each in answer["logStreams"]]}


def _described(arn: str, stream: Stream) -> Record:
    """A stream's storedBytes are always 0, as on AWS since 2019; the group has them."""
    times = {
        "firstEventTimestamp": stream.first,
        "lastEventTimestamp": stream.last,
        "lastIngestionTime": stream.ingested,
    }
    return {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        **{name: value for name, value in times.items() if value is not None},
        "uploadSequenceToken": f"{stream.id:056d}",
        "arn": arn + stream.name,
        "storedBytes": 0,
    }


HANDLERS = handlers(create_log_stream, delete_log_stream, describe_log_streams)
