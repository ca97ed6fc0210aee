"""Where the current object of a key lies on disk: ``<root>/<bucket>/<key>``, a plain file.

Pure: knows neither LocalStack nor AWS, so that the SQL engine reads the same files. It keeps no
state: the folder is the truth. What is no current object (older versions, parts, metadata) lies
outside of the bucket folders, in folders of ``root`` that begin with a dot, as no bucket can.

How a key becomes a path: it is split at ``/`` and each part is a file name as it is, except for
what a file system cannot hold. All escapes begin with ``%{``, so that ordinary percent signs
(``hour=10%3A00``) stay as they are.

==============================  =======================================  ==========================
in the key                      on disk                                  example
==============================  =======================================  ==========================
control characters, NUL, DEL    ``%{hex}``                               ``a\\t\\nb``: ``a%{090a}b``
the two characters ``%{``       ``%{25}{``                               ``%{x``: ``%{25}{x``
an empty part                   ``%{``                                   ``a//b``: ``a/%{/b``
a ``/`` at the end              likewise                                 ``a/``: ``a/%{``
the parts ``.`` and ``..``      ``%{2e}`` and ``%{2e2e}``                ``../x``: ``%{2e2e}/x``
a part of over 247 bytes        pieces; all but the last end in ``%{+}`` ``<start>%{+}/<rest>``
``a`` while ``a/b`` exists      ``a%{file}`` beside the folder ``a``
==============================  =======================================  ==========================

The mapping is one to one: a file name that no key is written to (say ``%{41}``) is no object.
No part can be ``.`` or ``..`` or hold ``/`` or NUL, so no key leads out of its bucket.
Source: "Naming Amazon S3 objects" (keys are at most 1,024 bytes of UTF-8).
"""

import builtins
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BESIDE_FOLDER = "%{file}"
CONTINUED = "%{+}"
# The longest escape that is appended is 7 bytes and file systems end names at 255.
NAME_LIMIT = 247

# Runs share an escape: so no path is over three times as long as its key, and 4,096 bytes hold it.
_UNSAFE = re.compile(r"(?:[\x00-\x1f\x7f]|%(?=\{)){1,100}")
_ESCAPE = re.compile(r"%\{([0-9a-f]+)\}")
_UNIT = re.compile(r"%\{[0-9a-f]+\}|.", re.DOTALL)
_EMPTY = "%{"
_WHOLE_PARTS = {"": _EMPTY, ".": "%{2e}", "..": "%{2e2e}"}


class ObjectFile(NamedTuple):
    """One object on disk. ``size`` is in bytes, ``modified`` in seconds since the epoch."""

    key: str
    path: Path
    size: int
    modified: float


class Entry(NamedTuple):
    """One object file as the walk finds it; ``size`` and ``modified_ns`` identify its content."""

    key: str
    path: str
    size: int
    modified_ns: int


class Layout:
    """The buckets under one root folder. It keeps nothing in memory, so any thread may use it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def bucket_path(self, bucket: str) -> Path:
        """The folder of ``bucket``; ValueError for a name that no bucket can have."""
        if not bucket or bucket.startswith(".") or "/" in bucket or "\0" in bucket:
            raise ValueError(f"{bucket!r} is not the name of a bucket.")
        return self.root / bucket

    def object_path(self, bucket: str, key: str) -> Path:
        """Where the current object of ``key`` is, or would be; ValueError for what is not UTF-8."""
        plain = _join(self.bucket_path(bucket), names_of(key))
        beside = plain + BESIDE_FOLDER
        return Path(beside if os.path.lexists(beside) or _is_folder(plain) else plain)

    def key_of(self, bucket: str, path: Path) -> str:
        """The key of the object file at ``path``; ValueError when no key is written there."""
        return key_of_names(path.relative_to(self.bucket_path(bucket)).parts)

    def list(self, bucket: str, prefix: str = "") -> "builtins.list[ObjectFile]":
        """The objects whose key begins with ``prefix``, by key in UTF-8 binary order."""
        found = [
            ObjectFile(key, Path(path), size, modified_ns / 1e9)
            for key, path, size, modified_ns in self.walk(bucket, prefix)
        ]
        # Code point order is UTF-8's binary order.
        found.sort(key=lambda file: file.key)
        return found

    def walk(
        self, bucket: str, prefix: str = "", strangers: "builtins.list[str] | None" = None
    ) -> Iterator[Entry]:
        """The same without order. What is no object (odd names, links) goes to ``strangers``."""
        base = str(self.bucket_path(bucket))
        head, slash, _ = prefix.rpartition("/")
        names = names_of(head) if slash else []
        folders = [(_join(base, names), head + slash, all(map(_is_plain, names)))]
        while folders:
            folder, key_prefix, plain = folders.pop()
            for entry in _entries(folder):
                if entry.is_dir(follow_symlinks=False):
                    below = _folder_prefix(key_prefix, entry.name)
                    if below.startswith(prefix) or prefix.startswith(below):
                        folders.append((entry.path, below, plain and _is_plain(entry.name)))
                elif (key := _entry_key(base, key_prefix, entry, plain)) is None:
                    if strangers is not None:
                        strangers.append(entry.path)
                elif key.startswith(prefix) and (status := _status(entry)):
                    yield Entry(key, entry.path, status.st_size, status.st_mtime_ns)

    def make_room(self, bucket: str, key: str) -> Path:
        """Make the folders above the object of ``key``; an object in the way steps aside."""
        path = self.object_path(bucket, key)
        if not os.path.isdir(os.path.dirname(path)):  # noqa: PTH112, PTH120 - as in _join
            # One by one, since keys may be deeper than Python recurses.
            for folder in reversed(path.parents):
                if self.root in folder.parents:
                    _make_folder(folder)
        return path

    def prune(self, bucket: str, path: Path) -> None:
        """Remove the folders above ``path`` that became empty; what stepped aside moves back."""
        base = self.bucket_path(bucket)
        folder = path.parent
        while folder != base and base in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            beside = folder.with_name(folder.name + BESIDE_FOLDER)
            if os.path.lexists(beside):
                beside.rename(folder)
                return
            folder = folder.parent


def names_of(key: str) -> list[str]:
    """The file names, from the bucket's folder down, that ``key`` is written as."""
    names: list[str] = []
    for part in key.split("/"):
        escaped = _WHOLE_PARTS.get(part) or _UNSAFE.sub(_escape, part)
        if len(escaped.encode()) <= NAME_LIMIT:
            names.append(escaped)
        else:
            names += _pieces(escaped)
    return names


