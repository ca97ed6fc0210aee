"""The graph of a definition: states, transitions, and what is inside of Parallel and Map states."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Definition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition to another state. ``kind`` is next, choice, default or catch; ``label`` says
    when it is taken, in short.
    """

    target: str
    kind: str = "next"
    label: str = ""


@dataclass(slots=True)
class State:
    """One state. ``inside`` holds the branches of a Parallel state, the processor of a Map."""

    name: str
    type: str
    edges: list[Edge] = field(default_factory=list)
    inside: list["Graph"] = field(default_factory=list)

    @property
    def is_end(self) -> bool:
        return not any(edge.kind in ("next", "choice", "default") for edge in self.edges)


@dataclass(slots=True)
class Graph:
    """One machine, branch or processor; states in the order in which they are reached."""

    start: str
    states: dict[str, State]

    def everything(self) -> Iterator[State]:
        """All states, those inside of others too."""
        for state in self.states.values():
            yield state
            for graph in state.inside:
                yield from graph.everything()

    def back_edges(self) -> set[tuple[str, str]]:
        """The transitions that lead back to a state from which one came: loops."""
        found: set[tuple[str, str]] = set()
        done: set[str] = set()
        path: list[str] = []

        def visit(name: str) -> None:
            path.append(name)
            for edge in self.states[name].edges:
                if edge.target in path:
                    found.add((name, edge.target))
                elif edge.target not in done:
                    visit(edge.target)
            done.add(path.pop())

        visit(self.start)
        return found


def read(definition: Definition) -> Graph:
    """The graph of a definition. ValueError when it has no states, or names one that it lacks."""
    states, start = definition.get("States"), definition.get("StartAt")
    if not isinstance(states, dict) or not isinstance(start, str) or start not in states:
        raise ValueError("a definition has StartAt and States")
    found = {name: _state(name, given) for name, given in states.items()}
    for state in found.values():
        for edge in state.edges:
            if edge.target not in found:
                raise ValueError(f"{state.name} leads to {edge.target}, which is not there")
    return Graph(start, {name: found[name] for name in _reached(found, start)})


def _state(name: str, given: Definition) -> State:
    edges = [
        Edge(choice["Next"], "choice", _condition(choice)) for choice in given.get("Choices") or ()
    ]
    if "Default" in given:
        edges.append(Edge(given["Default"], "default"))
    if "Next" in given:
        edges.append(Edge(given["Next"]))
    for catcher in given.get("Catch") or ():
        errors = ", ".join(error.removeprefix("States.") for error in catcher["ErrorEquals"])
        edges.append(Edge(catcher["Next"], "catch", errors))
    return State(name, str(given.get("Type")), edges, [read(each) for each in _inside(given)])


def _inside(given: Definition) -> list[Definition]:
    if given.get("Type") == "Parallel":
        return list(given.get("Branches") or ())
    processor = given.get("ItemProcessor") or given.get("Iterator")
    return [processor] if processor else []


OPERATORS = {
    "Equals": "=",
    "GreaterThan": ">",
    "GreaterThanEquals": "≥",
    "LessThan": "<",
    "LessThanEquals": "≤",
    "Matches": "~",
}


def _condition(choice: Definition) -> str:
    """A rule of a Choice state in few words."""
    if "Condition" in choice:
        return str(choice["Condition"]).removeprefix("{%").removesuffix("%}").strip()
    for word, joined in (("And", " ∧ "), ("Or", " ∨ ")):
        if word in choice:
            return joined.join(_condition(each) for each in choice[word])
    if "Not" in choice:
        return f"¬({_condition(choice['Not'])})"
    variable = str(choice.get("Variable", "")).removeprefix("$.")
    for name, value in choice.items():
        if name in ("Variable", "Next", "Comment", "Assign", "Output"):
            continue
        if name.startswith("Is"):
            return f"{variable} {'is' if value else 'is not'} {name[2:].lower()}"
        for kind in ("String", "Numeric", "Boolean", "Timestamp"):
            operator = name.removeprefix(kind).removesuffix("Path")
            if name.startswith(kind) and operator in OPERATORS:
                return f"{variable} {OPERATORS[operator]} {value}"
    return variable


def _reached(states: dict[str, State], start: str) -> list[str]:
    """The names in the order of their first mention from the start on; then what is not reached."""
    order: list[str] = []
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        if name not in order:
            order.append(name)
            waiting += [edge.target for edge in states[name].edges]
    return order + [name for name in states if name not in order]
