"""ORC files: Arrow reads them for DuckDB, column by column and stripe by stripe, and writes them.

Columns are found by their place, as Athena does unless ``orc.column.index.access`` says otherwise.
What counts as scanned are the streams of the columns that are needed, in the stripes that their
statistics do not exclude. Source: Amazon Athena User Guide, "Handle schema updates", "ORC SerDe".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from collections.abc import Callable
from pathlib import Path

from lab.engine import orc_footer, types
from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError, unsupported
from lab.engine.footers import gone
from lab.engine.pruning import excluded
from lab.engine.staging import Staging
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

ORC_SERDE = "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
TEXTS = ("varchar", "char")
# Type in a table: the types in a file from which Athena reads it.
READABLE = {
    "boolean": ("BOOLEAN",),
    "tinyint": ("BYTE",),
    "smallint": ("BYTE", "SHORT"),
    "integer": ("BYTE", "SHORT", "INT"),
    "bigint": ("BYTE", "SHORT", "INT", "LONG"),
    "real": ("FLOAT",),
    "double": ("FLOAT", "DOUBLE"),
    "varchar": ("STRING", "VARCHAR", "CHAR"),
    "char": ("STRING", "VARCHAR", "CHAR"),
    "varbinary": ("BINARY",),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP", "TIMESTAMP_INSTANT"),
    "timestamp with time zone": ("TIMESTAMP_INSTANT",),
    "decimal": ("DECIMAL",),
    "array": ("LIST",),
    "map": ("MAP",),
    "row": ("STRUCT",),
}


def footer(file: StoredFile) -> orc_footer.Footer:
    """HIVE_CANNOT_OPEN_SPLIT when the file is gone or no ORC file."""
    try:
        return orc_footer.read(file.path, file.size, file.modified)
    except orc_footer.NotOrcError as error:
        if not file.path.exists():
            raise gone(file) from error
        raise _failed("HIVE_CANNOT_OPEN_SPLIT", file, str(error)) from error


def _failed(name: str, file: StoredFile, reason: str) -> QueryError:
    split = f"Error opening Hive split {file.uri} (offset=0, length={file.size})"
    return QueryError(name, f"{split}: {reason} [{file.uri}]")


def spellings(file: StoredFile) -> tuple[tuple[str, str], ...]:
    """The columns of a file, by name and kind."""
    return tuple((name, kind) for name, kind, _, _ in footer(file).columns)


def source(
    scan: Scan,
    files: list[StoredFile],
    found: tuple[tuple[str, str], ...],
    file_column: str,
    staging: Staging,
) -> str:
    """SELECT of the scan's columns from files that all have the columns ``found``."""
    import pyarrow.dataset

    places = _places(scan, tuple(name for name, _ in found))
    columns = []
    for column in scan.table.columns:
        name = column.name.lower()
        if name in scan.mentioned:
            kind = parse_type(column.type)
            if name in places:
                _check(*found[places[name]], kind, files[0])
            value = quote(found[places[name]][0]) if name in places else "NULL"
            columns.append(f"CAST({value} AS {types.duckdb(kind)}) AS {quote(name)}")
    selects = []
    for group in [[file] for file in files] if file_column else [files]:
        paths = [str(file.path) for file in group]
        data = staging.register(pyarrow.dataset.dataset(paths, format="orc"))
        constant = f"{types.text(paths[0])} AS {quote(file_column)}" if file_column else ""
        shown = ", ".join([*columns, constant] if constant else columns)
        selects.append(f"SELECT {shown or '1 AS one'} FROM {data}")
    return " UNION ALL ".join(selects)


def _places(scan: Scan, names: tuple[str, ...]) -> dict[str, int]:
    """The place in the file of each column of the table that the file has."""
    parameters = {key.lower(): value for key, value in scan.table.serde_parameters.items()}
    if parameters.get("orc.column.index.access", "true").lower() == "true":
        wanted = (column.name.lower() for column in scan.table.columns)
        return {name: place for place, name in enumerate(wanted) if place < len(names)}
    return {name.lower(): place for place, name in enumerate(names)}


def _check(name: str, stored: str, kind: types.Type, file: StoredFile) -> None:
    if stored == "UNION":
        raise unsupported(f"the union {name} of {file.key}")
    if stored not in READABLE.get(kind.name, ()):
        reason = (
            f"Malformed ORC file. Cannot read SQL type '{kind}' from ORC stream '.{name}' of type"
            f" {stored} with attributes {{}}"
        )
        raise _failed("HIVE_BAD_DATA", file, reason)


def bytes_needed(scan: Scan, file: StoredFile) -> int:
    """Bytes of the streams that the scan reads in this file."""
    known = footer(file)
    places = _places(scan, tuple(name for name, _, _, _ in known.columns))
    wanted: set[int] = set()
    for name in scan.columns:
        if name in places:
            _, _, first, last = known.columns[places[name]]
            wanted.update(range(first, last + 1))
    filters = [
        (known.columns[places[name]][2], symbol, value)
        for name, symbol, value in scan.filters
        if name in places
    ]
    return sum(
        size
        for stripe in known.stripes
        if not any(
            excluded(*stripe.ranges[column], symbol, value)
            for column, symbol, value in filters
            if column in stripe.ranges
        )
        for column, size in stripe.sizes.items()
        if column in wanted
    )


def write(source_path: Path, target: Path, codec: str, check: Callable[[], None]) -> None:
    """An ORC file of a Parquet file's rows."""
    import pyarrow as pa
    import pyarrow.orc
    import pyarrow.parquet

    rows = pyarrow.parquet.ParquetFile(source_path)
    with pyarrow.orc.ORCWriter(str(target), compression=codec) as writer:
        for batch in rows.iter_batches():
            check()
            writer.write(pa.Table.from_batches([batch]))
