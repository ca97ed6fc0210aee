"""IP addresses. Source: Trino documentation, "IP functions"."""

from lab.engine import types
from lab.engine.calls import Call
from lab.engine.errors import unsupported
from lab.engine.values import Value


def contains(call: Call) -> Value:
    """``contains('10.0.0.0/8', address)``"""
    network, address = call.args
    if address.type.name != "ipaddress":
        raise unsupported(f"contains({network.type}, {address.type})", call.node)
    bad = call.fail(f"'Invalid CIDR: ' || {network.sql}", types.BOOLEAN)
    found = f"coalesce(lab_ip_contains({network.sql}, {address.sql}), {bad})"
    missing = f"{network.sql} IS NULL OR {address.sql} IS NULL"
    return Value(f"CASE WHEN {missing} THEN NULL ELSE {found} END", types.BOOLEAN)
