"""Reads the content's TOML files with errors that name the file, the key, and what to do."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from lab.checks.text import Text
from lab.config import ROOT
from lab.errors import LabError
from lab.i18n import lab_error, t

ID = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9]+(_[a-z0-9]+)*)?")

Id = Annotated[str, "id"]
"""Stable words: small letters, digits and ``_``, with at most one dot."""
Positive = Annotated[int, "positive"]
"""At least 1."""


class Table:
    """One table of a TOML file. Each key is read once; ``close`` refuses those that nobody reads.

    ``where`` is the dotted place of the table in its file, for errors.
    """

    def __init__(self, file: Path, values: dict[str, Any], where: str = "") -> None:
        self.file = file
        self._values = values
        self._where = where
        self._unread = set(values)

    def error(self, key: str, reason: str, **fields: object) -> LabError:
        """The error ``course-file`` for ``key``; ``reason`` is a key below ``course.file``."""
        return lab_error(
            "course-file",
            file=self.file.relative_to(ROOT) if self.file.is_relative_to(ROOT) else self.file,
            place=f"{self._where}{key}",
            reason=t(f"course.file.{reason}", **fields),
        )

    def text(self, key: str) -> str:
        value = self._read(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "text")
        return value.strip()

    def id(self, key: str) -> str:
        value = self.text(key)
        if not ID.fullmatch(value):
            raise self.error(key, "id", value=value)
        return value

    def integer(self, key: str, *, least: int = 0) -> int:
        value = self._read(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.error(key, "integer", least=least)
        return value

    def positive(self, key: str) -> int:
        return self.integer(key, least=1)

    def number(self, key: str) -> float:
        value = self._read(key)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.error(key, "number")
        return float(value)

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        self._unread.discard(key)
        if not isinstance(value, bool):
            raise self.error(key, "flag")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of words; none when the key is not there."""
        value = self._values.get(key, [])
        self._unread.discard(key)
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self.error(key, "words")
        return tuple(value)

    def both(self, key: str) -> Text:
        """A sentence in both languages: ``key.fr`` and ``key.en``."""
        table = self.table(key)
        text = Text(fr=table.text("fr"), en=table.text("en"))
        table.close()
        return text

    def sentences(self, key: str) -> tuple[Text, ...]:
        """A list of tables that hold a ``text`` in both languages each."""
        found = []
        for one in self.tables(key):
            found.append(one.both("text"))
            one.close()
        return tuple(found)

    def table(self, key: str) -> "Table":
        value = self._read(key)
        if not isinstance(value, dict):
            raise self.error(key, "table")
        return Table(self.file, value, f"{self._where}{key}.")

    def tables(self, key: str) -> list["Table"]:
        """A list of tables; at least one."""
        value = self._read(key)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.error(key, "tables")
        return [
            Table(self.file, one, f"{self._where}{key}[{number}].")
            for number, one in enumerate(value, start=1)
        ]

    def named(self) -> dict[str, "Table"]:
        """Every key of this table as a table."""
        return {key: self.table(key) for key in self._values}

    def has(self, key: str) -> bool:
        return key in self._values

    def close(self) -> None:
        """Refuse a key that is not known: it may be a misspelt one."""
        if self._unread:
            raise self.error(min(self._unread), "unknown")

    def _read(self, key: str) -> Any:
        if key not in self._values:
            raise self.error(key, "missing")
        self._unread.discard(key)
        return self._values[key]


def read(file: Path) -> Table:
    """The whole of a file."""
    try:
        return Table(file, tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise Table(file, {}).error("-", "no-file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Table(file, {}).error("-", "no-toml", detail=error) from error


READERS: Mapping[Any, Callable[[Table, str], Any]] = {
    str: Table.text,
    Id: Table.id,
    int: Table.integer,
    Positive: Table.positive,
    float: Table.number,
    bool: Table.flag,
    Text: Table.both,
    tuple[str, ...]: Table.words,
    tuple[Text, ...]: Table.sentences,
}
"""How a field of each type is read; a field that is a dataclass, or a tuple of them, is made."""


def make[T](kind: type[T], table: Table, **given: object) -> T:
    """An object of the dataclass ``kind``: what is not ``given`` is read from ``table`` by the type
    of its field. A field that has a default may be absent; a key that is no field is refused.
    """
    hints = get_type_hints(kind, include_extras=True)
    values = dict(given)
    for field in fields(kind):  # type: ignore[arg-type]  # always a dataclass
        absent = field.default is not MISSING and not table.has(field.name)
        if field.name not in given and not absent:
            values[field.name] = _value(table, field.name, hints[field.name])
    table.close()
    return kind(**values)


def _value(table: Table, key: str, hint: Any) -> Any:
    if hint in READERS:
        return READERS[hint](table, key)
    kind = get_args(hint)[0]  # of ``tuple[kind, ...]`` or ``kind | None``
    if get_origin(hint) is tuple:
        return tuple(make(kind, one) for one in table.tables(key))
    return make(kind, table.table(key))
