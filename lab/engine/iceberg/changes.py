"""INSERT, DELETE, UPDATE and MERGE: the rows that a statement changes, as a query; then new data
files and position delete files, in one commit.

Source: Amazon Athena User Guide, "Update Iceberg table data", "MERGE INTO".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from collections.abc import Iterable
from dataclasses import dataclass

from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation
from sqlglot import exp

from lab.engine import types
from lab.engine.errors import QueryError
from lab.engine.iceberg import writing
from lab.engine.iceberg.commits import commit
from lab.engine.iceberg.deltas import RowDelta
from lab.engine.iceberg.merging import Clause, clauses, selected
from lab.engine.iceberg.planning import Task, plan, stored_file
from lab.engine.iceberg.session import Session
from lab.engine.iceberg.tables import IcebergTable
from lab.engine.run import execute
from lab.engine.types import quote
from lab.engine.values import Value
from lab.engine.writer import assigned

ROWS = "iceberg_rows"
PATH, POS, ACTION = '"$path"', '"$pos"', '"$action"'


@dataclass(frozen=True, slots=True)
class Changed:
    """What a statement did: the files it added and the number of rows it changed."""

    files: list[str]
    count: int


def insert(session: Session, table: IcebergTable, rows: str) -> Changed:
    """Append the rows that ``rows`` selects, in the table's columns."""
    transaction = session.commits.open(table).transaction()
    return append(session, transaction, table.full_name, rows)


def append(session: Session, transaction: Transaction, name: str, rows: str) -> Changed:
    """Write the rows and commit them with whatever else the transaction does."""
    metadata = transaction.table_metadata
    session.functions.require(session.job.cursor, rows)
    files = writing.write(session.job, metadata, rows, session.objects, session.functions)
    with session.undone(files):
        if files:
            with transaction.update_snapshot().fast_append() as added:
                for file in files:
                    added.append_data_file(file)
        commit(transaction, name)
    return Changed([one.file_path for one in files], sum(one.record_count for one in files))


def write(session: Session, table: IcebergTable, rows: str) -> list[DataFile]:
    return writing.write(session.job, table.metadata, rows, session.objects, session.functions)


def delete(session: Session, table: IcebergTable, tree: exp.Delete) -> Changed:
    query = exp.select(*_place(tree.this)).from_(tree.this.copy())
    query.set("where", tree.args.get("where"))
    compiled = session.compile(query)
    sql = f"SELECT c0 AS {PATH}, c1 AS {POS} FROM ({compiled.sql})"
    count = session.keep(ROWS, session.text(compiled, sql))
    return _apply(session, table, ROWS, "", count)


def update(session: Session, table: IcebergTable, tree: exp.Update) -> Changed:
    clause = clauses([exp.When(matched=True, then=exp.Update(expressions=tree.expressions))], table)
    query = exp.select(*_place(tree.this), *_values(clause, tree.this, always=True))
    query = query.from_(tree.this.copy())
    query.set("where", tree.args.get("where"))
    return _changed(session, table, query, clause, "UPDATE")


def merge(session: Session, table: IcebergTable, tree: exp.Merge) -> Changed:
    found = clauses(tree.args["whens"].expressions, table)
    target = tree.this
    query = exp.select(*_place(target), *_values(found, target))
    query = query.from_(tree.args["using"].copy())
    query = query.join(target.copy(), on=tree.args["on"].copy(), join_type="left")
    return _changed(session, table, query, found, "MERGE")


def _place(target: exp.Table) -> list[exp.Expr]:
    """The columns that say where a row is."""
    name = target.alias_or_name
    return [exp.column(column, table=name, quoted=True) for column in ("$path", "$pos")]


def _values(found: list[Clause], target: exp.Table, *, always: bool = False) -> list[exp.Expr]:
    """The action, then each clause's expressions, then the row as it was."""
    parts = selected(found, target.alias_or_name, always=always)
    name = target.alias_or_name
    return [*parts, *(exp.column(c, table=name, quoted=True) for c in found[0].columns)]


def _changed(
    session: Session, table: IcebergTable, query: exp.Select, found: list[Clause], word: str
) -> Changed:
    compiled = session.compile(query)
    first = 3 + sum(len(clause.values) for clause in found)
    was = {name: f"q.c{first + place}" for place, name in enumerate(found[0].columns)}
    branches: dict[str, str] = dict.fromkeys(found[0].columns, "")
    place = 3
    for number, clause in enumerate(found):
        mine = compiled.columns[place : place + len(clause.values)]
        new: dict[str, str] = {}
        for i, (name, column) in enumerate(zip(clause.values, mine, strict=True), place):
            value = Value(f"q.c{i}", column.type)
            sql = assigned(value, table.kinds[name], session.now_text)
            if sql is None:
                raise _mismatch(table, clause, number, [one.type for one in mine], word)
            new[name] = sql
        place += len(mine)
        for name in branches:
            null = f"CAST(NULL AS {types.duckdb(table.kinds[name])})"
            missing = was[name] if clause.matched else null
            branches[name] += f" WHEN {number} THEN {new.get(name, missing)}"
    columns = ", ".join(f"CASE q.c2{sql} END AS {quote(name)}" for name, sql in branches.items())
    sql = (
        f"SELECT q.c0 AS {PATH}, q.c1 AS {POS}, q.c2 AS {ACTION}, {columns}"
        f" FROM ({compiled.sql}) AS q WHERE q.c2 IS NOT NULL"
    )
    count = session.keep(ROWS, session.text(compiled, sql))
    _check_matched_once(session)
    written = [str(number) for number, clause in enumerate(found) if not clause.deletes]
    names = ", ".join(map(quote, branches))
    kept = f"SELECT {names} FROM {ROWS} WHERE {ACTION} IN ({', '.join(written)})"
    kept = kept if written else ""
    return _apply(session, table, f"(SELECT * FROM {ROWS} WHERE {PATH} IS NOT NULL)", kept, count)


