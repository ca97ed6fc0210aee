"""Where the code of functions is unpacked: under the lab's home, one folder per upload.

LocalStack unpacks into ``/tmp/lambda``, which two people on one machine cannot share, and where a
lab that was killed leaves it behind. And it removes the code of a version as soon as another has
taken its place, though an invocation of it may still run and import something.
"""

import shutil
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import S3Code

from lab.config import load


def code_folder(home: Path) -> Path:
    return home / "lambda" / "code"


def install() -> None:
    """Make LocalStack's code archives unpack there, and go when nobody uses them."""
    S3Code.get_unzipped_code_location = _unzipped_location
    S3Code.destroy_cached = _destroy_cached


class CodeUse:
    """Which folders of code are in use by how many environments, and which are to go afterwards."""

    def __init__(self) -> None:
        self._users: Counter[Path] = Counter()
        self._unwanted: set[Path] = set()
        self._lock = threading.Lock()

    def hold(self, folder: Path) -> None:
        with self._lock:
            self._users[folder] += 1

    def release(self, folder: Path) -> None:
        with self._lock:
            self._users[folder] -= 1
            self._remove_unused(folder)

    def discard(self, folder: Path) -> None:
        """Remove the folder once nobody uses it; now, if nobody does."""
        with self._lock:
            self._unwanted.add(folder)
            self._remove_unused(folder)

    def _remove_unused(self, folder: Path) -> None:
        if self._users[folder] <= 0:
            del self._users[folder]
            if folder in self._unwanted:
                self._unwanted.remove(folder)
                shutil.rmtree(folder.parent, ignore_errors=True)


CODE_USE = CodeUse()


def _unzipped_location(code: Any) -> Path:
    """The folder of one upload; its parent belongs to it too."""
    return code_folder(load().home) / code.id / "code"


def _destroy_cached(code: Any) -> None:
    CODE_USE.discard(_unzipped_location(code))
