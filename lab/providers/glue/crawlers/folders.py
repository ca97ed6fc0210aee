"""The objects of a target as a tree of folders."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab.providers.glue.crawlers import globs
from lab.providers.glue.crawlers.schemas import Reading
from lab.providers.s3.layout import Layout


@dataclass(slots=True)
class Object:
    """One object, and what it is: None until it has been looked at, or when only some of a folder
    are.
    """

    key: str
    path: Path
    size: int
    reading: Reading | None = None


@dataclass(slots=True)
class Folder:
    """``prefix`` ends with a slash, or is empty for the bucket itself."""

    bucket: str
    prefix: str
    objects: list[Object] = field(default_factory=list)
    children: "dict[str, Folder]" = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the prefix; the bucket's name at the top."""
        return self.prefix.rstrip("/").rpartition("/")[2] or self.bucket

    @property
    def location(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def level(self) -> int:
        """1 is the bucket."""
        return 1 + self.prefix.count("/")

    def below(self) -> "Iterator[Folder]":
        """This folder and all below that have objects."""
        if self.objects:
            yield self
        for child in self.children.values():
            yield from child.below()

    def all_objects(self) -> list[Object]:
        return [each for folder in self.below() for each in folder.objects]


def split(path: str) -> tuple[str, str]:
    """``s3://bucket/key`` -> bucket and key."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key


def read(layout: Layout, path: str, exclusions: Iterable[str]) -> Folder:
    """What lies under an ``s3://`` path, or is the object of that name. Empty objects are left
    out, and those whose name begins with ``_`` or ``.``, which Athena does not read either.
    """
    bucket, prefix = split(path)
    patterns = [globs.compiled(pattern) for pattern in exclusions]
    is_object = prefix and not prefix.endswith("/") and layout.object_path(bucket, prefix).is_file()
    base = prefix.rpartition("/")[0] if is_object else prefix.rstrip("/")
    root = Folder(bucket, f"{base}/" if base else "")
    cut = len(root.prefix)
    for found in layout.list(bucket, prefix if is_object else root.prefix):
        below = found.key[cut:]
        if found.size == 0 or (is_object and found.key != prefix) or _is_hidden(below):
            continue
        if not any(pattern.fullmatch(below) for pattern in patterns):
            folder = _folder(root, below)
            folder.objects.append(Object(found.key, found.path, found.size))
    return root


def _is_hidden(below: str) -> bool:
    parts = below.split("/")
    return parts[-1].endswith("_$folder$") or any(part[:1] in ("_", ".") for part in parts)


def _folder(root: Folder, below: str) -> Folder:
    folder = root
    for name in below.split("/")[:-1]:
        if name not in folder.children:
            folder.children[name] = Folder(root.bucket, f"{folder.prefix}{name}/")
        folder = folder.children[name]
    return folder
