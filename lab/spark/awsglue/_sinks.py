"""Where records go: files in S3, and with them a table of the Data Catalog.

Source: AWS Glue Developer Guide, "Creating tables, updating the schema, and adding new partitions
in the Data Catalog from AWS Glue ETL jobs".
"""

# ruff: noqa: N802, N803 - AWS's names.
from typing import Any

from awsglue import _catalog
from awsglue._edits import quoted
from awsglue._refusals import NotInTheLabError, check
from awsglue.dynamicframe import DynamicFrame
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t

OPTIONS = (
    *("path", "partitionKeys", "compression", "enableUpdateCatalog", "updateBehavior"),
    *("useGlueParquetWriter", "groupFiles"),
)
CSV_OPTIONS = {
    "separator": "sep",
    "quoteChar": "quote",
    "escaper": "escape",
    "writeHeader": "header",
}
FORMATS = ("parquet", "glueparquet", "json", "csv", "orc", "avro")


class Sink:
    """``getSink(...)``, ``setFormat``, ``setCatalogInfo``, ``writeFrame``."""

    def __init__(self, context: Any, options: dict[str, Any]) -> None:
        given = check("a sink of the type s3", options, OPTIONS)
        self._context = context
        self._path = str(given["path"])
        self._keys = list(given.get("partitionKeys") or [])
        self._compression = given.get("compression")
        self._updates = str(given.get("enableUpdateCatalog", False)).lower() == "true"
        self._behavior = given.get("updateBehavior", "UPDATE_IN_DATABASE")
        self._format = ""
        self._format_options: dict[str, Any] = {}
        self._table: tuple[str, str] | None = None

    @classmethod
    def of_table(cls, context: Any, table: dict[str, Any], given: dict[str, Any]) -> "Sink":
        """The sink of a table that is there."""
        keys = [key["Name"] for key in table.get("PartitionKeys") or []]
        options = {
            "path": table["StorageDescriptor"]["Location"],
            "partitionKeys": given.get("partitionKeys") or keys,
            "enableUpdateCatalog": given.get("enableUpdateCatalog", False),
            "updateBehavior": given.get("updateBehavior", "LOG"),
        }
        sink = cls(context, options)
        sink.setFormat(_catalog.format_of(table))
        sink.setCatalogInfo(table["DatabaseName"], table["Name"])
        return sink

    def setFormat(self, format: str, **options: Any) -> None:
        if format not in FORMATS:
            raise NotInTheLabError(f"The format {format}")
        known = (*CSV_OPTIONS, "useGlueParquetWriter", "compression", "version", "blockSize")
        self._format_options = check(f"the format {format}", options, known)
        self._format = format.removeprefix("glue")

    def setCatalogInfo(
        self, catalogDatabase: str, catalogTableName: str, catalogId: str = ""
    ) -> None:
        del catalogId
        self._table = (catalogDatabase, catalogTableName)

    def writeFrame(
        self, dynamic_frame: DynamicFrame | DataFrame, info: str = ""
    ) -> DynamicFrame | DataFrame:
        """Add the records to what is there; returns them."""
        del info
        given = dynamic_frame
        frame = _writable(given if isinstance(given, DataFrame) else given.toDF())
        if not frame.columns:
            return given
        writer = frame.write.mode("append").option(
            "mapreduce.fileoutputcommitter.marksuccessfuljobs", "false"
        )
        compression = self._compression or self._format_options.get("compression")
        if compression:
            writer = writer.option("compression", compression)
        if self._format == "csv":
            writer = writer.options(**self._csv())
        if self._keys:
            writer = writer.partitionBy(*self._keys)
            frame.persist()
        writer.format(self._format).save(self._path)
        if self._updates:
            self._keep(frame)
        return given

    write = writeFrame

    def _csv(self) -> dict[str, Any]:
        """A header unless it is asked not to have one, as AWS writes."""
        options = {
            CSV_OPTIONS[name]: value
            for name, value in self._format_options.items()
            if name in CSV_OPTIONS
        }
        return {"header": "true", **options}

    def _keep(self, frame: DataFrame) -> None:
        if self._table is None:
            raise ValueError("enableUpdateCatalog needs setCatalogInfo")
        catalog = self._context.catalog
        table = catalog.keep(
            self._table, frame.schema, self._keys, self._path, self._format, self._behavior
        )
        if self._keys:
            catalog.add_partitions(table, self._partitions(frame))

    def _partitions(self, frame: DataFrame) -> list[tuple[tuple[str, ...], str]]:
        """Values and folder of each partition that was written."""
        chosen = [f.col(quoted(key)).cast("string").alias(key) for key in self._keys]
        found = []
        for row in frame.select(*chosen).distinct().collect():
            values = tuple("__HIVE_DEFAULT_PARTITION__" if v in (None, "") else v for v in row)
            pairs = zip(self._keys, values, strict=True)
            folder = "/".join(f"{key}={_escaped(value)}" for key, value in pairs)
            found.append((values, f"{self._path.rstrip('/')}/{folder}/"))
        return sorted(found)


def _escaped(value: str) -> str:
    """As Spark names folders: Hive's escapes."""
    special = "\"#%'*/:=?\\\x7f{[]^"
    return "".join(
        f"%{ord(each):02X}" if each in special or ord(each) < 32 else each for each in value
    )


def _writable(frame: DataFrame) -> DataFrame:
    """Without what has no type, which no format can hold."""
    nothing = [each.name for each in frame.schema.fields if each.dataType == t.NullType()]
    return frame.drop(*nothing) if nothing else frame
