"""How Hive, and Athena with it, writes a table down: columns padded to 20 characters, sections with
headings, and the one line of DESCRIBE EXTENDED.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace

from lab.engine.catalog import Column, Partition, Table

WIDTH = 20
BLANK = "\t \t "
HEADING = "# col_name            \tdata_type           \tcomment             "
OWNER = "hadoop"
# SerDes that Hive asks for the columns: they know of no comments.
DESERIALIZERS = (
    "org.openx.data.jsonserde.JsonSerDe",
    "org.apache.hive.hcatalog.data.JsonSerDe",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde",
)


def padded(text: str) -> str:
    return text.ljust(WIDTH)


def line(*parts: str) -> str:
    return "\t".join(map(padded, parts))


def shown_columns(table: Table) -> tuple[Column, ...]:
    """The columns without the partition keys, with the comments that Hive knows."""
    if table.serde in DESERIALIZERS:
        return tuple(replace(column, comment="from deserializer") for column in table.columns)
    return table.columns


def described(table: Table) -> list[str]:
    """The columns, then those among them that are partition keys once more."""
    lines = _columns(shown_columns(table) + table.partition_keys)
    return lines + _keys(table)


def _columns(columns: Iterable[Column]) -> list[str]:
    """A comment ends where its first tab is."""
    return [line(c.name, c.type, (c.comment or "").split("\t")[0]) for c in columns]


def _keys(table: Table) -> list[str]:
    if not table.partition_keys:
        return []
    title = "# Partition Information\t \t "
    return [BLANK, title, HEADING, BLANK, *_columns(table.partition_keys)]


def formatted(table: Table, part: Partition | None) -> list[str]:
    """DESCRIBE FORMATTED, of the table or of one partition."""
    return [
        HEADING,
        BLANK,
        *_columns(shown_columns(table)),
        *_keys(table),
        BLANK,
        *(_partition(table, part) if part else _table(table)),
        BLANK,
        *_storage(table),
    ]


def _table(table: Table) -> list[str]:
    return [
        "# Detailed Table Information\t \t ",
        _fact("Database:", table.database),
        _fact("Owner:", table.owner or OWNER),
        _fact("CreateTime:", _date(table.created)),
        _fact("LastAccessTime:", "UNKNOWN"),
        _fact("Retention:", "0"),
        _fact("Location:", table.location),
        _fact("Table Type:", "EXTERNAL_TABLE"),
        "Table Parameters:\t \t ",
        *_pairs(table.parameters),
    ]


def _partition(table: Table, part: Partition) -> list[str]:
    return [
        "# Detailed Partition Information\t \t ",
        _fact("Partition Value:", f"[{', '.join(part.values)}]"),
        _fact("Database:", table.database),
        _fact("Table:", table.name),
        _fact("LastAccessTime:", "UNKNOWN"),
        _fact("Location:", part.location),
    ]


def _storage(table: Table) -> list[str]:
    return [
        "# Storage Information\t \t ",
        _fact("SerDe Library:", table.serde),
        _fact("InputFormat:", table.input_format),
        _fact("OutputFormat:", table.output_format),
        _fact("Compressed:", "No"),
        _fact("Num Buckets:", str(table.bucket_count or -1)),
        _fact("Bucket Columns:", f"[{', '.join(table.bucketed_by)}]"),
        _fact("Sort Columns:", "[]"),
        "Storage Desc Params:\t \t ",
        *_pairs(table.serde_parameters),
    ]


def _fact(name: str, value: str) -> str:
    return f"{padded(name)}\t{padded(value)}\t "


def _pairs(given: Mapping[str, str]) -> list[str]:
    return [f"\t{padded(key)}\t{padded(given[key])}" for key in sorted(given)]


def _date(seconds: float | None) -> str:
    if seconds is None:
        return "UNKNOWN"
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def extended(table: Table, part: Partition | None) -> list[str]:
    """DESCRIBE EXTENDED: all of it in one line, in the words of Hive's metastore."""
    created = int(table.created or 0)
    times = f"createTime:{created}, lastAccessTime:0"
    if part:
        values = ", ".join(part.values)
        text = (
            f"Detailed Partition Information\tPartition(values:[{values}], dbName:{table.database},"
            f" tableName:{table.name}, {times}, sd:{_descriptor(table, part.location)},"
            f" parameters:{{}})"
        )
    else:
        text = (
            f"Detailed Table Information\tTable(tableName:{table.name}, dbName:{table.database},"
            f" owner:{table.owner or OWNER}, {times}, retention:0,"
            f" sd:{_descriptor(table, table.location)},"
            f" partitionKeys:{_fields(table.partition_keys)}, parameters:{_map(table.parameters)},"
            f" viewOriginalText:null, viewExpandedText:null, tableType:EXTERNAL_TABLE)"
        )
    return [BLANK, f"{text}\t"]


def _descriptor(table: Table, location: str) -> str:
    serde = f"serializationLib:{table.serde}, parameters:{_map(table.serde_parameters)}"
    return (
        f"StorageDescriptor(cols:{_fields(table.all_columns)}, location:{location},"
        f" inputFormat:{table.input_format}, outputFormat:{table.output_format},"
        f" compressed:false, numBuckets:{table.bucket_count or -1},"
        f" serdeInfo:SerDeInfo(name:null, {serde}),"
        f" bucketCols:[{', '.join(table.bucketed_by)}], sortCols:[], parameters:{{}},"
        f" skewedInfo:SkewedInfo(skewedColNames:[], skewedColValues:[],"
        f" skewedColValueLocationMaps:{{}}), storedAsSubDirectories:false)"
    )


def _fields(columns: Iterable[Column]) -> str:
    parts = (
        f"FieldSchema(name:{c.name}, type:{c.type}, comment:{c.comment or 'null'})" for c in columns
    )
    return f"[{', '.join(parts)}]"


def _map(given: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{key}={given[key]}' for key in sorted(given))}}}"