def _mismatch(
    table: IcebergTable, clause: Clause, number: int, kinds: list[types.Type], word: str
) -> QueryError:
    wanted = ", ".join(str(table.kinds[name]) for name in clause.values)
    given = ", ".join(map(str, kinds))
    case = f" for MERGE case {number}," if word == "MERGE" else ""
    message = (
        f"line 1:1: {word} table column types don't match{case} SET expressions:"
        f" Table: [{wanted}], Expressions: [{given}]"
    )
    return QueryError("TYPE_MISMATCH", message)


def _check_matched_once(session: Session) -> None:
    sql = (
        f"SELECT 1 FROM {ROWS} WHERE {PATH} IS NOT NULL GROUP BY {PATH}, {POS}"
        f" HAVING count(*) > 1 LIMIT 1"
    )
    if execute(session.job, sql):
        raise QueryError(
            "MERGE_TARGET_ROW_MULTIPLE_MATCHES",
            "One MERGE target table row matched more than one source row",
        )


def _apply(session: Session, table: IcebergTable, gone: str, rows: str, count: int) -> Changed:
    """Take the rows that ``gone`` places away, add those of ``rows``."""
    if not count:
        return Changed([], 0)
    added = write(session, table, rows) if rows else []
    whole, positions = _deleted(session, table, gone)
    operation = Operation.OVERWRITE if added else Operation.DELETE
    transaction = session.commits.open(table).transaction()
    delta = RowDelta(operation, transaction, session.commits.files)
    for file in added:
        delta.append_data_file(file)
    for file in whole:
        delta.delete_data_file(file)
    for file in positions:
        delta.append_delete_file(file)
    delta.commit()
    with session.undone([*added, *positions]):
        commit(transaction, table.full_name)
    return Changed([file.file_path for file in (*added, *positions)], count)


def _deleted(
    session: Session, table: IcebergTable, gone: str
) -> tuple[list[DataFile], list[DataFile]]:
    """The data files of which no row is left, and the delete files for rows of the others: one per
    partition.
    """
    counts = dict(execute(session.job, f"SELECT {PATH}, count(*) FROM {gone} GROUP BY 1"))
    tasks = [task for task in plan(table, [], session.commits.files) if task.uri in counts]
    before = _deleted_before(session, tasks)
    whole = [t.data for t in tasks if counts[t.uri] + before.get(t.uri, 0) == t.data.record_count]
    known = {file.file_path for file in whole}
    partly = [task for task in tasks if task.uri not in known]
    groups: dict[tuple[int, tuple[object, ...]], list[Task]] = {}
    for task in partly:
        record = task.data.partition
        key = (task.data.spec_id, tuple(record[place] for place in range(len(record))))
        groups.setdefault(key, []).append(task)
    return whole, [_delete_file(session, table, gone, group) for group in groups.values()]


def _deleted_before(session: Session, tasks: list[Task]) -> dict[str, int]:
    """The number of rows that earlier delete files take from each data file."""
    uris = sorted({d.file_path for task in tasks for d in task.deletes})
    if not uris:
        return {}
    paths = [types.text(str(stored_file(session.objects, uri).path)) for uri in uris]
    sql = (
        f"SELECT file_path, count(DISTINCT pos) FROM read_parquet([{', '.join(paths)}])"
        f" GROUP BY file_path"
    )
    return dict(execute(session.job, sql))


def _delete_file(
    session: Session, table: IcebergTable, gone: str, group: Iterable[Task]
) -> DataFile:
    files = [task.data for task in group]
    listed = ", ".join(types.text(file.file_path) for file in files)
    path = session.job.staging.path(".parquet")
    sql = (
        f"SELECT {PATH} AS file_path, {POS} AS pos FROM {gone} WHERE {PATH} IN ({listed})"
        f" ORDER BY 1, 2"
    )
    metadata = table.metadata
    writing.copy(session.job, sql, path, writing.DELETE_SCHEMA, writing.codec(metadata))
    spec = metadata.specs()[files[0].spec_id]
    content = DataFileContent.POSITION_DELETES
    return writing.adopt(path, metadata, spec, files[0].partition, session.objects, content)
