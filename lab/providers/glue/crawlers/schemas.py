"""What a classifier says of a file: its classification, its columns, and how its format is read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from lab.providers.glue.crawlers.kinds import NULL, Columns, Kind, merge, merge_columns

SIMILAR = 0.7
"""Which part of the columns two schemas must share to be those of one table."""


@dataclass(frozen=True, slots=True)
class Schema:
    """``form``: what the SerDe needs to read the format, which files of one table have in common;
    ``header``: how many lines at the top are no rows; ``literal``: an Avro schema as it is written.
    """

    classification: str
    columns: Columns
    compression: str = "none"
    form: tuple[tuple[str, str], ...] = ()
    header: int = 0
    literal: str = ""


class Reading(NamedTuple):
    """One file: its schema, its records (estimated when only its beginning was read), and the bytes
    of a record, decompressed.
    """

    schema: Schema
    records: int
    record_bytes: float


def is_compatible(one: Schema, other: Schema) -> bool:
    """Whether one SerDe reads both."""
    return (one.classification, one.form) == (other.classification, other.form)


def is_similar(one: Schema, other: Schema) -> bool:
    """Whether both are of one table: the same format and compression, most columns alike."""
    if one == other:
        return True
    if not is_compatible(one, other) or one.compression != other.compression:
        return False
    mine = {name.lower(): kind for name, kind in one.columns}
    yours = {name.lower(): kind for name, kind in other.columns}
    alike = sum(1 for name, kind in mine.items() if name in yours and _fits(kind, yours[name]))
    return alike >= SIMILAR * max(len(mine), len(yours))


def _fits(one: Kind, other: Kind) -> bool:
    return NULL in (one, other) or one == other or merge(one, other) != "string"


def merged(schemas: Iterable[Schema]) -> Schema:
    """One schema with the columns of all, in the order in which they are first seen."""
    first, *others = dict.fromkeys(schemas)
    columns = first.columns
    for other in others:
        columns = merge_columns(columns, _spelt(other.columns, columns))
    return replace(first, columns=columns) if others else first


def _spelt(columns: Columns, known: Columns) -> Columns:
    """The columns with the spelling of those that are known by it already."""
    spelling = {name.lower(): name for name, _ in known}
    return tuple((spelling.get(name.lower(), name), kind) for name, kind in columns)


def clusters(schemas: Iterable[Schema]) -> list[list[Schema]]:
    """The different schemas, those that are similar together; the largest group is not the first,
    the order is that of what is given.
    """
    found: list[list[Schema]] = []
    for schema in dict.fromkeys(schemas):
        group = next((group for group in found if is_similar(group[0], schema)), None)
        if group is None:
            found.append([schema])
        else:
            group.append(schema)
    return found
