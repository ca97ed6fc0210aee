"""Geospatial functions in the plane, computed exactly where a yes or no is asked.

What is not done for a kind of geometry is refused by name. Source: Trino documentation,
"Geospatial functions".
"""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from lab.engine.udfs.shapes import (
    COLLECTION,
    SIMPLE,
    WORDS,
    Point,
    Shape,
    read,
    ring_area,
    write,
)


class Refused(ValueError):  # noqa: N818  what is said of it is the point
    """A geometry, or a pair of them, that this module does not do."""


class Misused(ValueError):  # noqa: N818  what is said of it is the point
    """A geometry of a kind that the function is not for."""


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


def _area(shape: Shape) -> float:
    total = 0.0
    for part in shape.simple:
        if part.kind == "POLYGON" and part.rings:
            areas = [abs(ring_area(ring)) for ring in part.rings]
            total += areas[0] - sum(areas[1:])
    return total


def _length(shape: Shape) -> float:
    return sum(math.dist(a, b) for a, b in shape.segments)


def _centroid(shape: Shape) -> Shape:
    if not shape.rings or shape.kind == "POINT":
        return Shape("POINT", shape.rings)
    if shape.kind == "POLYGON" and len(shape.rings) == 1:
        # From a corner, so that far from the origin nothing is lost.
        (ox, oy), ring = shape.rings[0][0], shape.rings[0]
        moved = [(x - ox, y - oy) for x, y in ring]
        area, x, y = ring_area(moved), 0.0, 0.0
        for a, b in pairwise(moved):
            weight = a[0] * b[1] - b[0] * a[1]
            x, y = x + (a[0] + b[0]) * weight, y + (a[1] + b[1]) * weight
        return Shape("POINT", [[(ox + x / (6 * area), oy + y / (6 * area))]])
    if shape.kind == "LINESTRING":
        total, x, y = _length(shape), 0.0, 0.0
        for a, b in shape.segments:
            weight = math.dist(a, b)
            x, y = x + (a[0] + b[0]) / 2 * weight, y + (a[1] + b[1]) / 2 * weight
        return Shape("POINT", [[(x / total, y / total)]])
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
    polygons = [part for part in shape.simple if part.kind == "POLYGON"]
    return len(shape.points) - sum(len(part.rings) for part in polygons)


def _plain(shape: Shape) -> Shape:
    if shape.parts is not None:
        raise Refused(f"a {shape.kind}")
    return shape


def _boundary(shape: Shape) -> Shape:
    if shape.kind == "POLYGON":
        return Shape("MULTILINESTRING", [], [Shape("LINESTRING", [r]) for r in shape.rings])
    if shape.kind == "LINESTRING" and shape.rings:
        ends = (shape.points[0], shape.points[-1])
        kept = () if ends[0] == ends[1] else ends
        return Shape("MULTIPOINT", [], [Shape("POINT", [[point]]) for point in kept])
    if shape.kind in ("POINT", "MULTIPOINT"):
        return Shape("MULTIPOINT", [], [])
    raise Refused(f"the boundary of a {shape.kind}")


def _nth(items: list[Shape], place: str) -> Shape | None:
    return items[int(place) - 1] if 1 <= int(place) <= len(items) else None


def _points(shape: Shape) -> list[Shape]:
    return [Shape("POINT", [[point]]) for point in shape.points]


def _lines(rings: list[list[Point]]) -> list[Shape]:
    return [Shape("LINESTRING", [ring]) for ring in rings]


def _along(shape: Shape, share: str) -> Shape | None:
    """The point at a share of a line's length."""
    wanted = float(share)
    if not 0 <= wanted <= 1:
        raise Misused(f"fraction must be between 0 and 1, but is {wanted}")
    if not shape.rings:
        return None
    rest = wanted * _length(shape)
    for a, b in shape.segments:
        size = math.dist(a, b)
        if rest <= size and size:
            x, y = (a[i] + (b[i] - a[i]) * rest / size for i in (0, 1))
            return Shape("POINT", [[(x, y)]])
        rest -= size
    return Shape("POINT", [[shape.points[-1]]])


def _equals(a: Shape, b: Shape) -> bool:
    if write(a) == write(b):
        return True
    if a.kind != b.kind and not (a.parts or b.parts):
        return not a.rings and not b.rings
    if a.kind == b.kind and a.kind in ("POINT", "MULTIPOINT"):
        return set(a.points) == set(b.points)
    if (
        a.kind == b.kind
        and set(a.points) != set(b.points)
        and len(a.segments) == len(b.segments) == 1
    ):
        return False
    raise Refused(f"whether a {a.kind} equals a {b.kind}")


def _bound(axis: int, choose: Callable[..., float]) -> Callable[[Shape], float | None]:
    return lambda shape: choose(p[axis] for p in shape.points) if shape.rings else None


