"""CREATE EXTERNAL TABLE. Source: Amazon Athena User Guide, "CREATE TABLE"."""

from dataclasses import dataclass, field

from sqlglot.tokenizer_core import TokenType

from lab.engine import statements as s
from lab.engine.catalog import Column, Table
from lab.engine.errors import QueryError, unsupported
from lab.engine.reader import Reader
from lab.engine.type_text import parse_type

HADOOP = "org.apache.hadoop."
HIVE_IO = f"{HADOOP}hive.ql.io."
LAZY_SIMPLE = f"{HADOOP}hive.serde2.lazy.LazySimpleSerDe"
TEXT_INPUT = f"{HADOOP}mapred.TextInputFormat"
TEXT_OUTPUT = f"{HIVE_IO}HiveIgnoreKeyTextOutputFormat"
NO_LOCATION = "No location was specified for table. An S3 location must be specified"
# Format -> SerDe, input format, output format.
FORMATS = {
    "TEXTFILE": (LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT),
    "PARQUET": (
        f"{HIVE_IO}parquet.serde.ParquetHiveSerDe",
        f"{HIVE_IO}parquet.MapredParquetInputFormat",
        f"{HIVE_IO}parquet.MapredParquetOutputFormat",
    ),
    "ORC": (
        f"{HIVE_IO}orc.OrcSerde", f"{HIVE_IO}orc.OrcInputFormat", f"{HIVE_IO}orc.OrcOutputFormat",
    ),
    "AVRO": (
        f"{HADOOP}hive.serde2.avro.AvroSerDe",
        f"{HIVE_IO}avro.AvroContainerInputFormat",
        f"{HIVE_IO}avro.AvroContainerOutputFormat",
    ),
    "JSON": ("org.openx.data.jsonserde.JsonSerDe", TEXT_INPUT, TEXT_OUTPUT),
}  # fmt: skip


@dataclass(slots=True)
class Storage:
    """How a table's files are read, as the clauses say so far."""

    serde: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    input_format: str = ""
    output_format: str = ""


def create_table(reader: Reader) -> s.CreateTable:
    """What follows CREATE EXTERNAL TABLE."""
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.name()
    reader.expect("(")
    found = columns(reader)
    comment = reader.string() if reader.accept("COMMENT") else None
    keys: tuple[Column, ...] = ()
    if reader.accept("PARTITIONED", "BY"):
        reader.expect("(")
        keys = columns(reader)
    buckets, count = _clustered(reader) if reader.accept("CLUSTERED", "BY") else ((), 0)
    storage = Storage()
    _storage(reader, storage)
    location = reader.string() if reader.accept("LOCATION") else ""
    parameters = properties(reader) if reader.accept("TBLPROPERTIES") else {}
    reader.end()
    if not location:
        raise QueryError("SYNTAX_ERROR", NO_LOCATION)
    _check_names((*found, *keys))
    table = Table(
        database=name.database or "",
        name=name.table,
        columns=found,
        partition_keys=keys,
        location=location,
        serde=storage.serde,
        serde_parameters=storage.parameters,
        input_format=storage.input_format,
        output_format=storage.output_format,
        parameters={"EXTERNAL": "TRUE", **parameters},
        comment=comment,
        bucketed_by=buckets,
        bucket_count=count,
    )
    return s.CreateTable(table, if_not_exists)


def _clustered(reader: Reader) -> tuple[tuple[str, ...], int]:
    """``(column, ...) INTO n BUCKETS``; reading does not depend on it."""
    reader.expect("(")
    names = [reader.identifier()]
    while reader.accept(","):
        names.append(reader.identifier())
    reader.expect(")", "INTO")
    count = reader.next().text
    if not count.isdecimal():
        reader.place -= 1
        raise reader.error()
    reader.expect("BUCKETS")
    return tuple(names), int(count)


def _check_names(found: tuple[Column, ...]) -> None:
    names = [column.name for column in found]
    for name in names:
        if names.count(name) > 1:
            raise QueryError(
                "FAILED", f"SemanticException [Error 10036]: Duplicate column name: {name}"
            )


