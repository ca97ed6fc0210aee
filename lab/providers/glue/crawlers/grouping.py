"""Which folders are tables and which are their partitions.

From the top, the first folder whose contents are alike is a table: all that is below lies at one
depth, and most folders of each level are of similar schemas. The folders below are its partitions,
with keys named by ``key=value`` folders, or ``partition_0`` and so on. Where the objects of one
folder are not alike, each of them is a table.

Source: AWS Glue User Guide, "How does a crawler determine when to create partitions?", "Creating a
single schema for each Amazon S3 include path", "Specifying the table location and partitioning
level"; AWS re:Post Knowledge Center, "How does the AWS Glue crawler detect the schema?".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from lab.providers.glue.crawlers.folders import Folder, Object
from lab.providers.glue.crawlers.schemas import (
    Schema,
    clusters,
    is_compatible,
    is_similar,
    merged,
)

Key = str | None
"""The name of a partition key; None when folders do not name it."""


class Leaf(NamedTuple):
    """A partition, or all of a table that has none."""

    values: tuple[str, ...]
    location: str
    objects: list[Object]
    schema: Schema


@dataclass(slots=True)
class Whole:
    """A folder whose contents are of one table."""

    schema: Schema
    keys: tuple[Key, ...]
    leaves: list[Leaf]


@dataclass(slots=True)
class FoundTable:
    """A table in S3. ``name`` is that of its folder, or of its object."""

    name: str
    location: str
    whole: Whole

    @property
    def schema(self) -> Schema:
        return self.whole.schema

    @property
    def objects(self) -> list[Object]:
        return [each for leaf in self.whole.leaves for each in leaf.objects]

    @property
    def partition_keys(self) -> list[str]:
        return [key or f"partition_{place}" for place, key in enumerate(self.whole.keys)]


def tables(root: Folder, combine: bool = False, level: int | None = None) -> Iterator[FoundTable]:
    """The tables under a target. ``combine``: schemas need not be similar, only of one format.
    ``level``: each folder of that level is a table, the bucket being level 1.
    """
    _prune(root)
    if level is None:
        yield from _Grouping(combine).tables(root)
        return
    for folder in _at_level(root, level):
        found = _Grouping(combine=True).forced(folder)
        if found is not None:
            yield found


def _at_level(folder: Folder, level: int) -> Iterator[Folder]:
    if folder.level == level:
        yield folder
    elif folder.level < level:
        for child in folder.children.values():
            yield from _at_level(child, level)


def _prune(folder: Folder) -> bool:
    """Take out the folders in which nothing could be read; whether something is left."""
    folder.children = {name: child for name, child in folder.children.items() if _prune(child)}
    if all(each.reading is None for each in folder.objects):
        folder.objects = []
    return bool(folder.objects or folder.children)


def pair(name: str) -> tuple[Key, str]:
    """The key and the value of a folder; no key when it is not ``key=value``."""
    key, separator, value = name.partition("=")
    return (key.lower(), unquote(value)) if separator and key else (None, name)


class _Grouping:
    """Looks at each folder once."""

    def __init__(self, combine: bool) -> None:
        self._combine = combine
        self._known: dict[str, Whole | None] = {}

    def tables(self, folder: Folder) -> Iterator[FoundTable]:
        whole = self.whole(folder)
        if whole is not None:
            while len(folder.children) == 1 and pair(next(iter(folder.children)))[0] is None:
                [folder] = folder.children.values()
                whole = self.whole(folder) or whole
            yield FoundTable(folder.name, folder.location, whole)
            return
        if folder.objects:
            yield from self._of_objects(folder)
        for child in folder.children.values():
            yield from self.tables(child)

    def forced(self, folder: Folder) -> FoundTable | None:
        """The folder as one table, whatever its depths; its folders are partitions where all are
        at one depth.
        """
        if whole := self.whole(folder):
            return FoundTable(folder.name, folder.location, whole)
        objects = folder.all_objects()
        if not (schemas := _schemas(objects)):
            return None
        first = [schema for schema in schemas if is_compatible(schema, schemas[0])]
        schema = merged(first)
        leaf = Leaf((), folder.location, objects, schema)
        return FoundTable(folder.name, folder.location, Whole(schema, (), [leaf]))

    def _of_objects(self, folder: Folder) -> Iterator[FoundTable]:
        schema = self._one(_schemas(folder.objects))
        if schema is not None:
            leaf = Leaf((), folder.location, folder.objects, schema)
            yield FoundTable(folder.name, folder.location, Whole(schema, (), [leaf]))
            return
        for each in folder.objects:
            if each.reading is not None:
                location = f"s3://{folder.bucket}/{each.key}"
                leaf = Leaf((), location, [each], each.reading.schema)
                name = each.key.rpartition("/")[2]
                yield FoundTable(name, location, Whole(leaf.schema, (), [leaf]))

    def whole(self, folder: Folder) -> Whole | None:
        if folder.prefix not in self._known:
            self._known[folder.prefix] = self._look(folder)
        return self._known[folder.prefix]

    def _look(self, folder: Folder) -> Whole | None:
        if not folder.children:
            schema = self._one(_schemas(folder.objects))
            if schema is None:
                return None
            return Whole(schema, (), [Leaf((), folder.location, folder.objects, schema)])
        children = {name: self.whole(child) for name, child in folder.children.items()}
        found = {name: whole for name, whole in children.items() if whole is not None}
        if folder.objects or len(found) < len(children):
            return None
        names = {pair(name)[0] for name in found}
        if len(names) > 1 or len({whole.keys for whole in found.values()}) > 1:
            return None
        schema = self._most([whole.schema for whole in found.values()])
        if schema is None:
            return None
        leaves = [
            leaf._replace(values=(pair(name)[1], *leaf.values))
            for name, whole in found.items()
            for leaf in whole.leaves
        ]
        keys = next(iter(found.values())).keys
        return Whole(schema, (names.pop(), *keys), leaves)

    def _one(self, schemas: list[Schema]) -> Schema | None:
        """The schema of objects that are all alike; None when they are not."""
        if not schemas:
            return None
        alike = is_compatible if self._combine else is_similar
        different = list(dict.fromkeys(schemas))
        if all(alike(different[0], other) for other in different[1:]):
            return merged(different)
        return None

    def _most(self, schemas: list[Schema]) -> Schema | None:
        """The schema of most of the folders; None when no more than half are alike."""
        if self._combine:
            return self._one(schemas)
        largest = max(
            clusters(schemas), key=lambda group: sum(schemas.count(each) for each in group)
        )
        count = sum(schemas.count(each) for each in largest)
        return merged(largest) if 2 * count > len(schemas) else None


def _schemas(objects: list[Object]) -> list[Schema]:
    return [each.reading.schema for each in objects if each.reading is not None]
