"""The graph as lines of text: what follows stands below, what is chosen is indented."""

from collections.abc import Iterator
from typing import NamedTuple

from lab.states.graph import Edge, Graph, State


class Line(NamedTuple):
    """One line: the rules before it, the state that it shows, or the name of a state that was shown
    above, and how one comes here.
    """

    before: str
    label: str
    state: State | None
    again: str = ""


def lines(graph: Graph) -> Iterator[Line]:
    """Every state once; a transition to one that stands elsewhere is a line with its name."""
    yield from _chain(graph, graph.start, "", set())


def _chain(graph: Graph, start: str, label: str, taken: set[str]) -> Iterator[Line]:
    """A state and what follows it, one below the other; what a choice or an error leads to beside.

    ``taken`` holds the states that have or will have their lines elsewhere.
    """
    if start in taken:
        yield Line("", label, None, start)
        return
    chain = _followed(graph, start, taken)
    taken.update(name for name, _ in chain)
    for place, (name, mark) in enumerate(chain):
        state = graph.states[name]
        yield Line("", label if place == 0 else mark, state)
        yield from _inside(state)
        following = _following(state)
        beside = [edge for edge in state.edges if edge is not following]
        is_open = following is not None
        for number, edge in enumerate(beside):
            branch = _chain(graph, edge.target, _mark(edge), taken)
            yield from _hung(branch, is_open or number < len(beside) - 1)
        if following is not None and following.target not in dict(chain[place + 1 : place + 2]):
            yield Line("", _mark(following), None, following.target)


def _followed(graph: Graph, start: str, taken: set[str]) -> list[tuple[str, str]]:
    """The names one below the other from ``start`` on, each with how one comes there."""
    chain = [(start, "")]
    while (edge := _following(graph.states[chain[-1][0]])) is not None:
        if edge.target in taken or edge.target in dict(chain):
            break
        chain.append((edge.target, _mark(edge)))
    return chain


def _following(state: State) -> Edge | None:
    """Where a state goes on when nothing special happens."""
    return next((edge for edge in state.edges if edge.kind in ("next", "default")), None)


def _inside(state: State) -> Iterator[Line]:
    for number, inner in enumerate(state.inside, start=1):
        label = str(number) if len(state.inside) > 1 else ""
        for line in _chain(inner, inner.start, label, set()):
            yield line._replace(before="┆ " + line.before)


def _hung(branch: Iterator[Line], goes_on: bool) -> Iterator[Line]:
    corner, rule = ("├─ ", "│  ") if goes_on else ("└─ ", "   ")
    for number, line in enumerate(branch):
        yield line._replace(before=(rule if number else corner) + line.before)


def _mark(edge: Edge) -> str:
    return {"next": "", "choice": edge.label, "default": "*", "catch": f"✗ {edge.label}"}[edge.kind]
