"""A shop on a free port, with its log in a folder of its own."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.shop.access_log import AccessLog
from lab.shop.server import Counter, Shop
from lab.shop.site import Site


@dataclass(frozen=True)
class Running:
    url: str
    port: int
    path: Path

    @property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="ascii").splitlines()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    log = AccessLog(tmp_path / "access_log", 10_000_000, keep=1)
    with Shop(Site(), Counter(log), 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Running(server.url, server.server_address[1], tmp_path / "access_log")
        finally:
            server.shutdown()
            thread.join()
            log.close()
