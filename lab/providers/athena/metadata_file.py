"""The ``.metadata`` file beside a result: what the columns are, for drivers that read results from
S3.

It is a message of Protocol Buffers whose schema Athena does not publish: 1 is the query's id, 2
what a statement that writes did, 3 to how many rows, and each 4 a column (1 catalogue, 4 name,
5 label, 6 type, 7 precision, 8 scale, 9 nullable, 10 case sensitive).
Source: Amazon Athena User Guide, "Work with query results and recent queries".
"""

from typing import Any

from lab.providers.athena.models import Execution

UPDATES = {
    "INSERT": "INSERT",
    "CREATE_TABLE_AS_SELECT": "CREATE TABLE",
    "UPDATE": "UPDATE",
    "DELETE": "DELETE",
    "MERGE": "MERGE",
}
NULLABLE_UNKNOWN = 3
# Which of 7, 8 and 10 a column of a type has.
NO_NUMBERS = ("boolean", "interval day to second", "interval year to month")
NOTHING = ("array", "map", "row", "json", "string")


def metadata_of(execution: Execution) -> bytes:
    """The content of the file."""
    message = _text(1, execution.id)
    if execution.update_count is not None and execution.subkind in UPDATES:
        message += _text(2, UPDATES[execution.subkind]) + _number(3, execution.update_count)
    return message + b"".join(_bytes(4, _column(column)) for column in execution.columns)


def _column(column: dict[str, Any]) -> bytes:
    kind = column["Type"]
    message = _text(1, column["CatalogName"]) + _text(4, column["Name"])
    message += _text(5, column["Label"]) + _text(6, kind)
    plain = kind not in NOTHING
    if plain and kind not in (*NO_NUMBERS, "date"):
        message += _number(7, column["Precision"])
    if plain and kind not in NO_NUMBERS:
        message += _number(8, column["Scale"])
    message += _number(9, NULLABLE_UNKNOWN)
    return message + _number(10, int(column["CaseSensitive"])) if plain else message


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
