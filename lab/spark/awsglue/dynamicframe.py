"""DynamicFrame: records whose fields may each be of several types.

It stands on a Spark DataFrame. A field of several types, a choice, is there a structure with one
member per type, of which one is set: what AWS's ``toDF`` makes of it too.

Source: AWS Glue Developer Guide, "DynamicFrame class".
"""

# ruff: noqa: N802, N803 - AWS's names.
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from awsglue import _edits, _resolving
from awsglue._edits import Edit
from awsglue._inference import Path, Seen, plain, seen_in
from awsglue._refusals import NotInTheLabError, check_thresholds
from awsglue._shapes import flattened, leaves, schema_lines, within, without_nulls
from pyspark import RDD, StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as t


class DynamicRecord(dict[str, Any]):
    """A record, as functions of a script see it."""


class DynamicFrame:
    """``DynamicFrame(df, glue_ctx, name)``; ``choices`` are the paths of the fields that are
    choices.
    """

    def __init__(
        self,
        df: DataFrame,
        glue_ctx: Any,
        name: str = "",
        choices: Iterable[Path] = (),
        errors: int = 0,
    ) -> None:
        self._df = df
        self.glue_ctx = glue_ctx
        self.name = name
        self._errors = errors
        self._choices = frozenset(
            path for path in choices if isinstance(_edits.type_at(df.schema, path), t.StructType)
        )

    @staticmethod
    def fromDF(dataframe: DataFrame, glue_ctx: Any, name: str) -> "DynamicFrame":
        return DynamicFrame(dataframe, glue_ctx, name)

    @staticmethod
    def of_records(records: RDD[Any], glue_ctx: Any, name: str, errors: int = 0) -> "DynamicFrame":
        """Of dictionaries that have no schema yet."""
        seen = records.mapPartitions(lambda part: [seen_in(part)]).fold(Seen(), Seen.merge)
        if seen.fields is None:
            empty = glue_ctx.spark_session.createDataFrame([], t.StructType([]))
            return DynamicFrame(empty, glue_ctx, name, errors=errors)
        schema = seen.type()
        frame = glue_ctx.spark_session.createDataFrame(
            records.map(seen.convert), schema, verifySchema=False
        )
        return DynamicFrame(frame, glue_ctx, name, seen.choices(), errors)

    def _like(self, df: DataFrame, choices: Iterable[Path] | None = None) -> "DynamicFrame":
        kept = self._choices if choices is None else choices
        return DynamicFrame(df, self.glue_ctx, self.name, kept, self._errors)

    def toDF(self, options: Any = None) -> DataFrame:
        if options:
            raise NotInTheLabError("toDF with options")
        return self._df

    def schema(self) -> t.StructType:
        return self._df.schema

    def count(self) -> int:
        return self._df.count()

    def errorsCount(self) -> int:
        """How many records could not be read."""
        return self._errors

    stageErrorsCount = errorsCount  # noqa: N815 - AWS's name

    def assertErrorThreshold(self) -> None:
        """Records that fail in a transform end the job there."""

    def getNumPartitions(self) -> int:
        return self._df.rdd.getNumPartitions()

    def repartition(self, num_partitions: int, *_: Any, **__: Any) -> "DynamicFrame":
        return self._like(self._df.repartition(num_partitions))

    def coalesce(self, num_partitions: int, *_: Any, **__: Any) -> "DynamicFrame":
        return self._like(self._df.coalesce(num_partitions))

    def show(self, num_rows: int = 20) -> None:
        """Print records as JSON, without the fields that are null."""
        for row in self._df.take(num_rows):
            record = plain(row.asDict(recursive=True), self._choices)
            print(json.dumps(without_nulls(record), default=str))  # noqa: T201 - it shows

    def printSchema(self) -> None:
        lines = ["root", *schema_lines(self._df.schema, self._choices)]
        print("\n".join(lines))  # noqa: T201 - it shows

    def select_fields(self, paths: Sequence[str], *_: Any, **__: Any) -> "DynamicFrame":
        """Fields at the top, and those inside of structures, which stay inside."""
        whole = {path for text in _listed(paths) if (path := self._resolve(text))}
        edits = {path: _nothing for path in leaves(self._df.schema) if not within(path, whole)}
        return self._like(_edits.apply(self._df, edits))

    def drop_fields(self, paths: Sequence[str], *_: Any, **__: Any) -> "DynamicFrame":
        found = [path for text in _listed(paths) if (path := self._resolve(text))]
        return self._like(_edits.apply(self._df, dict.fromkeys(found, _nothing)))

    def rename_field(self, oldName: str, newName: str, *_: Any, **__: Any) -> "DynamicFrame":
        old = self._resolve(oldName)
        if old is None:
            return self
        new = _edits.parse(newName)
        if len(old) == len(new) and old[:-1] == new[:-1]:
            frame = _edits.apply(self._df, {old: lambda column, _: [(new[-1], column)]})
        elif len(new) == 1 and "[]" not in old:
            moved = self._df.withColumn(new[0], _edits.column_at(old))
            frame = _edits.apply(moved, {old: _nothing})
        else:
            raise NotInTheLabError(f"rename_field from {oldName} to {newName}")
        moved_choices = {
            (*new, *path[len(old) :]) if path[: len(old)] == old else path for path in self._choices
        }
        return self._like(frame, moved_choices)

    def apply_mapping(
        self, mappings: Sequence[Any], case_sensitive: bool = False, *_: Any, **__: Any
    ) -> "DynamicFrame":
        """``(source path, source type, target path, target type)``. What is not named goes; a
        source that is not there gives nothing.
        """
        del case_sensitive
        made: dict[str, Any] = {}
        choices: set[Path] = set()
        for mapping in mappings:
            source, target, wanted = _mapping(mapping)
            path = self._resolve(source)
            if path is None:
                continue
            column = _edits.column_at(path)
            if wanted is not None:
                column = _resolving.cast(column, self._type(path), wanted, path in self._choices)
            elif path in self._choices:
                choices.add(_edits.parse(target))
            _put(made, _edits.parse(target), column)
        columns = [_structured(inner).alias(name) for name, inner in made.items()]
        return self._like(self._df.select(*columns), choices)

    applyMapping = apply_mapping  # noqa: N815 - AWS's name

    def resolveChoice(
        self,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        *_: Any,
        **__: Any,
    ) -> "DynamicFrame":
        """Make choices single types: ``cast:type``, ``make_cols``, ``make_struct``,
        ``project:type`` for named fields or for all, ``match_catalog`` for all.
        """
        actions: dict[Path, str] = {}
        if choice == "match_catalog":
            actions = _resolving.of_catalog(self.glue_ctx, self._df.schema, database, table_name)
        elif choice:
            actions = dict.fromkeys(self._choices, choice)
        for text, action in specs or ():
            path = self._resolve(text)
            if path is not None:
                actions[path] = action
        edits: dict[Path, Edit] = {
            path: _resolving.edit(path, action, path in self._choices)
            for path, action in actions.items()
        }
        return self._like(_edits.apply(self._df, edits), self._choices - actions.keys())

    def map(self, f: Callable[[Any], Any], *_: Any, **options: Any) -> "DynamicFrame":
        """``f`` gets each record and returns one; the result is typed anew."""
        _thresholds(options)
        records = self._records().map(f).map(dict)
        return DynamicFrame.of_records(records, self.glue_ctx, self.name, self._errors)

    def filter(self, f: Callable[[Any], Any], *_: Any, **options: Any) -> "DynamicFrame":
        """The records for which ``f`` is true."""
        _thresholds(options)
        choices = self._choices

        def keeps(row: Any) -> bool:
            return bool(f(DynamicRecord(plain(row.asDict(recursive=True), choices))))

        rows = self._df.rdd.filter(keeps)
        return self._like(self._session.createDataFrame(rows, self._df.schema, verifySchema=False))

    def mapPartitions(self, f: Callable[[Any], Any], *_: Any, **options: Any) -> "DynamicFrame":
        _thresholds(options)
        records = self._records().mapPartitions(f).map(dict)
        return DynamicFrame.of_records(records, self.glue_ctx, self.name, self._errors)

    def _records(self) -> RDD[Any]:
        choices = self._choices
        return self._df.rdd.map(
            lambda row: DynamicRecord(plain(row.asDict(recursive=True), choices))
        )

    def join(
        self,
        paths1: Sequence[str],
        paths2: Sequence[str],
        frame2: "DynamicFrame",
        *_: Any,
        **__: Any,
    ) -> "DynamicFrame":
        """Equal keys. A field of the second frame whose name the first has gets a dot before it."""
        own = set(self._df.columns)
        renamed = {name: f".{name}" if name in own else name for name in frame2._df.columns}
        right = frame2._df.toDF(*renamed.values())
        left_keys, right_keys = _listed(paths1), _listed(paths2)
        condition: Column | None = None
        for one, other in zip(left_keys, right_keys, strict=True):
            path = frame2._resolve(other) or (other,)
            key = _edits.column_at((renamed.get(path[0], path[0]), *path[1:]))
            equal = _edits.column_at(self._resolve(one) or (one,)) == key
            condition = equal if condition is None else condition & equal
        moved = {(renamed[path[0]], *path[1:]) for path in frame2._choices}
        return self._like(self._df.join(right, condition, "inner"), self._choices | moved)

    def union(self, other_frame: "DynamicFrame", *_: Any, **__: Any) -> "DynamicFrame":
        frame = self._df.unionByName(other_frame._df, allowMissingColumns=True)
        return self._like(frame, self._choices | other_frame._choices)

    def split_fields(
        self, paths: Sequence[str], name1: str, name2: str, *_: Any, **__: Any
    ) -> "DynamicFrameCollection":
        first, second = self.select_fields(paths), self.drop_fields(paths)
        return DynamicFrameCollection({name1: first, name2: second}, self.glue_ctx)

    def unnest(self, *_: Any, **__: Any) -> "DynamicFrame":
        """Fields of structures as columns ``a.b``."""
        columns, choices = flattened(self._df.schema, self._choices)
        return self._like(self._df.select(*columns), choices)

    def unbox(self, path: str, format: str, *_: Any, **options: Any) -> "DynamicFrame":
        """Text that holds JSON as what it holds."""
        if format != "json":
            raise NotInTheLabError(f"unbox of {format}")
        del options
        place = self._resolve(path)
        if place is None:
            return self
        texts = self._df.select(_edits.column_at(place)).rdd.map(lambda row: row[0])
        seen = (
            texts.filter(bool)
            .map(json.loads)
            .mapPartitions(lambda part: [seen_in(part)])
            .fold(Seen(), Seen.merge)
        )
        convert = f.udf(lambda text: seen.convert(json.loads(text)) if text else None, seen.type())
        frame = _edits.apply(self._df, {place: lambda column, _: [(place[-1], convert(column))]})
        return self._like(frame, self._choices | {(*place, *inner) for inner in seen.choices()})

    def relationalize(
        self, root_table_name: str, staging_path: str = "", *_: Any, **__: Any
    ) -> "DynamicFrameCollection":
        """Structures become columns ``a.b``, arrays tables ``root_a`` with ``id`` and ``index``,
        to which the column of the array refers.
        """
        del staging_path
        from awsglue._relational import relationalize

        frames = relationalize(self._df, root_table_name)
        found = {name: self._like(frame, ()) for name, frame in frames.items()}
        return DynamicFrameCollection(found, self.glue_ctx)

    def write(self, connection_type: str, connection_options: Any = None, **others: Any) -> Any:
        return self.glue_ctx.write_dynamic_frame_from_options(
            self, connection_type, connection_options or {}, **others
        )

    def cache(self) -> "DynamicFrame":
        return self._like(self._df.persist(StorageLevel.MEMORY_AND_DISK))

    @property
    def _session(self) -> Any:
        return self._df.sparkSession

    def _resolve(self, text: str) -> Path | None:
        return _edits.resolve(self._df.schema, text)

    def _type(self, path: Path) -> t.DataType:
        found = _edits.type_at(self._df.schema, path)
        assert found is not None
        return found


