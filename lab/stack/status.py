"""What is known of one server, however it was started: the shape that ``lab status`` prints."""

from dataclasses import dataclass
from typing import Literal

State = Literal["running", "starting", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server. ``endpoint`` is its URL on this machine; what is not known here is None.

    ``detail`` says in words why a server is not running, where that is known.
    """

    name: str
    state: State
    endpoint: str
    pid: int | None
    memory_bytes: int | None
    uptime_seconds: float | None
    detail: str = ""
