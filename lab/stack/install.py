"""The part of an installation that comes after the Python packages: OpenSearch, and its
ahead-of-time cache.

Safe to repeat and to interrupt; a second clone finds everything in the user's cache and downloads
nothing.
"""

import shutil
from collections.abc import Callable

from lab.config import Config
from lab.stack import aot, artifacts, catalog

# Told of the step that begins ("opensearch", "catalog", "aot"); all take more than a second.
Announce = Callable[[str], None]

LEFTOVERS = ("download-*", "unpack-*", "aot-*")


def install(config: Config, announce: Announce, progress: artifacts.Progress) -> None:
    """Bring the user's cache to what this version needs. Raises LabError ``download``, ``checksum``
    or ``aot``.
    """
    with artifacts.exclusive(config):
        _remove_leftovers(config)
        if not artifacts.installed(config):
            announce("opensearch")
            artifacts.install(config, progress)
        if not catalog.built(config):
            announce("catalog")
            catalog.make(config)
        if not aot.cache_file(config).is_file():
            announce("aot")
            aot.make(config)


def _remove_leftovers(config: Config) -> None:
    """What interrupted installations left; the caller holds the lock, so nobody is at work."""
    for pattern in LEFTOVERS:
        for folder in config.cache.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)
