"""Folders named ``key=value``: how Hive writes partition values into paths and reads them back."""

import urllib.parse

from lab.engine.catalog import Table

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
ESCAPED = frozenset("\"#%'*/:=?\\{}[]^\x7f") | {chr(code) for code in range(1, 32)}


def escape(value: str) -> str:
    """The value as it stands in a path."""
    return "".join(f"%{ord(c):02X}" if c in ESCAPED else c for c in value)


def partition_name(table: Table, values: tuple[str, ...]) -> str:
    """``year=2013/month=1``"""
    pairs = zip(table.partition_keys, values, strict=True)
    return "/".join(f"{key.name.lower()}={escape(value)}" for key, value in pairs)


def parse_partition_path(table: Table, key: str) -> tuple[tuple[str, ...] | None, str]:
    """The partition's values and its folder (with a slash) from an object's key; None when it lies
    in none.
    """
    prefix = "/".join(table.location.rstrip("/").split("/")[3:])
    depth = len(prefix.split("/")) if prefix else 0
    parts = key.split("/")
    names = [column.name.lower() for column in table.partition_keys]
    folders = parts[depth : depth + len(names)]
    if len(folders) < len(names) or len(parts) <= depth + len(names):
        return None, ""
    values = []
    for name, folder in zip(names, folders, strict=True):
        found, separator, value = folder.partition("=")
        if not separator or found.lower() != name:
            return None, ""
        values.append(urllib.parse.unquote(value))
    return tuple(values), "/".join(parts[: depth + len(names)]) + "/"
