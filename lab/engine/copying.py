"""Writes the rows of a query as files and puts them in place: one COPY, then names, then all files
at once.

DuckDB writes Parquet and text; ORC and Avro are made from Parquet. Everything is made in the
statement's own folder, so that a failure leaves nothing. Source: Amazon Athena User Guide, "CTAS
and INSERT INTO to work around the 100 partition limit".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import datetime as dt
import random
import string
import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import duckdb

from lab.engine import avro, buckets, commits, encoding, orc, types
from lab.engine.catalog import Column, Objects, Table
from lab.engine.compression import WRITERS, pack
from lab.engine.errors import Cancelled, QueryError
from lab.engine.hive_paths import HIVE_NULL, partition_name
from lab.engine.output_format import OutputFormat
from lab.engine.run import Job, execute, translated
from lab.engine.types import quote
from lab.engine.udfs import Registry

MAX_WRITERS = 100
BUCKET = "$bucket"
LOOK_SECONDS = 0.2
HANDS = 2
TOO_MANY = QueryError(
    "HIVE_TOO_MANY_OPEN_PARTITIONS",
    f"Exceeded limit of {MAX_WRITERS} open writers for partitions/buckets",
)


@dataclass(frozen=True, slots=True)
class Target:
    """The table to write to, and how; ``places`` are the locations of the partitions that exist.
    UNLOAD writes to a table that no catalogue holds.
    """

    table: Table
    output: OutputFormat
    places: Mapping[tuple[str, ...], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is ready: the values of its partition and the number of its bucket."""

    path: Path
    values: tuple[str, ...]
    bucket: int | None


def write(
    job: Job, target: Target, sql: str, objects: Objects, functions: Registry
) -> tuple[list[str], int]:
    """Write the rows that ``sql`` selects, all columns by name; the URIs of the new files and the
    number of rows. HIVE_TOO_MANY_OPEN_PARTITIONS beyond 100 partitions (times buckets).
    """
    root = job.staging.path()
    text = _statement(target, sql, root)
    functions.require(job.cursor, text)
    try:
        count = _copy(job, text, root, _levels(target.table))
    except QueryError as error:
        if error.name == "EXCEEDED_LOCAL_MEMORY_LIMIT":
            _check_count(job, target.table, sql)
        raise
    if not count:
        return [], 0
    files = [_finished(job, target, one) for one in _found(target.table, root)]
    return _commit(job, target, files, objects), count


def _levels(table: Table) -> int:
    return len(table.partition_keys) + bool(table.bucket_count)


def _statement(target: Target, sql: str, root: Path) -> str:
    """One COPY: into a file, or into a folder of folders."""
    table = target.table
    columns = encoding.columns(target.output, table)
    columns += [f"{_key_text(key)} AS {quote(key.name.lower())}" for key in table.partition_keys]
    columns += [f"{buckets.bucket(table)} AS {quote(BUCKET)}"] if table.bucket_count else []
    options = encoding.options(target.output, table)
    if _levels(table):
        keys = [quote(key.name.lower()) for key in table.partition_keys]
        keys += [quote(BUCKET)] if table.bucket_count else []
        options += f", PARTITION_BY ({', '.join(keys)})"
    return (
        f"COPY (SELECT {', '.join(columns)} FROM ({sql}) AS q) TO {types.text(str(root))}"
        f" ({options})"
    )


def _copy(job: Job, text: str, root: Path, levels: int) -> int:
    job.check()
    with _Watch(job, root, levels) as watch:
        try:
            with translated(job):
                copied = job.cursor.execute(text).fetchall()
        except (QueryError, Cancelled):
            if watch.exceeded:
                raise TOO_MANY from None
            raise
    return int(copied[0][0])


def _check_count(job: Job, table: Table, sql: str) -> None:
    """Very many partitions can exhaust memory before a single folder is made."""
    keys = [_key_text(key) for key in table.partition_keys]
    keys += [buckets.bucket(table)] if table.bucket_count else []
    if keys:
        limit = f"LIMIT {MAX_WRITERS + 1}"
        found = execute(job, f"SELECT DISTINCT {', '.join(keys)} FROM ({sql}) AS q {limit}")
        if len(found) > MAX_WRITERS:
            raise TOO_MANY


