"""Functions on IP addresses that DuckDB asks Python for."""

import ipaddress
from functools import lru_cache, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def is_valid(version: int, text: str) -> bool:
    address = _address(text)
    return address is not None and version in (0, address.version)


def is_in_subnet(version: int, text: str, subnet: str) -> bool:
    address, network = _address(text), _network(subnet)
    if address is None or network is None or address.version != network.version:
        return False
    return version in (0, address.version) and address in network


def register(connection: "DuckDBPyConnection") -> None:
    for version, ending in ((0, ""), (4, "v4"), (6, "v6")):
        valid, within = partial(is_valid, version), partial(is_in_subnet, version)
        for name, function, count in (("isvalidip", valid, 1), ("isip", within, 2)):
            full = f"{name}{ending}" if count == 1 else f"{name}{ending}insubnet"
            connection.create_function(full, function, ["VARCHAR"] * count, "BOOLEAN")
