"""The access log in Apache's combined format, a new file when one is full.

Source: Apache HTTP Server documentation, "Log Files" and module mod_log_config (the format, and how
quotes, control characters and bytes beyond ASCII are escaped).
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Entry:
    """One answered request. ``request`` is its first line as it came, read as Latin-1;
    ``size`` counts the bytes of the body; what was not there is "".
    """

    address: str
    when: datetime
    request: str
    status: int
    size: int
    referrer: str = ""
    agent: str = ""

    def line(self) -> str:
        moment = self.when.astimezone(UTC)
        # Not strftime: its month would be in the language of the system.
        stamp = f"{moment:%d}/{MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"
        return (
            f"{self.address} - - [{stamp}] {_quoted(self.request)} {self.status} "
            f"{self.size or '-'} {_quoted(self.referrer)} {_quoted(self.agent)}"
        )


def _quoted(text: str) -> str:
    return f'"{"".join(map(_escaped, text)) or "-"}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character in _NAMED:
        return _NAMED[character]
    return character if " " <= character <= "~" else f"\\x{ord(character):02x}"


_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\f": "\\f", "\b": "\\b"}


class AccessLog:
    """Appends to ``path``; at ``max_bytes`` it is renamed ``.1``, the one before ``.2``, and so on.

    A reader that has the file open keeps the renamed one, as with Apache's rotatelogs.
    """

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def write(self, entry: Entry) -> None:
        line = entry.line().encode("ascii") + b"\n"
        with self._lock:
            if self._file.tell() and self._file.tell() + len(line) > self._max_bytes:
                self._rotate()
            self._file.write(line)

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._keep, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            newer = self.path.with_name(f"{self.path.name}.{number - 1}") if number > 1 else None
            source = newer or self.path
            if source.exists():
                source.replace(older)
        if not self._keep:
            self.path.unlink()
        self._file = self.path.open("ab", buffering=0)
