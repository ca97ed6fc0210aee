"""Where the states of a graph stand on paper: in ranks from above, each transition downwards.

A transition over several ranks goes through a place of its own in each, so that it passes beside
the states and not behind them; in each rank, what belongs together is brought near (the method of
Sugiyama, in its simplest form). Lengths are in pixels.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from lab.states.graph import Edge, Graph, State

LETTER, PADDING, HEIGHT = 7.6, 16.0, 42.0
GAP_ACROSS, GAP_DOWN = 28.0, 46.0
HEADING = 36.0
SWEEPS = 4
BEND_WIDTH = 12.0
LOOP_WIDTH = 60.0

Point = tuple[float, float]


@dataclass(slots=True)
class Box:
    """A state with its place; ``x`` and ``y`` are of its upper left corner."""

    state: State
    width: float
    height: float
    inside: list["Page"] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class Route:
    """A transition: the places that its line goes through. ``is_back`` leads upwards."""

    source: str
    edge: Edge
    points: list[Point]
    is_back: bool = False


@dataclass(slots=True)
class Page:
    """A graph with all its places."""

    boxes: dict[str, Box]
    routes: list[Route]
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


Place = tuple[str, int]
"""What stands in a rank: a state, with rank -1, or the bend of a transition there."""


def arrange(graph: Graph) -> Page:
    boxes = {name: _box(state) for name, state in graph.states.items()}
    back = graph.back_edges()
    ranks = _ranks(graph, back)
    rows, links = _rows(graph, ranks, back)
    _untangle(rows, links)
    grid = _grid(rows, links, boxes)
    for name, box in boxes.items():
        box.x = grid.centers[name, -1] - box.width / 2
        box.y = grid.tops[ranks[name]]
    routes = list(_routes(graph, boxes, ranks, grid, back))
    is_looping = any(route.is_back for route in routes)
    return Page(boxes, routes, grid.width + (LOOP_WIDTH if is_looping else 0), grid.height)


def _box(state: State) -> Box:
    inside = [arrange(graph) for graph in state.inside]
    width = len(state.name) * LETTER + 2 * PADDING
    if not inside:
        return Box(state, width, HEIGHT)
    x = PADDING
    for page in inside:
        page.x, page.y = x, HEADING + PADDING
        x += page.width + PADDING
    height = max(page.height for page in inside) + HEADING + 2 * PADDING
    return Box(state, max(width, x), height, inside)


def _ranks(graph: Graph, back: set[tuple[str, str]]) -> dict[str, int]:
    """How far below the first each state stands: below everything that leads to it."""
    ranks: dict[str, int] = defaultdict(int)
    waiting = dict.fromkeys(graph.states)
    before: dict[str, set[str]] = defaultdict(set)
    for name, state in graph.states.items():
        for edge in state.edges:
            if (name, edge.target) not in back:
                before[edge.target].add(name)
    while waiting:
        name = next(name for name in waiting if not before[name] & waiting.keys())
        del waiting[name]
        ranks[name] = max((ranks[each] + 1 for each in before[name]), default=0)
    return dict(ranks)


def _rows(
    graph: Graph, ranks: dict[str, int], back: set[tuple[str, str]]
) -> tuple[list[list[Place]], list[tuple[Place, Place]]]:
    """What stands in each rank, and which places are joined from one rank to the next."""
    rows: list[list[Place]] = [[] for _ in range(max(ranks.values()) + 1)]
    for name, rank in ranks.items():
        rows[rank].append((name, -1))
    links: list[tuple[Place, Place]] = []
    for name, edge in _forward(graph, back):
        way = [(name, -1), *_bends(name, edge, ranks), (edge.target, -1)]
        for place in way[1:-1]:
            rows[place[1]].append(place)
        links += pairwise(way)
    return rows, links


def _forward(graph: Graph, back: set[tuple[str, str]]) -> Iterator[tuple[str, Edge]]:
    for name, state in graph.states.items():
        for edge in state.edges:
            if (name, edge.target) not in back:
                yield name, edge


def _bends(name: str, edge: Edge, ranks: dict[str, int]) -> list[Place]:
    key = f"{name}\n{edge.target}\n{edge.kind}\n{edge.label}"
    return [(key, rank) for rank in range(ranks[name] + 1, ranks[edge.target])]


def _untangle(rows: list[list[Place]], links: list[tuple[Place, Place]]) -> None:
    """Order each rank by where its neighbours stand, downwards and upwards in turn."""
    above, below = defaultdict(list), defaultdict(list)
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    for sweep in range(SWEEPS):
        is_down = sweep % 2 == 0
        order = list(pairwise(rows)) if is_down else list(pairwise(rows[::-1]))
        neighbours = above if is_down else below
        for fixed, moved in order:
            position = {place: number for number, place in enumerate(fixed)}
            current = {place: number for number, place in enumerate(moved)}

            def key(
                place: Place,
                position: dict[Place, int] = position,
                current: dict[Place, int] = current,
                neighbours: dict[Place, list[Place]] = neighbours,
            ) -> float:
                near = [position[each] for each in neighbours[place] if each in position]
                return sum(near) / len(near) if near else float(current[place])

            moved.sort(key=key)


@dataclass(slots=True)
class Grid:
    """The middle of each place across, top and height of each rank, and the size of the whole."""

    centers: dict[Place, float]
    tops: list[float]
    heights: list[float]
    width: float
    height: float


def _grid(rows: list[list[Place]], links: list[tuple[Place, Place]], boxes: dict[str, Box]) -> Grid:
    widths = {
        place: boxes[place[0]].width if place[1] < 0 else BEND_WIDTH
        for row in rows
        for place in row
    }
    above: dict[Place, Place] = {}
    for upper, lower in links:
        # The first transition that leads to a place is the one that it stands below.
        above.setdefault(lower, upper)
    centers: dict[Place, float] = {}
    for row in rows:
        _place_row(row, widths, above, centers)
    left = min(center - widths[place] / 2 for place, center in centers.items())
    right = max(center + widths[place] / 2 for place, center in centers.items())
    heights = [
        max((boxes[name].height for name, rank in row if rank < 0), default=HEIGHT) for row in rows
    ]
    tops = [sum(heights[:rank]) + GAP_DOWN * rank for rank in range(len(rows))]
    centers = {place: center - left for place, center in centers.items()}
    return Grid(centers, tops, heights, right - left, tops[-1] + heights[-1])


def _place_row(
    row: list[Place],
    widths: dict[Place, float],
    above: dict[Place, Place],
    centers: dict[Place, float],
) -> None:
    """One state stands straight below what leads to it; the others beside it, as near to theirs as
    there is room.
    """
    wanted = {place: centers.get(above.get(place, place), 0.0) for place in row}
    anchor = next((number for number, place in enumerate(row) if place[1] < 0), 0)
    centers[row[anchor]] = wanted[row[anchor]]
    for number in range(anchor + 1, len(row)):
        least = centers[row[number - 1]] + _apart(row[number - 1], row[number], widths)
        centers[row[number]] = max(least, wanted[row[number]])
    for number in range(anchor - 1, -1, -1):
        most = centers[row[number + 1]] - _apart(row[number], row[number + 1], widths)
        centers[row[number]] = min(most, wanted[row[number]])


def _apart(left: Place, right: Place, widths: dict[Place, float]) -> float:
    return (widths[left] + widths[right]) / 2 + GAP_ACROSS


def _routes(
    graph: Graph,
    boxes: dict[str, Box],
    ranks: dict[str, int],
    grid: Grid,
    back: set[tuple[str, str]],
) -> Iterator[Route]:
    for name, state in graph.states.items():
        source = boxes[name]
        for edge in state.edges:
            target = boxes[edge.target]
            if (name, edge.target) in back:
                start = (source.x + source.width, source.y + source.height / 2)
                end = (target.x + target.width, target.y + target.height / 2)
                beside = (grid.width + LOOP_WIDTH / 3, (start[1] + end[1]) / 2)
                yield Route(name, edge, [start, beside, end], is_back=True)
                continue
            points = [(source.x + source.width / 2, source.y + source.height)]
            for place in _bends(name, edge, ranks):
                x, top = grid.centers[place], grid.tops[place[1]]
                points += [(x, top), (x, top + grid.heights[place[1]])]
            points.append((target.x + target.width / 2, target.y))
            yield Route(name, edge, points)
