"""A query's plan as a tree of Trino's operators, made of DuckDB's plan.

DuckDB decides the order of joins and where filters go; the names of the operators are those that
Trino has for the same work, and its own for the rest.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.engine.compiler import Compiled
from lab.engine.type_text import parse_type
from lab.engine.values import Scan

Json = dict[str, Any]
OPERATORS = {
    "PROJECTION": "Project", "FILTER": "Filter", "ORDER_BY": "Sort", "TOP_N": "TopN",
    "LIMIT": "Limit", "STREAMING_LIMIT": "Limit", "UNGROUPED_AGGREGATE": "Aggregate",
    "HASH_GROUP_BY": "Aggregate", "PERFECT_HASH_GROUP_BY": "Aggregate", "UNNEST": "Unnest",
    "PARTITIONED_AGGREGATE": "Aggregate", "SIMPLE_AGGREGATE": "Aggregate", "WINDOW": "Window",
    "STREAMING_WINDOW": "Window", "UNION": "Union", "CROSS_PRODUCT": "CrossJoin",
    "DUMMY_SCAN": "Values", "COLUMN_DATA_SCAN": "Values", "EMPTY_RESULT": "Values",
    "ARROW_SCAN": "TableScan", "READ_PARQUET": "TableScan", "PARQUET_SCAN": "TableScan",
    "READ_CSV": "TableScan", "READ_JSON": "TableScan", "READ_NDJSON": "TableScan",
    "READ_CSV_AUTO": "TableScan",
}  # fmt: skip
JOINS = {
    "INNER": "InnerJoin", "LEFT": "LeftJoin", "RIGHT": "RightJoin", "FULL": "FullJoin",
    "OUTER": "FullJoin", "SEMI": "SemiJoin", "ANTI": "AntiJoin", "MARK": "SemiJoin",
}  # fmt: skip
# DuckDB's word for a property of an operator, and Trino's. Others are left out: some name files.
PROPERTIES = {
    "Groups": "keys", "Order By": "orderBy", "Top": "count", "Limit": "count",
    "Expression": "filterPredicate", "Filters": "filterPredicate", "Conditions": "criteria",
}  # fmt: skip
MARK = "s{number}:{name}"
MARKED = re.compile(r"s(\d+):")
INTERNAL = "__internal_"
PLACE = re.compile(r"#(\d+)")
# What DuckDB reads when it only counts rows.
NO_COLUMN = "42"


@dataclass(slots=True)
class Node:
    """One operator: its name, what stands in brackets after it, what stands below it."""

    name: str
    descriptor: dict[str, str] = field(default_factory=dict)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()


def output(compiled: Compiled, child: Node) -> Node:
    """The root of a SELECT."""
    columns = [(column.name, str(column.type)) for column in compiled.columns]
    names = ", ".join(name for name, _ in columns)
    return Node("Output", {"columnNames": f"[{names}]"}, columns, [], [child])


def tree(plan: Json, scans: Sequence[Scan]) -> Node:
    """From DuckDB's plan, whose scanned columns are called by ``MARK``."""
    return _node(plan, scans)


def analyzed(plan: Json) -> Node:
    """From the plan of a query that DuckDB has run: with rows and time, as DuckDB counted them."""
    node = _node(plan, ())
    rows, seconds = plan["operator_cardinality"], plan["operator_timing"]
    scanned = plan["operator_rows_scanned"]
    node.details.append(f"CPU: {seconds * 1000:.2f}ms, Output: {rows} rows")
    if scanned:
        node.details.append(f"Input: {scanned} rows")
    return node


def _node(plan: Json, scans: Sequence[Scan]) -> Node:
    name = (plan.get("name") or plan["operator_name"]).strip()
    below = [child for child in plan["children"] if child]
    extra = plan["extra_info"]
    measured = "operator_cardinality" in plan
    if name == "PROJECTION" and not measured and _is_internal(extra) and len(below) == 1:
        return _node(below[0], scans)
    node = Node(_operator(name, extra), children=[
        analyzed(child) if measured else _node(child, scans) for child in below
    ])  # fmt: skip
    given = _items(below[0]["extra_info"].get("Projections")) if below else []
    for word, trino in PROPERTIES.items():
        if items := _items(extra.get(word)):
            node.descriptor[trino] = f"[{', '.join(_readable(item, given) for item in items)}]"
    node.details += [_readable(item, given) for item in _items(extra.get("Aggregates"))]
    if node.name in ("Project", "Window"):
        node.details += [_readable(item, given) for item in _items(extra.get("Projections"))]
    if node.name == "TableScan" and not measured:
        _table_scan(node, extra, scans)
    return node


def _is_internal(extra: Json) -> bool:
    """Whether it only packs values for the operators around it, or hands them on."""
    items = _items(extra.get("Projections"))
    return all(item.startswith(("#", INTERNAL)) or item == NO_COLUMN for item in items)


def _operator(name: str, extra: Json) -> str:
    if "Join Type" in extra:
        return JOINS.get(str(extra["Join Type"]).upper(), "Join")
    return OPERATORS.get(name, "".join(word.capitalize() for word in name.split("_")))


def _items(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _readable(item: str, given: list[str]) -> str:
    """Without marks, and with the names of what it takes by place from the operator below."""

    def name(match: re.Match[str]) -> str:
        place = int(match[1])
        return given[place] if place < len(given) else match[0]

    return MARKED.sub("", PLACE.sub(name, item))


def _table_scan(node: Node, extra: Json, scans: Sequence[Scan]) -> None:
    """Which table it is, and its columns."""
    read = _items(extra.get("Projections"))
    found = [int(mark[1]) for item in read if (mark := MARKED.match(item))]
    scan = scans[found[0]] if found else scans[0] if len(scans) == 1 else None
    if scan is None:
        return
    table = scan.table
    node.descriptor = {"table": f"awsdatacatalog:{table.database}:{table.name}"} | node.descriptor
    kinds = {column.name.lower(): str(parse_type(column.type)) for column in table.all_columns}
    names = [MARKED.sub("", item) for item in read]
    node.outputs = [(name, kinds[name]) for name in names if name in kinds]
