"""Points, lines and polygons in the plane, computed exactly where a yes or no is asked.

A geometry is its well-known text. Polygons are read but not written, since in which direction and
from which corner Trino writes a ring is its own matter; an envelope is written. What is not done
for a kind of geometry is refused by name. Source: Trino documentation, "Geospatial functions".
"""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

Point = tuple[float, float]
KINDS = ("POINT", "LINESTRING", "POLYGON")
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
PAIR = re.compile(rf"\s*({NUMBER})\s+({NUMBER})\s*")


class Refused(ValueError):  # noqa: N818  what is said of it is the point
    """A geometry, or a pair of them, that this module does not do."""


class Shape:
    """A kind and its rings: a point has one ring of one point, a line one ring."""

    def __init__(self, kind: str, rings: list[list[Point]]) -> None:
        self.kind = kind
        self.rings = rings

    @property
    def points(self) -> list[Point]:
        return [point for ring in self.rings for point in ring]

    @property
    def segments(self) -> list[tuple[Point, Point]]:
        return [pair for ring in self.rings for pair in pairwise(ring)]


def read(text: str) -> Shape | None:  # noqa: PLR0911  one return per fault
    """None when it is no well-known text; Refused for kinds that are not done."""
    match = re.fullmatch(r"\s*(\w+)\s*(EMPTY|\(.*\))\s*", text, re.IGNORECASE | re.DOTALL)
    if match is None:
        return None
    kind = match[1].upper()
    if kind not in KINDS:
        known = ("MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION")
        if kind in known:
            raise Refused(f"a {kind}")
        return None
    if match[2].upper() == "EMPTY":
        return Shape(kind, [])
    inside = match[2][1:-1]
    texts = re.findall(r"\(([^()]*)\)", inside) if kind == "POLYGON" else [inside]
    rings = []
    for ring in texts:
        pairs = [PAIR.fullmatch(part) for part in ring.split(",")]
        if any(pair is None for pair in pairs):
            return None
        rings.append([(float(pair[1]), float(pair[2])) for pair in pairs if pair])
    if kind == "POINT" and len(rings[0]) != 1:
        return None
    if kind == "LINESTRING" and len(rings[0]) < 2:
        return None
    if kind == "POLYGON" and any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        return None
    return Shape(kind, rings)


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.17f}".rstrip("0") if abs(value) < 1e-4 else repr(value)


def write(shape: Shape) -> str:
    if not shape.rings:
        return f"{shape.kind} EMPTY"
    rings = [", ".join(f"{_number(x)} {_number(y)}" for x, y in ring) for ring in shape.rings]
    inside = ", ".join(f"({ring})" for ring in rings) if shape.kind == "POLYGON" else rings[0]
    return f"{shape.kind} ({inside})"


def _turn(a: Point, b: Point, c: Point) -> int:
    """1 when a, b, c turn left, -1 right, 0 when they lie on one line; exact."""
    (ax, ay), (bx, by), (cx, cy) = ((Fraction(x), Fraction(y)) for x, y in (a, b, c))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return (area > 0) - (area < 0)


def _on(point: Point, a: Point, b: Point) -> bool:
    return (
        _turn(a, b, point) == 0
        and min(a[0], b[0]) <= point[0] <= max(a[0], b[0])
        and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])
    )


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    if _on(a, c, d) or _on(b, c, d) or _on(c, a, b) or _on(d, a, b):
        return True
    return _turn(a, b, c) != _turn(a, b, d) and _turn(c, d, a) != _turn(c, d, b)


def _inside(point: Point, polygon: Shape) -> int:
    """1 inside, 0 on the boundary, -1 outside."""
    if any(_on(point, a, b) for a, b in polygon.segments):
        return 0
    odd = False
    for a, b in polygon.segments:
        if (a[1] > point[1]) != (b[1] > point[1]):
            low, high = (a, b) if a[1] < b[1] else (b, a)
            odd ^= _turn(low, high, point) > 0
    return 1 if odd else -1