def key_of_names(names: "tuple[str, ...]") -> str:
    """The inverse of :func:`names_of`; ValueError for names that it never gives."""
    plain = [*names[:-1], names[-1].removesuffix(BESIDE_FOLDER)]
    key = ""
    for name in plain[:-1]:
        key = _folder_prefix(key, name)
    key += _unescape(plain[-1])
    if names_of(key) != plain:
        raise ValueError(f"{'/'.join(names)!r} is not what any key is written as.")
    return key


def _escape(match: "re.Match[str]") -> str:
    return f"%{{{match[0].encode().hex()}}}"


def _unescape(name: str) -> str:
    if name == _EMPTY:
        return ""
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1]).decode("latin-1"), name)


def _pieces(escaped: str) -> list[str]:
    """Cut a long name between characters, never within an escape."""
    pieces = [""]
    size = 0
    for unit in _UNIT.findall(escaped):
        size += len(unit.encode())
        if size > NAME_LIMIT:
            pieces.append("")
            size = len(unit.encode())
        pieces[-1] += unit
    # What is left over may happen to be "." or "..", which are no file names.
    last = _WHOLE_PARTS.get(pieces[-1], pieces[-1])
    return [piece + CONTINUED for piece in pieces[:-1]] + [last]


def _folder_prefix(key_prefix: str, name: str) -> str:
    """What the keys below the folder ``name`` begin with."""
    if name.endswith(CONTINUED):
        return key_prefix + _unescape(name.removesuffix(CONTINUED))
    return key_prefix + _unescape(name) + "/"


def _join(folder: Path | str, names: list[str]) -> str:
    return os.path.join(folder, *names)  # noqa: PTH118 - Path is slow for what is done per object


def _is_plain(name: str) -> bool:
    """Whether a name surely stands for itself: at most 61 x 4 bytes without escapes."""
    return len(name) <= 61 and "%{" not in name and name.isprintable()


def _entry_key(
    base: str, key_prefix: str, entry: "os.DirEntry[str]", in_plain_folder: bool
) -> str | None:
    """The key of a directory entry, or None for what is no object."""
    if not entry.is_file(follow_symlinks=False):
        return None
    if in_plain_folder and _is_plain(entry.name):
        return key_prefix + entry.name
    try:
        return key_of_names(tuple(entry.path[len(base) + 1 :].split("/")))
    except ValueError:  # among them UnicodeEncodeError: names that are not UTF-8
        return None


def _entries(folder: str) -> "list[os.DirEntry[str]]":
    """The entries of a folder; none when it is not there, or no longer."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _status(entry: "os.DirEntry[str]") -> "os.stat_result | None":
    """Its size and time, or None when it was removed since the folder was read."""
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _make_folder(folder: Path) -> None:
    """Make one folder, giving an object that lies there the name that it has beside a folder."""
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError:
        if folder.is_symlink():
            raise
        folder.rename(folder.with_name(folder.name + BESIDE_FOLDER))
        folder.mkdir()
