"""``/_lab/clock``: the lab's clock over HTTP, for the ``lab clock`` command.

``GET`` tells the time and what follows it. ``POST`` takes ``{"action": ...}``: ``stop``, ``run``,
``reset``, ``set`` with ``to`` (seconds since 1970), or ``advance`` with ``seconds``, ``step`` and
``patience``, which is answered with a line of JSON a step, as it happens.
"""

import json
from collections.abc import Iterator
from typing import Any

from localstack.http import Request, Response
from localstack.services.edge import ROUTER

from lab.providers.clock import agenda, clock
from lab.providers.clock.agenda import BusyError, Step

LONGEST_SECONDS = 100 * 366 * 86_400

FOLLOWS = {
    "events_rules": True,
    "scheduler": True,
    "glue_schedules": True,
    "firehose_prefixes": True,
    "logs_retention": True,
    "alarms": True,
    "stepfunctions_waits": False,
    "kinesis_retention": False,
    "s3_dates": False,
    "sql_dates": False,
    "signatures": False,
    "functions": False,
}
"""Whether each of these goes by the lab's clock; in the order in which they are explained."""


def install() -> None:
    ROUTER.add("/_lab/clock", answer, methods=["GET", "POST"])


def answer(request: Request) -> Response:
    """The answer to one request; 400 with ``error`` when it is none that we know, 409 while the
    clock is being advanced.
    """
    if request.method == "GET":
        return _json({**_state(), "follows": FOLLOWS})
    try:
        asked = json.loads(request.get_data())
        action = asked["action"]
        if action == "advance":
            return _advance(asked)
        _change(action, asked)
    except (ValueError, KeyError, TypeError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)
    return _json(_state())


def _state() -> dict[str, Any]:
    time = clock()
    return {
        "now": time.now(),
        "is_stopped": time.is_stopped,
        "is_real": time.is_real,
        "offset": time.offset,
    }


def _change(action: str, asked: dict[str, Any]) -> None:
    time = clock()
    match action:
        case "stop":
            time.stop()
        case "run":
            time.run()
        case "reset":
            time.reset()
        case "set":
            time.set(_seconds(asked["to"]))
        case _:
            raise ValueError(f"unknown action {action!r}")


def _advance(asked: dict[str, Any]) -> Response:
    seconds = _seconds(asked["seconds"])
    steps = agenda().advance(
        seconds, _seconds(asked.get("step") or seconds), float(asked.get("patience") or 600)
    )
    try:
        first = next(steps)
    except BusyError:
        return _json({"error": "advancing"}, 409)
    return Response(_lines(first, steps), mimetype="application/x-ndjson")


def _lines(first: Step, steps: Iterator[Step]) -> Iterator[str]:
    yield json.dumps(first._asdict()) + "\n"
    for step in steps:
        yield json.dumps(step._asdict()) + "\n"


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError(f"{value!r} is not between 0 and {LONGEST_SECONDS} seconds")
    return seconds


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")