def _intersects(a: Shape, b: Shape) -> bool:
    if not a.rings or not b.rings:
        return False
    if a.kind == "POINT" and b.kind == "POINT":
        return a.points == b.points
    if "POINT" in (a.kind, b.kind):
        point, other = (a, b) if a.kind == "POINT" else (b, a)
        if other.kind == "POLYGON":
            return _inside(point.points[0], other) >= 0
        return any(_on(point.points[0], *segment) for segment in other.segments)
    if any(_cross(*one, *other) for one in a.segments for other in b.segments):
        return True
    first_in_b = b.kind == "POLYGON" and _inside(a.points[0], b) >= 0
    return first_in_b or (a.kind == "POLYGON" and _inside(b.points[0], a) >= 0)


def _contains(a: Shape, b: Shape) -> bool:
    """Whether ``b`` has no point outside of ``a`` and one inside."""
    if not a.rings or not b.rings:
        return False
    if b.kind != "POINT":
        raise Refused(f"whether a {a.kind} contains a {b.kind}")
    point = b.points[0]
    if a.kind == "POLYGON":
        return _inside(point, a) > 0
    if a.kind == "LINESTRING":
        ends = () if a.points[0] == a.points[-1] else (a.points[0], a.points[-1])
        return point not in ends and any(_on(point, *segment) for segment in a.segments)
    return a.points == b.points


def _to_segment(point: Point, a: Point, b: Point) -> float:
    length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    share = 0.0
    if length:
        share = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / length
    share = min(1.0, max(0.0, share))
    return math.dist(point, (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))


def _distance(a: Shape, b: Shape) -> float | None:
    if not a.rings or not b.rings:
        return None
    if _intersects(a, b):
        return 0.0
    if a.kind == b.kind == "POINT":
        return math.dist(a.points[0], b.points[0])
    return min(
        _to_segment(point, *segment)
        for one, other in ((a, b), (b, a))
        for point in one.points
        for segment in other.segments
    )


