"""The transforms as classes, as scripts that AWS generates use them:
``ApplyMapping.apply(frame=..., mappings=...)``.

Source: AWS Glue Developer Guide, "AWS Glue PySpark transforms reference".
"""

from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from pyspark.sql import types as t

__all__ = (
    "ApplyMapping",
    "DropFields",
    "DropNullFields",
    "Filter",
    "Join",
    "Map",
    "Relationalize",
    "RenameField",
    "ResolveChoice",
    "SelectFields",
    "SelectFromCollection",
    "SplitFields",
    "Unbox",
    "UnnestFrame",
)


class GlueTransform:
    """``Transform.apply(frame=..., ...)`` and ``Transform()(frame=..., ...)``."""

    method = ""

    @classmethod
    def apply(cls, *given: Any, **named: Any) -> Any:
        return cls()(*given, **named)

    def __call__(self, frame: DynamicFrame, *given: Any, **named: Any) -> Any:
        named.pop("transformation_ctx", None)
        return getattr(frame, self.method)(*given, **named)


class ApplyMapping(GlueTransform):
    method = "apply_mapping"


class DropFields(GlueTransform):
    method = "drop_fields"


class Filter(GlueTransform):
    method = "filter"


class Map(GlueTransform):
    method = "map"


class Relationalize(GlueTransform):
    """The argument that is ``root_table_name`` of the method is ``name`` here."""

    method = "relationalize"

    def __call__(self, frame: DynamicFrame, *given: Any, **named: Any) -> Any:
        if "name" in named:
            named["root_table_name"] = named.pop("name")
        return super().__call__(frame, *given, **named)


class RenameField(GlueTransform):
    """``old_name`` and ``new_name``."""

    def __call__(self, frame: DynamicFrame, old_name: str, new_name: str, **_: Any) -> DynamicFrame:
        return frame.rename_field(old_name, new_name)


class ResolveChoice(GlueTransform):
    method = "resolveChoice"


class SelectFields(GlueTransform):
    method = "select_fields"


class SplitFields(GlueTransform):
    method = "split_fields"


class Unbox(GlueTransform):
    method = "unbox"


class UnnestFrame(GlueTransform):
    method = "unnest"


class Join(GlueTransform):
    """``frame1``, ``frame2``, ``keys1``, ``keys2``."""

    def __call__(  # type: ignore[override] # AWS's signature
        self, frame1: DynamicFrame, frame2: DynamicFrame, keys1: Any, keys2: Any, **_: Any
    ) -> DynamicFrame:
        return frame1.join(keys1, keys2, frame2)


class SelectFromCollection(GlueTransform):
    """``dfc`` and ``key``."""

    def __call__(  # type: ignore[override] # AWS's signature
        self, dfc: DynamicFrameCollection, key: str, **_: Any
    ) -> DynamicFrame:
        return dfc.select(key)


class DropNullFields(GlueTransform):
    """Without the fields that were null in every record."""

    def __call__(self, frame: DynamicFrame, **_: Any) -> DynamicFrame:
        fields = frame.schema().fields
        return frame.drop_fields(
            [f"`{each.name}`" for each in fields if each.dataType == t.NullType()]
        )
