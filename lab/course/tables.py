"""Reads the content's TOML files with errors that name the file, the key, and what to do."""

import tomllib
from pathlib import Path
from typing import Any

from lab.checks.text import Text
from lab.config import ROOT
from lab.errors import LabError
from lab.i18n import lab_error, t


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

    def integer(self, key: str, *, least: int = 0) -> int:
        value = self._read(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.error(key, "integer", least=least)
        return value

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