def _ring_area(ring: list[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def _area(shape: Shape) -> float:
    if shape.kind != "POLYGON" or not shape.rings:
        return 0.0
    areas = [abs(_ring_area(ring)) for ring in shape.rings]
    return areas[0] - sum(areas[1:])


def _length(shape: Shape) -> float:
    if shape.kind != "LINESTRING":
        raise Refused(f"the length of a {shape.kind}")
    return sum(math.dist(a, b) for a, b in shape.segments)


def _centroid(shape: Shape) -> Shape:
    if not shape.rings or shape.kind == "POINT":
        return Shape("POINT", shape.rings)
    if shape.kind == "POLYGON" and len(shape.rings) == 1:
        # From a corner, so that far from the origin nothing is lost.
        (ox, oy), ring = shape.rings[0][0], shape.rings[0]
        moved = [(x - ox, y - oy) for x, y in ring]
        area, x, y = _ring_area(moved), 0.0, 0.0
        for a, b in pairwise(moved):
            weight = a[0] * b[1] - b[0] * a[1]
            x, y = x + (a[0] + b[0]) * weight, y + (a[1] + b[1]) * weight
        return Shape("POINT", [[(ox + x / (6 * area), oy + y / (6 * area))]])
    if shape.kind == "LINESTRING":
        total, x, y = _length(shape), 0.0, 0.0
        for a, b in shape.segments:
            weight = math.dist(a, b) / total
            x, y = x + (a[0] + b[0]) / 2 * weight, y + (a[1] + b[1]) / 2 * weight
        return Shape("POINT", [[(x, y)]])
    raise Refused("the centroid of a polygon with holes")


def _envelope(shape: Shape) -> Shape:
    xs, ys = zip(*shape.points, strict=True)
    low, high = (min(xs), min(ys)), (max(xs), max(ys))
    if low[0] == high[0] or low[1] == high[1]:
        raise Refused("an envelope without an area")
    corners = [low, (high[0], low[1]), high, (low[0], high[1]), low]
    return Shape("POLYGON", [corners])


def _crossing(a: Shape, b: Shape) -> Shape:
    """The one point in which two lines of one segment cross."""
    if a.kind != "LINESTRING" or b.kind != "LINESTRING" or len(a.segments) != 1 != len(b.segments):
        raise Refused(f"the intersection of a {a.kind} and a {b.kind}")
    if len(b.segments) != 1 or not _intersects(a, b):
        raise Refused("the intersection of lines that do not cross")
    (p, q), (r, s) = a.segments[0], b.segments[0]
    px, py, qx, qy, rx, ry, sx, sy = (Fraction(v) for v in (*p, *q, *r, *s))
    slope = (qx - px) * (sy - ry) - (qy - py) * (sx - rx)
    if slope == 0:
        raise Refused("the intersection of lines on one line")
    share = ((rx - px) * (sy - ry) - (ry - py) * (sx - rx)) / slope
    return Shape("POINT", [[(float(px + share * (qx - px)), float(py + share * (qy - py)))]])


def _is_valid(shape: Shape) -> bool:
    if shape.kind != "POLYGON":
        return True
    if len(shape.rings) > 1:
        raise Refused("whether a polygon with holes is valid")
    edges = shape.segments
    for i, one in enumerate(edges):
        for j in range(i + 2, len(edges)):
            neighbours = i == 0 and j == len(edges) - 1
            if not neighbours and _cross(*one, *edges[j]):
                return False
    return _area(shape) > 0


def _count(shape: Shape) -> int:
    """Of a ring, its first point counts once."""
    return len(shape.points) - (len(shape.rings) if shape.kind == "POLYGON" else 0)


def _bound(axis: int, choose: Callable[..., float]) -> Callable[[Shape], float | None]:
    return lambda shape: choose(p[axis] for p in shape.points) if shape.rings else None


def _coordinate(axis: int) -> Callable[[Shape], float | None]:
    return lambda shape: shape.points[0][axis] if shape.rings else None


ONE: dict[str, Callable[[Shape], object]] = {
    "x": _coordinate(0), "y": _coordinate(1), "area": _area, "length": _length,
    "centroid": _centroid, "envelope": _envelope, "isvalid": _is_valid,
    "isempty": lambda shape: not shape.rings,
    "isclosed": lambda shape: shape.points[0] == shape.points[-1],
    "numpoints": _count,
    "startpoint": lambda shape: Shape("POINT", [[shape.points[0]]]),
    "endpoint": lambda shape: Shape("POINT", [[shape.points[-1]]]),
    "xmin": _bound(0, min), "ymin": _bound(1, min), "xmax": _bound(0, max), "ymax": _bound(1, max),
    "type": lambda shape: {"POINT": "ST_Point", "LINESTRING": "ST_LineString",
                           "POLYGON": "ST_Polygon"}[shape.kind],
    "dimension": lambda shape: KINDS.index(shape.kind),
}  # fmt: skip
TWO: dict[str, Callable[[Shape, Shape], object]] = {
    "intersects": _intersects, "disjoint": lambda a, b: not _intersects(a, b),
    "contains": _contains, "within": lambda a, b: _contains(b, a), "distance": _distance,
    "intersection": _crossing,
}  # fmt: skip


def evaluate(function: str, first: str, second: str) -> str | None:
    """The text of what a function answers; ``!`` and a reason when it is refused, None when a text
    is no geometry.
    """
    try:
        a = read(first)
        if a is None:
            return None
        if function == "parse":
            # Without the space, so that it is told from what this module wrote.
            return (
                "POLYGON" + first[first.index("(") :]
                if a.kind == "POLYGON" and a.rings
                else write(a)
            )
        if function == "text":
            if a.kind == "POLYGON" and not first.startswith("POLYGON (("):
                raise Refused("the text of a polygon")
            return write(a)
        b = read(second) if function in TWO else None
        found = ONE[function](a) if b is None else TWO[function](a, b)
    except Refused as error:
        return f"!{error}"
    if isinstance(found, Shape):
        return write(found)
    return (
        "NULL" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
    )
