"""The types of records that have no schema: what each field was seen to be, and where it was more
than one thing, a choice.

Source: AWS Glue Developer Guide, "DynamicFrame class" (a DynamicFrame is self-describing).
"""

import datetime as dt
import decimal
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import types as t

Path = tuple[str, ...]
ELEMENT = "[]"
INT_LEAST, INT_MOST = -(2**31), 2**31 - 1

SCALARS: dict[str, t.DataType] = {
    "binary": t.BinaryType(),
    "boolean": t.BooleanType(),
    "date": t.DateType(),
    "decimal": t.DecimalType(38, 18),
    "double": t.DoubleType(),
    "int": t.IntegerType(),
    "long": t.LongType(),
    "string": t.StringType(),
    "timestamp": t.TimestampType(),
}
KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (float, "double"),
    (str, "string"),
    (decimal.Decimal, "decimal"),
    (dt.datetime, "timestamp"),
    (dt.date, "date"),
    (bytes, "binary"),
    (bytearray, "binary"),
)


@dataclass
class Seen:
    """What a field was seen to be."""

    scalars: set[str] = field(default_factory=set)
    fields: dict[str, "Seen"] | None = None
    element: "Seen | None" = None

    def add(self, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, dict):
            self.fields = {} if self.fields is None else self.fields
            for name, inner in value.items():
                self.fields.setdefault(str(name), Seen()).add(inner)
        elif isinstance(value, list | tuple):
            self.element = self.element or Seen()
            for inner in value:
                self.element.add(inner)
        else:
            self.scalars.add(kind_of(value))

    def merge(self, other: "Seen") -> "Seen":
        self.scalars |= other.scalars
        if other.fields is not None:
            self.fields = {} if self.fields is None else self.fields
            for name, inner in other.fields.items():
                self.fields.setdefault(name, Seen()).merge(inner)
        if other.element is not None:
            self.element = (self.element or Seen()).merge(other.element)
        return self

    def kinds(self) -> list[str]:
        """In the order in which a choice lists them."""
        found = set(self.scalars)
        if self.fields is not None:
            found.add("struct")
        if self.element is not None:
            found.add("array")
        return sorted(found)

    def choices(self, path: Path = ()) -> set[Path]:
        """The paths of what is more than one thing."""
        found = {path} if len(self.kinds()) > 1 else set()
        inner = path if not found else (*path, "struct")
        for name, seen in (self.fields or {}).items():
            found |= seen.choices((*inner, name))
        if self.element is not None:
            start = path if len(self.kinds()) == 1 else (*path, "array")
            found |= self.element.choices((*start, ELEMENT))
        return found

    def type(self) -> t.DataType:
        kinds = self.kinds()
        if not kinds:
            return t.NullType()
        if len(kinds) == 1:
            return self._single(kinds[0])
        return t.StructType([t.StructField(kind, self._single(kind)) for kind in kinds])

    def _single(self, kind: str) -> t.DataType:
        if kind == "struct":
            fields = (self.fields or {}).items()
            return t.StructType([t.StructField(name, seen.type()) for name, seen in fields])
        if kind == "array":
            assert self.element is not None
            return t.ArrayType(self.element.type())
        return SCALARS[kind]

    def convert(self, value: Any) -> Any:
        """A value as Spark wants it for this type."""
        kinds = self.kinds()
        if value is None or not kinds:
            return None
        if len(kinds) == 1:
            return self._converted(value)
        own = kind_of(value)
        return tuple(self._converted(value) if kind == own else None for kind in kinds)

    def _converted(self, value: Any) -> Any:
        if isinstance(value, dict):
            fields = self.fields or {}
            return tuple(seen.convert(value.get(name)) for name, seen in fields.items())
        if isinstance(value, list | tuple):
            assert self.element is not None
            return [self.element.convert(inner) for inner in value]
        return value


def kind_of(value: Any) -> str:
    if isinstance(value, dict):
        return "struct"
    if isinstance(value, list | tuple):
        return "array"
    for cls, kind in KINDS:
        if isinstance(value, cls):
            return kind
    if isinstance(value, int):
        return "int" if INT_LEAST <= value <= INT_MOST else "long"
    raise TypeError(f"{type(value).__name__} is no type of a record")


def seen_in(records: Iterable[Any]) -> Seen:
    found = Seen()
    for record in records:
        found.add(record)
    return found


def plain(value: Any, choices: frozenset[Path], path: Path = ()) -> Any:
    """A record as functions of a script see it: what is a choice is the value that is there."""
    if isinstance(value, dict):
        if path in choices:
            kind, inner = next(((k, v) for k, v in value.items() if v is not None), (ELEMENT, None))
            return plain(inner, choices, (*path, kind))
        return {name: plain(inner, choices, (*path, name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner, choices, (*path, ELEMENT)) for inner in value]
    return value
