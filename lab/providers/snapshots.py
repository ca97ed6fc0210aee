"""What keeps a LocalStack service's state through a stop and a ``kill -9``: one file per service.

LocalStack holds the state of a service in memory, as a store per account and region. Here the
stores of one service are written to a file after each call that may have changed them, before the
call is answered, and are there again when the lab starts. It keeps what is in stores, and nothing
of what a service does by itself in the background: whoever restores a service starts that again.

A file is replaced as a whole, so that a crash leaves the one before or the one after. A file that
cannot be read is set aside and never a reason not to start.
"""

import hashlib
import io
import json
import logging
import os
import pickle
import threading
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from localstack.services.plugins import Service
from localstack.services.stores import LOCAL_ATTR_PREFIX, AccountRegionBundle
from localstack.version import version as localstack_version

from lab.config import load

LOG = logging.getLogger(__name__)

FORMAT = 1
ATTEMPTS = 20
READ_ONLY = (
    *("Decrypt", "Describe", "Encrypt", "Generate", "Get", "Invoke", "List", "ReEncrypt"),
    *("Sign", "Verify"),
)
"""How operations begin that change nothing in a store."""

_LOCKS = (type(threading.RLock()), type(threading.Lock()))
_DAMAGES = (
    *(AttributeError, EOFError, ImportError, IndexError, KeyError, TypeError, ValueError),
    pickle.UnpicklingError,
)


class UnreadableError(Exception):
    """Why a file cannot be used."""


class Snapshot:
    """The file that holds the stores of one service."""

    def __init__(self, bundle: AccountRegionBundle, path: Path) -> None:
        self._bundle = bundle
        self._path = path
        self._wanted = 0
        self._written = 0
        self._counting = threading.Lock()
        self._writing = threading.Lock()

    def restore(self) -> None:
        """Fill the stores with what the file holds, if there is one."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return
        try:
            _fill(self._bundle, _decode(content))
        except UnreadableError as reason:
            self._set_aside(reason)

    def follow(self, service: Service) -> Service:
        """Have every call of the service that may change a store write the file."""
        table = service.skeleton.dispatch_table
        for name, answer in table.items():
            if not name.startswith(READ_ONLY):
                table[name] = self._saving(answer)
        return service

    def save(self) -> None:
        """Write the file; returns when it holds what the stores hold now.

        One writing serves all who have asked for it before it began.
        """
        with self._counting:
            self._wanted += 1
            mine = self._wanted
        with self._writing:
            if self._written >= mine:
                return
            covered = self._wanted
            self._replace(_encode(self._bundle))
            self._written = covered

    def _saving(self, answer: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def save_then_answer(context: Any, request: Any) -> Any:
            try:
                return answer(context, request)
            finally:  # a call that fails may have changed something too
                self.save()

        return save_then_answer

    def _replace(self, content: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = self._path.with_suffix(".new")
        # It may hold keys and the environment of functions.
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.replace(self._path)

    def _set_aside(self, reason: UnreadableError) -> None:
        kept = self._path.with_suffix(f".unreadable-{time.time_ns()}")
        self._path.rename(kept)
        LOG.error(
            "the stored state of %s is not used: %s. It is kept as %s, and %s starts empty: make "
            "its resources again, or run 'make down', move that file back to %s and start the lab "
            "with the versions that wrote it.",
            self._bundle.service_name,
            reason,
            kept,
            self._bundle.service_name,
            self._path,
        )


def snapshot_of(bundle: AccountRegionBundle) -> Snapshot:
    """The snapshot of a service in this lab's home."""
    return Snapshot(bundle, path_of(bundle.service_name))


def path_of(service: str) -> Path:
    """Where the state of a service is kept, once there is any."""
    return load().home / "state" / f"{service}.snapshot"


def versions() -> dict[str, Any]:
    """What decides whether a file can be read: it holds LocalStack's classes and ours."""
    return {"format": FORMAT, "lab": version("aws-data-lab"), "localstack": localstack_version}


class _Pickler(pickle.Pickler):
    """Locks belong to a process: each is replaced by a new one, which nobody holds."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _LOCKS):
            return (threading.RLock if isinstance(obj, _LOCKS[0]) else threading.Lock), ()
        return NotImplemented


def _encode(bundle: AccountRegionBundle) -> bytes:
    body = _pickled(bundle)
    header = {**versions(), "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(header).encode() + b"\n" + body


def _pickled(bundle: AccountRegionBundle) -> bytes:
    for _ in range(ATTEMPTS):
        content = io.BytesIO()
        try:
            _Pickler(content, pickle.HIGHEST_PROTOCOL).dump(_state(bundle))
        except RuntimeError as error:  # another call changed a dictionary meanwhile
            LOG.debug("stores of %s changed while written: %s", bundle.service_name, error)
        else:
            return content.getvalue()
    raise RuntimeError(f"The stores of {bundle.service_name} change faster than they are written.")


def _state(bundle: AccountRegionBundle) -> dict[str, Any]:
    """What a bundle holds, without LocalStack's containers, which know of more than their data."""
    return {
        "universal": dict(bundle._universal),
        "accounts": {
            account: {
                "global": dict(regions._global),
                "regions": {
                    region: {
                        name: value
                        for name, value in vars(store).items()
                        if name.startswith(LOCAL_ATTR_PREFIX)
                    }
                    for region, store in regions.items()
                },
            }
            for account, regions in bundle.items()
        },
    }


def _decode(content: bytes) -> Any:
    line, _, body = content.partition(b"\n")
    try:
        header = json.loads(line)
        written = {name: header[name] for name in versions()}
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError("it is damaged at its beginning") from error
    _check_versions(written)
    if header.get("sha256") != hashlib.sha256(body).hexdigest():
        raise UnreadableError("it is damaged")
    try:
        return pickle.loads(body)  # noqa: S301 - our own file, in the home of the lab
    except _DAMAGES as error:
        raise UnreadableError(f"its content does not fit ({error})") from error


def _check_versions(written: Mapping[str, Any]) -> None:
    """A file of an older lab is read as long as the format is the same; a newer one never is."""
    ours = versions()
    same = all(written[name] == ours[name] for name in ("format", "localstack"))
    if not same or _ordered(written["lab"]) > _ordered(ours["lab"]):
        raise UnreadableError(f"it was written by other versions ({json.dumps(written)})")


def _ordered(number: str) -> list[int]:
    return [int(part) for part in str(number).split(".") if part.isdecimal()]


def _fill(bundle: AccountRegionBundle, state: Any) -> None:
    bundle._universal.update(state["universal"])
    for account, kept in state["accounts"].items():
        regions = bundle[account]
        regions._global.update(kept["global"])
        for region, values in kept["regions"].items():
            vars(regions[region]).update(values)
