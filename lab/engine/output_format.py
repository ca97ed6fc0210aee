"""How files are written: format, compression and level, from the properties of CTAS, UNLOAD and
tables, and what Athena refuses among them.

Source: Amazon Athena User Guide, "CTAS table properties", "UNLOAD", "Use Hive table compression",
"Use ZSTD compression levels".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.engine.avro import AVRO_SERDE
from lab.engine.catalog import Table
from lab.engine.delimited import LAZY_SIMPLE_SERDE
from lab.engine.errors import QueryError, unsupported
from lab.engine.open_csv import OPEN_CSV_SERDE
from lab.engine.orc import ORC_SERDE
from lab.engine.scan import JSON_SERDES, PARQUET_SERDE

TEXT_CODECS = {
    "GZIP": "gzip", "ZSTD": "zstd", "BZIP2": "bzip2", "SNAPPY": "snappy", "LZ4": "lz4",
    "NONE": "none",
}  # fmt: skip
# Format: Athena's word for a compression, and that of whoever writes it. The first is the default.
CODECS = {
    "PARQUET": {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "uncompressed"},
    "ORC": {
        "ZLIB": "zlib", "SNAPPY": "snappy", "LZ4": "lz4", "ZSTD": "zstd", "NONE": "uncompressed",
    },
    "AVRO": {
        "DEFLATE": "deflate", "SNAPPY": "snappy", "ZSTD": "zstandard", "BZIP2": "bzip2",
        "NONE": "null",
    },
    "JSON": TEXT_CODECS,
    "TEXTFILE": TEXT_CODECS,
}  # fmt: skip
SUFFIXES = {
    "gzip": ".gz", "zstd": ".zst", "bzip2": ".bz2", "snappy": ".snappy", "lz4": ".lz4", "none": "",
}  # fmt: skip
MOST_LEVEL = 22


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """``form`` and ``compression`` are Athena's words; ``level`` is Zstandard's, or None."""

    form: str
    compression: str
    level: int | None = None

    @property
    def codec(self) -> str:
        return CODECS[self.form][self.compression]

    @property
    def is_text(self) -> bool:
        return self.form in ("JSON", "TEXTFILE")

    @property
    def suffix(self) -> str:
        """What ends the names of files: only text shows its compression."""
        return SUFFIXES[self.codec] if self.is_text else ""


def output_format(given: Mapping[str, Any], compressions: tuple[str, ...]) -> OutputFormat:
    """From the properties of a statement; ``compressions`` are the names of the property that may
    say the compression. INVALID_TABLE_PROPERTY for a format that is none.
    """
    form = str(given.get("format", "PARQUET")).upper()
    if form == "ION":
        raise unsupported("format = 'ION'")
    if form not in CODECS:
        raise QueryError(
            "INVALID_TABLE_PROPERTY", f"Unable to set table property 'format' to [{form}]"
        )
    named = [str(given[name]) for name in compressions if name in given]
    return _checked(form, named[0] if named else "", given.get("compression_level"))


def of_table(table: Table) -> OutputFormat:
    """How INSERT INTO writes. NOT_SUPPORTED for a SerDe that only reads."""
    form = _form(table)
    found = {key.lower(): value for key, value in table.parameters.items()}
    named = next(
        (
            found[key]
            for key in ("write.compression", "write_compression", f"{form.lower()}.compression",
                        "orc.compress", "avro.output.codec", "compression")
            if key in found
        ), "",
    )  # fmt: skip
    return _checked(form, named, found.get("compression_level"))


def _form(table: Table) -> str:
    for serdes, form in (
        ((PARQUET_SERDE,), "PARQUET"),
        ((ORC_SERDE,), "ORC"),
        ((AVRO_SERDE,), "AVRO"),
        (JSON_SERDES, "JSON"),
        ((LAZY_SIMPLE_SERDE, OPEN_CSV_SERDE), "TEXTFILE"),
    ):
        if table.serde in serdes:
            return form
    raise unsupported(f"INSERT INTO a table of {table.serde}")


def _checked(form: str, compression: str, level: Any) -> OutputFormat:
    compression = compression.upper() or next(iter(CODECS[form]))
    compression = {"UNCOMPRESSED": "NONE"}.get(compression, compression)
    if compression not in CODECS[form]:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"Compression codec {compression} is not supported for format {form}",
        )
    if level is None:
        return OutputFormat(form, compression)
    if compression != "ZSTD" or form == "AVRO":
        raise QueryError(
            "INVALID_TABLE_PROPERTY", "compression_level is supported only for ZSTD compression"
        )
    if not str(level).isdecimal() or not 1 <= int(level) <= MOST_LEVEL:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"compression_level must be between 1 and {MOST_LEVEL}, not {level}",
        )
    return OutputFormat(form, compression, int(level))