def _key_text(key: Column) -> str:
    return f"nullif(CAST({quote(key.name.lower())} AS VARCHAR), '')"


class _Watch:
    """Stops a COPY that makes more folders than it may, while it makes them."""

    def __init__(self, job: Job, root: Path, levels: int) -> None:
        self.exceeded = False
        self._cursor: duckdb.DuckDBPyConnection = job.cursor
        self._root, self._levels = root, levels
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True) if levels else None

    def __enter__(self) -> "_Watch":
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            if _exceeds(self._root, self._levels):
                self.exceeded = True
                self._cursor.interrupt()
                return


def _exceeds(root: Path, levels: int) -> bool:
    return sum(1 for _ in zip(range(MAX_WRITERS + 1), _leaves(root, levels), strict=False)) > (
        MAX_WRITERS
    )


def _leaves(root: Path, levels: int) -> "list[Path]":
    return list(root.glob("/".join("*" * levels)))


def _found(table: Table, root: Path) -> list[Written]:
    """The files that the COPY left, with what their folders say."""
    levels = _levels(table)
    if not levels:
        return [Written(root, (), None)]
    if _exceeds(root, levels):
        raise TOO_MANY
    files = []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        folders = path.relative_to(root).parts[:-1]
        values = [unquote(folder.split("=", 1)[1]) for folder in folders]
        bucket = int(values.pop()) if table.bucket_count else None
        files.append(Written(path, tuple(map(_partition_value, values)), bucket))
    return files


def _partition_value(value: str) -> str:
    if value != HIVE_NULL and not (value.isascii() and value.isprintable()):
        shown = " ".join(f"{byte:02X}" for byte in value.encode())
        raise QueryError(
            "HIVE_INVALID_PARTITION_VALUE",
            "Hive partition keys can only contain printable ASCII characters (0x20 - 0x7E)."
            f" Invalid value: {shown}",
        )
    return value


def _finished(job: Job, target: Target, one: Written) -> Written:
    """The file in its final format."""
    output, check = target.output, job.staging.check
    if output.form == "PARQUET" or (output.is_text and output.codec in encoding.NATIVE_CODECS
                                    and output.level is None):  # fmt: skip
        return one
    path = job.staging.path()
    if output.form == "ORC":
        orc.write(one.path, path, output.codec, check)
    elif output.form == "AVRO":
        avro.write(one.path, path, target.table, output.codec, check)
    else:
        assert output.codec in WRITERS
        pack(one.path, output.codec, path, check, output.level)
    one.path.unlink()
    return Written(path, one.values, one.bucket)


def _commit(job: Job, target: Target, files: list[Written], objects: Objects) -> list[str]:
    """Put all files in place while nobody lists any, or none of them."""
    statement = _statement_name()
    uris = [_uri(target, one, statement) for one in files]
    placed: list[str] = []

    def place(uri: str, one: Written) -> None:
        objects.adopt(uri, one.path, "application/octet-stream")
        placed.append(uri)

    job.check()
    # Each file is read for its digest, which leaves the interpreter to others meanwhile.
    with commits.WRITING, ThreadPoolExecutor(HANDS) as hands:
        placing = [hands.submit(place, uri, one) for uri, one in zip(uris, files, strict=True)]
        try:
            for each in placing:
                each.result()
        except BaseException:
            hands.shutdown(cancel_futures=True)
            objects.remove(placed)
            raise
    return uris


def _uri(target: Target, one: Written, statement: str) -> str:
    table = target.table
    folder = (target.places.get(one.values) or table.location).rstrip("/") + "/"
    if one.values and one.values not in target.places:
        folder += partition_name(table, one.values) + "/"
    name = f"{statement}_{uuid.uuid4()}"
    if one.bucket is not None:
        name = f"{one.bucket:06d}_0_{statement}"
    return f"{folder}{name}{target.output.suffix}"


def _statement_name() -> str:
    """How Athena calls a statement in names of files: time, number, five letters."""
    letters = "".join(random.choices(string.ascii_lowercase + string.digits, k=5))  # noqa: S311  a name
    moment = dt.datetime.now(dt.UTC)
    return f"{moment:%Y%m%d_%H%M%S}_{random.randrange(100_000):05d}_{letters}"  # noqa: S311  a name
