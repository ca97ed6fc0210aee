"""OPTIMIZE rewrites small files and files with deleted rows; VACUUM forgets old snapshots and
removes the files that nothing refers to any more.

Source: Amazon Athena User Guide, "Optimize Iceberg tables", "VACUUM".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import time
from collections.abc import Iterable

from pyiceberg.table.snapshots import Operation, Snapshot
from pyiceberg.table.update.snapshot import ExpireSnapshots
from sqlglot import exp

from lab.engine.errors import QueryError
from lab.engine.iceberg import properties
from lab.engine.iceberg.changes import write
from lab.engine.iceberg.commits import commit
from lab.engine.iceberg.deltas import RowDelta
from lab.engine.iceberg.files import s3_uri
from lab.engine.iceberg.planning import Task, plan
from lab.engine.iceberg.scan import source
from lab.engine.iceberg.session import Session
from lab.engine.iceberg.tables import IcebergTable
from lab.engine.run import execute
from lab.engine.types import quote
from lab.engine.values import Scan

BUCKET_AND_FOLDER = 4
UNMET = (
    "Unexpected FilterNode found in plan; probably connector was not able to handle provided"
    " WHERE expression"
)


def optimize(session: Session, table: IcebergTable, tree: exp.Expr) -> list[str]:
    """Rewrite what is worth it among the files that the condition leaves; the new files."""
    tasks = plan(table, [], session.commits.files)
    if (where := tree.args.get("where")) is not None:
        kept = _met(session, table, where.this)
        tasks = [task for task in tasks if task.uri in kept]
    chosen = _worth_rewriting(table, tasks)
    if not chosen:
        return []
    names = frozenset(column.name.lower() for column in table.columns)
    scan = Scan(0, table, "t", names, sorted(names))
    reading = source(scan, table, chosen, session.objects)
    session.job.bytes_scanned += reading.bytes
    columns = ", ".join(quote(name) for name in sorted(names))
    added = write(session, table, f"SELECT {columns} FROM ({reading.sql})")
    transaction = session.commits.open(table).transaction()
    delta = RowDelta(Operation.REPLACE, transaction, session.commits.files)
    for task in chosen:
        delta.delete_data_file(task.data)
    for file in added:
        delta.append_data_file(file)
    delta.commit()
    with session.undone(added):
        commit(transaction, table.full_name)
    return [file.file_path for file in added]


def _met(session: Session, table: IcebergTable, condition: exp.Expr) -> set[str]:
    """The data files of the partitions that a condition chooses. NOT_SUPPORTED when it does not
    choose by whole partitions.
    """
    path = exp.column("$path", table="t", quoted=True)
    count = exp.Anonymous(this="count_if", expressions=[condition.copy()])
    name = exp.table_(table.name, db=table.database, quoted=True, alias="t")
    query = exp.select(path, exp.Anonymous(this="count", expressions=[exp.Star()]), count)
    query = query.from_(name).group_by(path.copy())
    compiled = session.compile(query)
    spec, schema = table.metadata.spec(), table.metadata.schema()
    keys = {schema.find_field(part.source_id).name.lower() for part in spec.fields}
    before = session.job.bytes_scanned
    rows = execute(session.job, session.text(compiled, f"SELECT * FROM ({compiled.sql})"))
    # Athena looks at the metadata alone.
    session.job.bytes_scanned = before
    mixed = any(met not in (0, count) for _, count, met in rows)
    if mixed or set(compiled.scans[0].columns) - keys - {"$path"}:
        raise QueryError("NOT_SUPPORTED", UNMET)
    return {uri for uri, _, met in rows if met}


def _worth_rewriting(table: IcebergTable, tasks: list[Task]) -> list[Task]:
    """Files with many delete files, and those of the wrong size when a partition has enough."""
    given = table.metadata.properties
    least = properties.number(given, "optimize_rewrite_min_data_file_size_bytes")
    most = properties.number(given, "optimize_rewrite_max_data_file_size_bytes")
    enough = properties.number(given, "optimize_rewrite_data_file_threshold")
    deletes = properties.number(given, "optimize_rewrite_delete_file_threshold")
    chosen = {task.uri for task in tasks if task.deletes and len(task.deletes) >= deletes}
    groups: dict[tuple[int, str], list[Task]] = {}
    for task in tasks:
        groups.setdefault((task.data.spec_id, str(task.data.partition)), []).append(task)
    for group in groups.values():
        odd = [task for task in group if not least <= task.data.file_size_in_bytes <= most]
        if len(odd) >= enough:
            chosen |= {task.uri for task in odd}
    return [task for task in tasks if task.uri in chosen]


def vacuum(session: Session, table: IcebergTable) -> None:
    """Expire snapshots, then remove files: those that only they referred to at once, others that
    lie around when they are as old as a snapshot must be.
    """
    if len(table.metadata.location.rstrip("/").split("/")) < BUCKET_AND_FOLDER:
        message = f"Path missing in file system location: {table.metadata.location}"
        raise QueryError("GENERIC_INTERNAL_ERROR", message)
    given = table.metadata.properties
    age = properties.number(given, "vacuum_max_snapshot_age_seconds")
    kept = properties.number(given, "vacuum_min_snapshots_to_keep")
    oldest = time.time() - age
    before = _referred(session, table, table.metadata.snapshots)
    table = _expired(session, table, oldest, kept)
    now = _referred(session, table, table.metadata.snapshots)
    logs = [entry.metadata_file for entry in table.metadata.metadata_log]
    most = properties.number(given, "vacuum_max_metadata_files_to_keep")
    now |= {s3_uri(uri) for uri in (*logs[-most:], table.metadata_location)}
    root = table.metadata.location.rstrip("/") + "/"
    bucket = root.split("/")[2]
    found = {f"s3://{bucket}/{f.key}": f.modified for f in session.objects.list(root)}
    gone = (before - now) & found.keys()
    gone |= {s3_uri(uri) for uri in logs[:-most]} & found.keys()
    gone |= {uri for uri, modified in found.items() if uri not in now and modified < oldest}
    session.objects.remove(sorted(gone))


def _expired(session: Session, table: IcebergTable, oldest: float, kept: int) -> IcebergTable:
    """The table without the snapshots that are older, except the last ``kept``."""
    snapshots = sorted(table.metadata.snapshots, key=lambda one: one.timestamp_ms)
    spare = snapshots[: max(len(snapshots) - kept, 0)]
    old = [one for one in spare if one.timestamp_ms < oldest * 1000]
    held = {ref.snapshot_id for ref in table.metadata.refs.values()}
    gone = [one.snapshot_id for one in old if one.snapshot_id not in held]
    if not gone:
        return table
    opened = session.commits.open(table)
    transaction = opened.transaction()
    ExpireSnapshots(transaction).by_ids(gone).commit()
    commit(transaction, table.full_name)
    found = session.lake.table(table.database, table.name)
    assert isinstance(found, IcebergTable)
    return found


def _referred(session: Session, table: IcebergTable, snapshots: Iterable[Snapshot]) -> set[str]:
    """Every file that these snapshots need."""
    io = session.commits.files
    found: set[str] = set()
    seen: set[str] = set()
    for snapshot in snapshots:
        found.add(s3_uri(snapshot.manifest_list))
        for manifest in snapshot.manifests(io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            found.add(s3_uri(manifest.manifest_path))
            for entry in manifest.fetch_manifest_entry(io, discard_deleted=True):
                found.add(s3_uri(entry.data_file.file_path))
    found |= {s3_uri(one.statistics_path) for one in table.metadata.statistics}
    return found
