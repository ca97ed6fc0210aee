"""A plan written down: Trino's text, its JSON, a graph for Graphviz.

Source: Amazon Athena User Guide, "Using EXPLAIN and EXPLAIN ANALYZE in Athena"; Trino
documentation, "EXPLAIN".
"""

import json
from typing import Any

from lab.engine.plan import Node

FRAGMENT = 4
# How many empty lines Athena has below a plan.
BELOW = {"TEXT": 3, "JSON": 1, "GRAPHVIZ": 2, "IO": 1, "VALIDATE": 1}


def text(root: Node, heading: list[str], *, fragment: bool) -> list[str]:
    """Indented; a distributed plan is one fragment, since there is one machine."""
    lines = _lines(root, "", "")
    if not fragment:
        return [*heading, *lines]
    layout = ", ".join(name for name, _ in root.outputs)
    parts = [f"Output layout: [{layout}]", "Output partitioning: SINGLE []", *lines]
    return [*heading, "Fragment 0 [SINGLE]", *(f"{'':{FRAGMENT}}{part}" for part in parts)]


def _lines(node: Node, first: str, rest: str) -> list[str]:
    bar = "│   " if node.children else "    "
    below = [f"Layout: [{_layout(node)}]"] if node.outputs else []
    lines = [f"{first}{node.name}[{_described(node)}]"]
    lines += [f"{rest}{bar}{detail}" for detail in (*below, *node.details)]
    for child in node.children:
        branch, stem = ("└─ ", "   ") if child is node.children[-1] else ("├─ ", "│  ")
        lines += _lines(child, rest + branch, rest + stem)
    return lines


def _described(node: Node) -> str:
    return ", ".join(f"{key} = {value}" for key, value in node.descriptor.items())


def _layout(node: Node) -> str:
    return ", ".join(f"{name}:{kind}" for name, kind in node.outputs)


def as_json(root: Node, *, fragment: bool) -> list[str]:
    numbers = {id(node): str(place) for place, node in enumerate(root.walk())}
    found: Any = _json(root, numbers)
    return json.dumps({"0": found} if fragment else found, indent=2).split("\n")


def _json(node: Node, numbers: dict[int, str]) -> dict[str, Any]:
    return {
        "id": numbers[id(node)],
        "name": node.name,
        "descriptor": node.descriptor,
        "outputs": [{"symbol": name, "type": kind} for name, kind in node.outputs],
        "details": node.details,
        "estimates": [],
        "children": [_json(child, numbers) for child in node.children],
    }


def graph(root: Node, *, fragment: bool) -> list[str]:
    """For Graphviz's ``dot``."""
    numbers = {id(node): place for place, node in enumerate(root.walk(), 1)}
    lines = [f"digraph {'distributed_plan' if fragment else 'logical_plan'} {{"]
    lines += ["subgraph cluster_0 {", 'label = "SINGLE"']
    for node in root.walk():
        label = _escaped("|".join([f"{node.name}[{_described(node)}]", *node.details]))
        lines.append(
            f'plannode_{numbers[id(node)]}[label="{{{label}}}", style="rounded, filled",'
            " shape=record, fillcolor=white];"
        )
    lines.append("}")
    for node in root.walk():
        lines += [
            f"plannode_{numbers[id(node)]} -> plannode_{numbers[id(child)]};"
            for child in node.children
        ]
    return [*lines, "}"]


def _escaped(label: str) -> str:
    for letter in '\\"{}<>':
        label = label.replace(letter, f"\\{letter}")
    return label.replace("\n", "\\n")


def with_end(lines: list[str], form: str) -> list[str]:
    return lines + [""] * BELOW[form]