class DynamicFrameCollection:
    """DynamicFrames by name."""

    def __init__(self, dynamic_frames: Mapping[str, DynamicFrame], glue_ctx: Any) -> None:
        self._frames = dict(dynamic_frames)
        self.glue_ctx = glue_ctx

    def select(self, key: str, *_: Any) -> DynamicFrame:
        return self._frames[key]

    def keys(self) -> Any:
        return self._frames.keys()

    def values(self) -> Any:
        return self._frames.values()

    def items(self) -> Any:
        return self._frames.items()

    def __getitem__(self, key: str) -> DynamicFrame:
        return self._frames[key]

    def __len__(self) -> int:
        return len(self._frames)


def _listed(paths: Sequence[str] | str) -> list[str]:
    return [paths] if isinstance(paths, str) else list(paths)


def _nothing(_column: Column, _kind: t.DataType) -> list[tuple[str, Column]]:
    return []


def _mapping(given: Any) -> tuple[str, str, str | None]:
    if len(given) == 4:
        return given[0], given[2], given[3]
    if len(given) == 3:
        return given[0], given[1], given[2]
    if len(given) == 2:
        return given[0], given[1], None
    raise ValueError(f"A mapping has 2, 3 or 4 parts, not {len(given)}: {given}")


def _put(made: dict[str, Any], path: Path, column: Column) -> None:
    for part in path[:-1]:
        made = made.setdefault(part, {})
    made[path[-1]] = column


def _structured(made: Any) -> Column:
    if not isinstance(made, dict):
        return made
    return f.struct(*(_structured(inner).alias(name) for name, inner in made.items()))


def _thresholds(options: Mapping[str, Any]) -> None:
    check_thresholds(options.get("stageThreshold", 0), options.get("totalThreshold", 0))
