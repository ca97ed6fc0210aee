"""Tables of the Data Catalog as records: partitions chosen, columns typed.

Source: AWS Glue Developer Guide, "Managing partitions for ETL output in AWS Glue".
"""

from functools import reduce
from typing import Any

from awsglue import _catalog, _files
from awsglue._bookmarks import BOOKMARKS, Object
from awsglue._edits import quoted
from awsglue.dynamicframe import DynamicFrame
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

NUMBERS = (
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "boolean",
    "date",
    "timestamp",
)
GLUE_NAMES = {"bigint": "long", "tinyint": "byte", "smallint": "short"}


class TableReader:
    """Reads one table."""

    def __init__(self, context: Any, table: dict[str, Any], name: str) -> None:
        self._context = context
        self._table = table
        self._name = name
        self._keys = table.get("PartitionKeys") or []

    def read(self, predicate: str, expression: str | None, bookmark: str) -> DynamicFrame:
        """``predicate`` is Spark's SQL over the partition keys, ``expression`` Glue's."""
        found = BOOKMARKS.fresh(bookmark, self._objects(predicate, expression))
        if not found:
            return DynamicFrame(self._empty(), self._context, self._name)
        groups: dict[tuple[str, ...], list[Object]] = {}
        for each in found:
            groups.setdefault(each.partition, []).append(each)
        frames = [self._group(values, group) for values, group in groups.items()]
        whole = reduce(lambda one, other: one.union(other), frames)
        return self._typed(whole) if self._is_csv else whole

    @property
    def _is_csv(self) -> bool:
        return _catalog.format_of(self._table) == "csv"

    def _objects(self, predicate: str, expression: str | None) -> list[Object]:
        if not self._keys:
            return _files.objects(self._table["StorageDescriptor"]["Location"])
        partitions = self._context.catalog.partitions(self._table, expression)
        if predicate:
            partitions = self._chosen(partitions, predicate)
        return [
            each
            for partition in partitions
            for each in _files.objects(
                _folder(partition["StorageDescriptor"]["Location"]),
                partition=tuple(partition["Values"]),
            )
        ]

    def _chosen(self, partitions: list[dict[str, Any]], predicate: str) -> list[dict[str, Any]]:
        """Those for which the predicate holds, which Spark says itself."""
        if not partitions:
            return []
        rows = [(place, *each["Values"]) for place, each in enumerate(partitions)]
        names = ["\x1fplace", *(key["Name"] for key in self._keys)]
        frame = self._context.spark_session.createDataFrame(rows, names)
        for key in self._keys:
            frame = frame.withColumn(key["Name"], f.col(quoted(key["Name"])).cast(key["Type"]))
        return [partitions[row[0]] for row in frame.filter(predicate).collect()]

    def _group(self, values: tuple[str, ...], group: list[Object]) -> DynamicFrame:
        names = [each["Name"] for each in self._columns] if self._is_csv else None
        form = _catalog.format_of(self._table)
        options = self._csv_options() if self._is_csv else {}
        read = _files.Reader(self._context, form, options, self._name).read(group, names)
        frame = read.toDF()
        for key, value in zip(self._keys, values, strict=True):
            frame = frame.withColumn(key["Name"], f.lit(value).cast(key["Type"]))
        return read._like(frame)

    @property
    def _columns(self) -> list[dict[str, str]]:
        return list(self._table["StorageDescriptor"].get("Columns") or [])

    def _csv_options(self) -> dict[str, Any]:
        parameters = {
            **self._table.get("Parameters", {}),
            **self._table["StorageDescriptor"].get("SerdeInfo", {}).get("Parameters", {}),
        }
        options: dict[str, Any] = {
            "separator": parameters.get("separatorChar") or parameters.get("field.delim") or ",",
            "skipFirst": parameters.get("skip.header.line.count", "0") != "0",
        }
        if "quoteChar" in parameters:
            options["quoteChar"] = parameters["quoteChar"]
        return options

    def _typed(self, whole: DynamicFrame) -> DynamicFrame:
        """Text as the types that the table declares. Where some of it is none, the column is a
        choice between the type and the text.
        """
        frame = whole.toDF()
        wanted = {each["Name"]: each["Type"] for each in self._columns if _is_number(each["Type"])}
        if not wanted:
            return whole
        bad = frame.agg(
            *(f.max(_is_other(name, kind)).alias(name) for name, kind in wanted.items())
        ).first()
        assert bad is not None
        choices = set()
        for name, kind in wanted.items():
            text = f.col(quoted(name))
            typed = _cast(name, kind)
            if bad[name]:
                member = GLUE_NAMES.get(kind, kind)
                typed = f.struct(
                    typed.alias(member),
                    f.when(_is_other(name, kind), text).alias("string"),
                )
                choices.add((name,))
            frame = frame.withColumn(name, typed)
        return whole._like(frame, choices)

    def _empty(self) -> DataFrame:
        fields = ", ".join(f"{quoted(c['Name'])} {c['Type']}" for c in self._columns + self._keys)
        session = self._context.spark_session
        schema = t._parse_datatype_string(fields) if fields else t.StructType([])
        return session.createDataFrame([], schema)


def _folder(location: str) -> str:
    return location.rstrip("/") + "/"


def _is_number(kind: str) -> bool:
    return kind in NUMBERS or kind.startswith("decimal")


def _cast(name: str, kind: str) -> Column:
    return f.trim(f.col(quoted(name))).cast(kind)


def _is_other(name: str, kind: str) -> Column:
    """Whether the text is there and none of that type."""
    return _cast(name, kind).isNull() & (f.col(quoted(name)) != "")
