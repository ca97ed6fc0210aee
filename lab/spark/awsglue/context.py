"""GlueContext: where records come from and where they go.

Source: AWS Glue Developer Guide, "GlueContext class".
"""

# ruff: noqa: N802, N803, PLR0913, PLR0917 - AWS's names and signatures.
from functools import cached_property
from typing import Any

from awsglue import _files
from awsglue._bookmarks import BOOKMARKS
from awsglue._catalog import Catalog
from awsglue._refusals import NotInTheLabError, check
from awsglue._sinks import Sink
from awsglue._tables import TableReader
from awsglue.dynamicframe import DynamicFrame
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

S3_OPTIONS = (
    *("paths", "path", "recurse", "exclusions", "compressionType", "compression"),
    # What AWS does for speed with many small files, Spark does here without being asked.
    *("groupFiles", "groupSize", "useS3ListImplementation", "attachFilename", "maxBand"),
    "maxFilesInBand",
)
CATALOG_OPTIONS = (
    *("catalogPartitionPredicate", "groupFiles", "groupSize", "useS3ListImplementation"),
    *("recurse", "useCatalogSchema", "enableUpdateCatalog", "updateBehavior", "partitionKeys"),
)


class GlueContext:
    """``GlueContext(SparkContext.getOrCreate())``."""

    def __init__(self, sparkContext: SparkContext | SparkSession, **_: Any) -> None:
        if isinstance(sparkContext, SparkSession):
            self.spark_session = sparkContext
        else:
            self.spark_session = SparkSession(sparkContext)
        self.sparkContext = self._sc = self.spark_session.sparkContext
        self.catalog = Catalog()
        self.create_dynamic_frame = _FromReader(self)
        self.create_data_frame = _DataFrames(self)
        self.write_dynamic_frame = _Writer(self)
        self.write_data_frame = self.write_dynamic_frame

    @cached_property
    def read(self) -> Any:
        return self.spark_session.read

    def sql(self, query: str) -> DataFrame:
        return self.spark_session.sql(query)

    def get_logger(self) -> Any:
        """Of Java's logging: ``info``, ``warn``, ``error``."""
        jvm = self._sc._jvm
        assert jvm is not None
        return jvm.org.apache.log4j.LogManager.getLogger("GlueLogger")

    def getSource(self, connection_type: str, transformation_ctx: str = "", **options: Any) -> Any:
        del connection_type, transformation_ctx, options
        raise NotInTheLabError("getSource")

    def create_dynamic_frame_from_catalog(
        self,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: dict[str, Any] | None = None,
        catalog_id: str | None = None,
        **others: Any,
    ) -> DynamicFrame:
        del redshift_tmp_dir, catalog_id
        check("create_dynamic_frame.from_catalog", others, ("name_space",))
        given = check("from_catalog", additional_options, CATALOG_OPTIONS)
        table = self.catalog.table(database, table_name)
        reader = TableReader(self, table, transformation_ctx or table_name)
        expression = given.get("catalogPartitionPredicate")
        return reader.read(push_down_predicate, expression, transformation_ctx)

    def create_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **others: Any,
    ) -> DynamicFrame:
        check("create_dynamic_frame.from_options", others, ())
        if push_down_predicate:
            raise NotInTheLabError("push_down_predicate of from_options")
        if connection_type != "s3":
            raise NotInTheLabError(f"The connection type {connection_type}")
        given = check("the connection s3", connection_options, S3_OPTIONS)
        if "attachFilename" in given:
            raise NotInTheLabError("The option attachFilename of the connection s3")
        if not format:
            raise ValueError("from_options needs a format")
        paths = given.get("paths") or [given["path"]]
        recurse = str(given.get("recurse", False)).lower() == "true"
        found = [
            each
            for path in ([paths] if isinstance(paths, str) else paths)
            for each in _files.objects(path, recurse, _patterns(given.get("exclusions")))
        ]
        fresh = BOOKMARKS.fresh(transformation_ctx, found)
        if not fresh:
            empty = self.spark_session.createDataFrame([], "")
            return DynamicFrame(empty, self, transformation_ctx)
        reader = _files.Reader(self, format, format_options or {}, transformation_ctx)
        return reader.read(fresh)

    def create_dynamic_frame_from_rdd(self, data: Any, name: str, **_: Any) -> DynamicFrame:
        return DynamicFrame.of_records(data.map(_as_record), self, name)

    def getSink(
        self,
        connection_type: str,
        format: str | None = None,
        transformation_ctx: str = "",
        **options: Any,
    ) -> Sink:
        del transformation_ctx
        if connection_type != "s3":
            raise NotInTheLabError(f"A sink of the type {connection_type}")
        sink = Sink(self, options)
        if format:
            sink.setFormat(format)
        return sink

    def write_dynamic_frame_from_options(
        self,
        frame: DynamicFrame | DataFrame,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        **others: Any,
    ) -> DynamicFrame | DataFrame:
        check("write_dynamic_frame.from_options", others, ())
        if not format:
            raise ValueError("from_options needs a format")
        sink = self.getSink(connection_type, None, transformation_ctx, **(connection_options or {}))
        sink.setFormat(format, **(format_options or {}))
        return sink.writeFrame(frame)

    def write_dynamic_frame_from_catalog(
        self,
        frame: DynamicFrame | DataFrame,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: dict[str, Any] | None = None,
        catalog_id: str | None = None,
        **others: Any,
    ) -> DynamicFrame | DataFrame:
        del redshift_tmp_dir, transformation_ctx, catalog_id
        check("write_dynamic_frame.from_catalog", others, ("name_space",))
        given = check("from_catalog", additional_options, CATALOG_OPTIONS)
        return Sink.of_table(self, self.catalog.table(database, table_name), given).writeFrame(
            frame
        )

    def purge_s3_path(
        self, s3_path: str, options: dict[str, Any] | None = None, transformation_ctx: str = ""
    ) -> None:
        del transformation_ctx
        _files.purge(s3_path, options or {})


class _FromReader:
    """``create_dynamic_frame``."""

    def __init__(self, context: GlueContext) -> None:
        self.from_catalog = context.create_dynamic_frame_from_catalog
        self.from_options = context.create_dynamic_frame_from_options
        self.from_rdd = context.create_dynamic_frame_from_rdd


class _DataFrames:
    """``create_data_frame``."""

    def __init__(self, context: GlueContext) -> None:
        self._context = context

    def from_catalog(self, *given: Any, **named: Any) -> DataFrame:
        return self._context.create_dynamic_frame_from_catalog(*given, **named).toDF()

    def from_options(self, *given: Any, **named: Any) -> DataFrame:
        return self._context.create_dynamic_frame_from_options(*given, **named).toDF()


class _Writer:
    """``write_dynamic_frame``."""

    def __init__(self, context: GlueContext) -> None:
        self.from_options = context.write_dynamic_frame_from_options
        self.from_catalog = context.write_dynamic_frame_from_catalog

    def from_jdbc_conf(self, *_: Any, **__: Any) -> Any:
        raise NotInTheLabError("write_dynamic_frame.from_jdbc_conf")


def _patterns(given: Any) -> list[str]:
    """AWS takes a list, or a text of JSON."""
    import json

    return json.loads(given) if isinstance(given, str) else list(given or ())


def _as_record(row: Any) -> dict[str, Any]:
    return dict(row) if isinstance(row, dict) else row.asDict(recursive=True)
