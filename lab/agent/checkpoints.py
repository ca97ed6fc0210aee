"""How far each file has been sent, in one JSON file that is replaced as a whole."""

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.i18n import lab_error


@dataclass(frozen=True, slots=True)
class Place:
    """A byte of a file that is known by its inode and its first bytes, not by its name."""

    device: int
    inode: int
    offset: int
    head_length: int
    head: str
    """Digest of the first ``head_length`` bytes: inodes are given to other files again."""
    path: str
    """Where it was, for people"""


class Checkpoints:
    """The places of all flows, each with an id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._flows: dict[str, list[Place]] = {}
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
            self._flows = {flow: [Place(**each) for each in given[flow]] for flow in given}
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (ValueError, TypeError, AttributeError) as error:
            raise lab_error("agent-bad-checkpoints", path=path, reason=error) from error

    def of(self, flow: str) -> list[Place] | None:
        """None when the agent has never seen this flow."""
        return self._flows.get(flow)

    def keep(self, flow: str, places: list[Place]) -> None:
        """On the disk when it returns."""
        with self._lock:
            self._flows[flow] = places
            self._write()

    def _write(self) -> None:
        given = {name: [asdict(place) for place in found] for name, found in self._flows.items()}
        new = self._path.with_name(f"{self._path.name}.new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(given, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