def _coordinate(axis: int) -> Callable[[Shape], float | None]:
    return lambda shape: shape.points[0][axis] if shape.rings else None


NAMES = {
    "POINT": "ST_Point", "LINESTRING": "ST_LineString", "POLYGON": "ST_Polygon",
    "MULTIPOINT": "ST_MultiPoint", "MULTILINESTRING": "ST_MultiLineString",
    "MULTIPOLYGON": "ST_MultiPolygon", COLLECTION: "ST_GeomCollection",
}  # fmt: skip
ONE: dict[str, Callable[[Shape], object]] = {
    "x": _coordinate(0), "y": _coordinate(1), "area": _area, "length": _length,
    "centroid": _centroid, "envelope": _envelope, "isvalid": _is_valid,
    "isempty": lambda shape: not shape.rings,
    "isclosed": lambda shape: shape.points[0] == shape.points[-1],
    "numpoints": _count,
    "startpoint": lambda shape: Shape("POINT", [[shape.points[0]]]),
    "endpoint": lambda shape: Shape("POINT", [[shape.points[-1]]]),
    "xmin": _bound(0, min), "ymin": _bound(1, min), "xmax": _bound(0, max), "ymax": _bound(1, max),
    "type": lambda shape: NAMES[shape.kind],
    "dimension": lambda shape: max((SIMPLE.index(one.kind) for one in shape.simple), default=0),
    "coorddim": lambda _shape: 2,
    "boundary": _boundary,
    "isring": lambda shape: bool(shape.rings) and shape.points[0] == shape.points[-1],
    "numgeometries": lambda shape: len([one for one in shape.parts or [shape] if one.rings]),
    "numinteriorring": lambda shape: len(shape.rings) - 1 if shape.rings else None,
    "exteriorring": lambda shape: _lines(shape.rings)[0] if shape.rings else None,
    "text": write,
    "line": lambda shape: shape,
    "polygon": lambda shape: shape,
    "parse": lambda shape: shape,
}  # fmt: skip
TWO: dict[str, Callable[[Shape, Shape], object]] = {
    "intersects": _intersects, "disjoint": lambda a, b: not _intersects(a, b),
    "contains": _contains, "within": lambda a, b: _contains(b, a), "distance": _distance,
    "intersection": _crossing, "equals": _equals,
}  # fmt: skip
NUMBERED: dict[str, Callable[[Shape, str], object]] = {
    "geometryn": lambda shape, n: _nth(shape.parts if shape.parts is not None else [shape], n),
    "pointn": lambda shape, n: _nth(_points(shape), n),
    "interiorringn": lambda shape, n: _nth(_lines(shape.rings[1:]), n),
    "interpolate": _along,
}
LINES, POLYGONS = ("LINESTRING",), ("POLYGON",)
# The kinds that a function is for, where it is not for all.
ONLY: dict[str, tuple[str, ...]] = {
    "x": ("POINT",), "y": ("POINT",), "startpoint": LINES, "endpoint": LINES, "pointn": LINES,
    "isring": LINES, "interpolate": LINES, "line": LINES, "polygon": POLYGONS,
    "isclosed": ("LINESTRING", "MULTILINESTRING"), "length": ("LINESTRING", "MULTILINESTRING"),
    "exteriorring": POLYGONS, "interiorringn": POLYGONS, "numinteriorring": POLYGONS,
    "centroid": ("POINT", "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "POLYGON", "MULTIPOLYGON"),
}  # fmt: skip
# Functions that know no parts.
UNPARTED = ("centroid", "isvalid", *TWO)


def evaluate(function: str, first: str, second: str) -> str | None:
    """The text of what a function answers; ``!`` and a reason when it is refused, ``?`` and a
    message when it is not for such a geometry, None when a text is no geometry. ``function`` may
    have the name that the message gives it behind a colon.
    """
    function, _, shown = function.partition(":")
    try:
        a = read(first)
        if a is None:
            return None
        kinds = ONLY.get(function, (a.kind,))
        if a.kind not in kinds:
            words = " or ".join(WORDS.get(kind, kind) for kind in kinds)
            given = WORDS.get(a.kind, a.kind)
            raise Misused(f"{shown} only applies to {words}. Input type is: {given}")
        found = _computed(function, a, second)
    except Refused as error:
        return f"!{error}"
    except Misused as error:
        return f"?{error}"
    if isinstance(found, Shape):
        return write(found)
    return (
        "NULL" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
    )


def _computed(function: str, a: Shape, second: str) -> object:
    if function in NUMBERED:
        return NUMBERED[function](a, second)
    if function in UNPARTED:
        a = _plain(a)
    if function not in TWO:
        return ONE[function](a)
    b = read(second)
    return TWO[function](a, _plain(b)) if b is not None else None
