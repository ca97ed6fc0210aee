"""The lab's clock, asked over HTTP: see ``lab.providers.clock``."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab.config import Config
from lab.i18n import lab_error

ANSWERS_WITHIN = 10.0
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_DURATION = re.compile(r"(\d+)([smhdw])")


@dataclass(frozen=True, slots=True)
class Time:
    """What the clock shows: ``offset`` is how many seconds it is ahead of the machine's time, and
    ``follows`` says by name what goes by it and what does not.
    """

    now: datetime
    is_stopped: bool
    is_real: bool
    offset: float
    follows: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Step:
    """How far an advance has come; ``stuck`` counts by name what would not end."""

    number: int
    total: int
    now: datetime
    fired: int
    stuck: dict[str, int]


def duration(text: str) -> float:
    """Seconds of ``90s``, ``15m``, ``6h``, ``30d`` or ``2w``. Raises LabError ``bad-duration``."""
    found = _DURATION.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise lab_error("bad-duration", text=text)
    return float(int(found[1]) * UNITS[found[2]])


def moment(text: str) -> datetime:
    """An ISO date or time, in UTC unless it says otherwise. Raises LabError ``bad-moment``."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise lab_error("bad-moment", text=text) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read(config: Config) -> Time:
    """Raises LabError ``lab-down`` when no lab answers."""
    with _open(config, None, ANSWERS_WITHIN) as answer:
        return _time(json.load(answer))


def change(config: Config, action: str, to: datetime | None = None) -> Time:
    """``stop``, ``run``, ``reset``, or ``set`` with a moment."""
    asked = {"action": action, **({"to": to.timestamp()} if to else {})}
    with _open(config, asked, ANSWERS_WITHIN):
        return read(config)


def advance(config: Config, seconds: float, step: float, patience: float) -> Iterator[Step]:
    """Move the clock on; yields after each step. Raises LabError ``clock-busy`` while somebody
    else does.
    """
    asked = {"action": "advance", "seconds": seconds, "step": step, "patience": patience}
    # A step ends when all that it started has, so only its own patience limits it.
    with _open(config, asked, None) as answer:
        for line in answer:
            found = json.loads(line)
            yield Step(**{**found, "now": datetime.fromtimestamp(found["now"], UTC)})


def _open(config: Config, asked: dict[str, Any] | None, timeout: float | None) -> Any:
    data = None if asked is None else json.dumps(asked).encode()
    try:
        return urllib.request.urlopen(f"{config.endpoint_url}/_lab/clock", data, timeout=timeout)
    except urllib.error.HTTPError as error:
        body = json.load(error)
        if error.code == 409:
            raise lab_error("clock-busy") from error
        raise lab_error("clock-refused", reason=body["error"]) from error
    except OSError as error:
        raise lab_error("lab-down", url=config.endpoint_url) from error


def _time(found: dict[str, Any]) -> Time:
    return Time(**{**found, "now": datetime.fromtimestamp(found["now"], UTC)})
