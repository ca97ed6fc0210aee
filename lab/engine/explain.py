"""EXPLAIN and EXPLAIN ANALYZE: what this engine does with a query, and what that cost.

EXPLAIN reads no data, only the catalogue, the names of files and their footers. Source: Amazon
Athena User Guide, "Using EXPLAIN and EXPLAIN ANALYZE in Athena".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

import json
import time
from typing import Any

from lab.engine import plan_text, projection
from lab.engine import statements as s
from lab.engine.catalog import Catalog, Objects, Partition, StoredFile
from lab.engine.compiler import Compiled, wire
from lab.engine.iceberg.lookup import is_iceberg
from lab.engine.information_schema import VirtualTable
from lab.engine.plan import MARK, Node, analyzed, output, tree
from lab.engine.run import Job, execute, with_sources
from lab.engine.scan import HIVE_NULL, Source, choose, empty
from lab.engine.type_text import parse_type
from lab.engine.types import quote
from lab.engine.values import Scan

MOST_VALUES = 100
Json = dict[str, Any]


def explain(
    statement: s.Explain, compiled: Compiled, job: Job, catalog: Catalog, objects: Objects
) -> list[str]:
    """The lines of EXPLAIN without ANALYZE."""
    fragment = statement.type == "DISTRIBUTED"
    if statement.type == "VALIDATE":
        return plan_text.with_end(["true"], "VALIDATE")
    found = [_Read(scan, job, catalog, objects) for scan in compiled.scans]
    if statement.type == "IO":
        return plan_text.with_end(_io(found), "IO")
    plan = execute(job, f"EXPLAIN (FORMAT JSON) {_text(compiled, job)}")[0][1]
    root = output(compiled, tree(json.loads(plan)[0], compiled.scans))
    if not isinstance(statement.statement, s.Select):
        root = Node("TableCommit", {"target": _target(statement.statement)}, children=[
            Node("TableWriter", children=root.children)
        ])  # fmt: skip
    _describe(root, found)
    match statement.form:
        case "JSON":
            lines = plan_text.as_json(root, fragment=fragment)
        case "GRAPHVIZ":
            lines = plan_text.graph(root, fragment=fragment)
        case _:
            lines = plan_text.text(root, [], fragment=fragment)
    return plan_text.with_end(lines, statement.form)


def analyze(
    statement: s.Explain, compiled: Compiled, job: Job, sources: list[Source], planning: float
) -> list[str]:
    """The lines of EXPLAIN ANALYZE: the query is run, its rows are dropped."""
    sql = with_sources(compiled, sources, wire(compiled))
    started = time.monotonic()
    profile = json.loads(execute(job, f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")[0][1])
    seconds = time.monotonic() - started
    top = profile["children"][0]
    root = output(compiled, analyzed(top["children"][0] if top["children"] else top))
    scanned = profile["cumulative_rows_scanned"]
    cpu = f"CPU: {profile['cpu_time'] * 1000:.2f}ms"
    read = f"Input: {scanned} rows ({sum(source.bytes for source in sources)}B)"
    for scan, source in zip(compiled.scans, sources, strict=True):
        root.details.append(f"{_table(scan)}: {source.bytes}B scanned")
    if statement.form == "JSON":
        return plan_text.with_end(plan_text.as_json(root, fragment=True), "JSON")
    times = f"Planning: {planning * 1000:.2f}ms, Execution: {seconds * 1000:.2f}ms"
    lines = plan_text.text(root, [times], fragment=True)
    place = lines.index("Fragment 0 [SINGLE]") + 1
    lines.insert(place, f"    {cpu}, {read}")
    return plan_text.with_end(lines, "TEXT")


def _target(statement: s.Statement) -> str:
    if isinstance(statement, s.Unload):
        return statement.location
    assert isinstance(statement, s.CreateTableAs | s.Insert)
    name = statement.name
    return f"awsdatacatalog:{name.database}:{name.table}" if name.database else name.table


def _text(compiled: Compiled, job: Job) -> str:
    """The query over empty tables, whose columns tell which scan they are of."""
    sources = []
    for scan in compiled.scans:
        kept = job.staging.connection.execute(empty(scan)).to_arrow_table()
        names = [MARK.format(number=scan.number, name=name) for name in kept.column_names]
        view = job.staging.register(kept.rename_columns(names))
        columns = ", ".join(
            f"{quote(marked)} AS {quote(name)}"
            for marked, name in zip(names, kept.column_names, strict=True)
        )
        sources.append(Source(f"SELECT {columns} FROM {view}", 0))
    return with_sources(compiled, sources, compiled.sql)


def _table(scan: Scan) -> str:
    return f"awsdatacatalog:{scan.table.database}:{scan.table.name}"


class _Read:
    """What a scan would read."""

    def __init__(self, scan: Scan, job: Job, catalog: Catalog, objects: Objects) -> None:
        self.scan = scan
        self.table = _table(scan)
        self.found: list[tuple[Partition, list[StoredFile]]] | None = None
        if isinstance(scan.table, VirtualTable):
            self.bytes = 0
            return
        if is_iceberg(scan.table):
            from lab.engine.iceberg import scan as iceberg

            self.bytes = iceberg.prepare(scan, objects, job.staging).bytes
            return
        choice = choose(scan, catalog, objects, job.staging.connection)
        self.found, self.bytes = choice.found, choice.bytes
        projected = projection.is_projected(scan.table)
        self.known = None if projected else len(catalog.partitions(scan.table))

    def details(self) -> list[str]:
        if self.found is None:
            return [f"Input: {self.bytes}B"]
        files = sum(len(listed) for _, listed in self.found)
        lines = [f"Input: {self.bytes}B, files: {files}"]
        if self.scan.table.partition_keys:
            of = "projected ones" if self.known is None else str(self.known)
            lines.append(f"Partitions: {len(self.found)} of {of}")
        return lines

    def constraints(self) -> list[Json]:
        """The values of each partition key, when they are few."""
        found = self.found or []
        keys = self.scan.table.partition_keys
        return [
            _constraint(key.name, str(parse_type(key.type)), values)
            for place, key in enumerate(keys)
            if 0 < len(values := sorted({part.values[place] for part, _ in found})) <= MOST_VALUES
        ]


def _constraint(name: str, kind: str, values: list[str]) -> Json:
    ranges = [
        {side: {"value": value, "bound": "EXACTLY"} for side in ("low", "high")}
        for value in values
        if value != HIVE_NULL
    ]
    domain = {"nullsAllowed": HIVE_NULL in values, "ranges": ranges}
    return {"columnName": name, "type": kind, "domain": domain}


def _io(found: list[_Read]) -> list[str]:
    """Trino's form; of the estimates only the bytes are known."""
    tables = [
        {
            "table": {
                "catalog": "awsdatacatalog",
                "schemaTable": {"schema": one.scan.table.database, "table": one.scan.table.name},
            },
            "columnConstraints": one.constraints(),
            "estimate": _estimate(one.bytes),
        }
        for one in found
    ]
    total = _estimate(sum(one.bytes for one in found))
    return json.dumps({"inputTableColumnInfos": tables, "estimate": total}, indent=2).split("\n")


def _estimate(size: int) -> Json:
    names = ("outputRowCount", "cpuCost", "maxMemory", "networkCost")
    return {"outputSizeInBytes": size, **dict.fromkeys(names, "NaN")}


def _describe(root: Node, found: list[_Read]) -> None:
    """Below each scan, what it reads; below the root, where DuckDB does not tell the scans
    apart.
    """
    left = list(found)
    for node in root.walk():
        mine = next((one for one in left if node.descriptor.get("table") == one.table), None)
        if mine is not None:
            node.details += mine.details()
            left.remove(mine)
    for one in left:
        root.details += [f"{one.table}: {detail}" for detail in one.details()]
