"""What a function's answer says of the batch that it was given.

Source: Lambda guide, "Configuring partial batch response with Kinesis Data Streams and Lambda"
(success and failure conditions) and "Implementing stateful Kinesis Data Streams processing in
Lambda".
"""

from collections.abc import Sequence
from typing import Any

from lab.providers.lambda_.stream_events import Event


def first_failure(answer: Any, events: Sequence[Event]) -> int | None:
    """Where the first event is that the function reports as failed, None if it reports none.

    Nothing, an empty answer and an empty or absent list mean success. Of an item without a good
    identifier Lambda does not know where to go on: the whole batch failed.
    """
    if not answer:
        return None
    if not isinstance(answer, dict):
        return 0
    failures = answer.get("batchItemFailures")
    if not failures:
        return None
    if not isinstance(failures, list):
        return 0
    places = {event.sequence_number: index for index, event in enumerate(events)}
    found = [_place(failure, places) for failure in failures]
    return min((0 if place is None else place for place in found), default=None)


def _place(failure: Any, places: dict[str, int]) -> int | None:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return places.get(identifier) if isinstance(identifier, str) else None


def window_state(answer: Any) -> dict[str, Any] | None:
    """The state for the next batch of the window; None if the answer has none, which is a
    failure.
    """
    state = answer.get("state") if isinstance(answer, dict) else None
    return state if isinstance(state, dict) else None
