"""IP addresses and networks. An address is the text of its 16 bytes in hexadecimal, so that it
compares as its bytes do. Source: Trino documentation, "IP functions" and type "IPADDRESS".
"""

import ipaddress
from ipaddress import IPv4Address, IPv6Address, IPv6Network

MAPPED = 0xFFFF << 32


def parse_ip(text: str) -> str | None:
    """None when it is no address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    number = int(address) | MAPPED if isinstance(address, IPv4Address) else int(address)
    return f"{number:032x}"


def ip_text(stored: str) -> str:
    """As Trino prints it: IPv4 where the address is one."""
    address = IPv6Address(int(stored, 16))
    return str(address.ipv4_mapped or address)


def _network(prefix: str) -> IPv6Network | None:
    try:
        network = ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv6Network):
        return network
    return IPv6Network((int(network.network_address) | MAPPED, network.prefixlen + 96))


def contains(prefix: str, stored: str) -> bool | None:
    """None when ``prefix`` is no network."""
    if "/" not in prefix:
        return None
    network = _network(prefix)
    return None if network is None else IPv6Address(int(stored, 16)) in network