def columns(reader: Reader) -> tuple[Column, ...]:
    """``name type [COMMENT '...'], ...)``"""
    found = []
    while True:
        name = reader.identifier()
        kind = column_type(reader)
        found.append(Column(name, kind, reader.string() if reader.accept("COMMENT") else None))
        if reader.accept(")"):
            return tuple(found)
        reader.expect(",")


def column_type(reader: Reader) -> str:
    """The text of a type, without blanks and in lower case; TYPE_NOT_FOUND if there is no such
    type.
    """
    text, depth = "", 0
    while (token := reader.token) is not None:
        if depth == 0 and text and token.text not in "<(":
            break
        opening, closing = (
            token.text.count("<") + token.text.count("("),
            token.text.count(">") + token.text.count(")"),
        )
        if closing > depth + opening:
            raise reader.error()
        depth += opening - closing
        text += token.text.lower()
        reader.place += 1
        if token.token_type == TokenType.STRING:
            raise reader.error()
    parse_type(text)
    return {"integer": "int"}.get(text, text)


def properties(reader: Reader) -> dict[str, str]:
    """``('key' = 'value', ...)``"""
    reader.expect("(")
    found: dict[str, str] = {}
    while True:
        key = reader.string()
        reader.expect("=")
        found[key] = reader.string()
        if reader.accept(")"):
            return found
        reader.expect(",")


def _storage(reader: Reader, storage: Storage) -> None:
    if reader.accept("ROW", "FORMAT"):
        if reader.accept("SERDE"):
            storage.serde = reader.string()
            if reader.accept("WITH", "SERDEPROPERTIES"):
                storage.parameters = properties(reader)
        else:
            reader.expect("DELIMITED")
            _delimited(reader, storage)
    name = "TEXTFILE"
    if reader.accept("STORED", "AS"):
        if reader.accept("INPUTFORMAT"):
            storage.input_format = reader.string()
            reader.expect("OUTPUTFORMAT")
            storage.output_format = reader.string()
            storage.serde = storage.serde or LAZY_SIMPLE
            return
        name = reader.identifier().upper()
    if name not in FORMATS:
        raise unsupported(f"STORED AS {name}")
    serde, storage.input_format, storage.output_format = FORMATS[name]
    if not storage.serde:
        storage.serde = serde
        if serde == LAZY_SIMPLE or name != "TEXTFILE":
            storage.parameters.setdefault(
                "serialization.format", storage.parameters.get("field.delim", "1")
            )


def _delimited(reader: Reader, storage: Storage) -> None:
    storage.serde = LAZY_SIMPLE
    while True:
        if reader.accept("FIELDS", "TERMINATED", "BY"):
            storage.parameters["field.delim"] = unescaped(reader.string())
        elif reader.accept("ESCAPED", "BY"):
            storage.parameters["escape.delim"] = unescaped(reader.string())
        elif reader.accept("LINES", "TERMINATED", "BY"):
            storage.parameters["line.delim"] = unescaped(reader.string())
            if storage.parameters["line.delim"] != "\n":
                raise unsupported("LINES TERMINATED BY anything but a newline")
        elif reader.accept("NULL", "DEFINED", "AS"):
            storage.parameters["serialization.null.format"] = reader.string()
        elif reader.accept("COLLECTION", "ITEMS", "TERMINATED", "BY"):
            # Hive's own spelling, which the catalogue keeps.
            storage.parameters["colelction.delim"] = unescaped(reader.string())
        elif reader.accept("MAP", "KEYS", "TERMINATED", "BY"):
            storage.parameters["mapkey.delim"] = unescaped(reader.string())
        else:
            break
    storage.parameters["serialization.format"] = storage.parameters.get("field.delim", "1")


def unescaped(text: str) -> str:
    """The one character that ``\\t``, ``\\001`` or a character itself stands for."""
    if text.startswith("\\") and text[1:].isdigit():
        return chr(int(text[1:], 8))
    return {"\\t": "\t", "\\n": "\n", "\\\\": "\\"}.get(text, text)
