"""Bodies of requests: in memory while they are few and not too large, else in files."""

import warnings
from io import BytesIO
from typing import Any

import pytest


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Any:
    with warnings.catch_warnings(action="ignore"):  # Twisted misses a package that TLS would need
        from lab.providers import gateway
    monkeypatch.setattr(gateway, "MAX_BODY_IN_MEMORY", 100)
    monkeypatch.setattr(gateway, "MAX_BODIES_IN_MEMORY", 150)
    site = gateway.Site.__new__(gateway.Site)  # a whole one would need LocalStack's gateway
    site.bytes_in_memory = 0
    return site


def test_bodies_stay_in_memory_within_bounds(site: Any) -> None:
    first = site.getContentFile(100)
    assert isinstance(first, BytesIO)
    for length in (51, 101, None):  # too much beside the first, too large, of unknown length
        with site.getContentFile(length) as file:
            assert not isinstance(file, BytesIO)
            file.write(b"body")
            file.seek(0)
            assert file.read() == b"body"
    first.close()
    first.close()
    assert site.bytes_in_memory == 0
    assert isinstance(site.getContentFile(51), BytesIO)
