"""Geometries and their well-known text, as Trino writes it: the outer ring of a polygon runs
against the clock and its holes with it, each from the point with which it was written.

Source: Trino documentation, "Geospatial functions".
"""

import re
from itertools import pairwise

Point = tuple[float, float]
SIMPLE = ("POINT", "LINESTRING", "POLYGON")
PARTS = {"MULTIPOINT": "POINT", "MULTILINESTRING": "LINESTRING", "MULTIPOLYGON": "POLYGON"}
COLLECTION = "GEOMETRYCOLLECTION"
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
PAIR = re.compile(rf"\s*({NUMBER})\s+({NUMBER})\s*")
# What messages call a kind.
WORDS = {
    "LINESTRING": "LINE_STRING", "MULTIPOINT": "MULTI_POINT",
    "MULTILINESTRING": "MULTI_LINE_STRING", "MULTIPOLYGON": "MULTI_POLYGON",
    COLLECTION: "GEOMETRY_COLLECTION",
}  # fmt: skip


class Shape:
    """A kind and its rings (a point has one ring of one point, a line one ring), or its parts."""

    def __init__(
        self, kind: str, rings: list[list[Point]], parts: "list[Shape] | None" = None
    ) -> None:
        self.kind = kind
        own = [ring for part in parts or () for ring in part.rings]
        self.rings: list[list[Point]] = rings if parts is None else own
        self.parts = parts

    @property
    def points(self) -> list[Point]:
        return [point for ring in self.rings for point in ring]

    @property
    def segments(self) -> list[tuple[Point, Point]]:
        return [pair for ring in self.rings for pair in pairwise(ring)]

    @property
    def simple(self) -> "list[Shape]":
        """Itself, or the parts of its parts."""
        if self.parts is None:
            return [self]
        return [one for part in self.parts for one in part.simple]


def ring_area(ring: list[Point]) -> float:
    """Positive for a ring that runs against the clock."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def split(inside: str) -> list[str]:
    """The parts between commas that stand in no parentheses."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(inside):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(inside[start:place])
            start = place + 1
    return [*parts, inside[start:]]


def read(text: str) -> Shape | None:
    """None when it is no well-known text."""
    match = re.fullmatch(r"\s*(\w+)\s*(EMPTY|\(.*\))\s*", text, re.IGNORECASE | re.DOTALL)
    kind = match[1].upper() if match else ""
    if match is None or kind not in (*SIMPLE, *PARTS, COLLECTION):
        return None
    if match[2].upper() == "EMPTY":
        return Shape(kind, [], None if kind in SIMPLE else [])
    inside = match[2][1:-1]
    if kind in SIMPLE:
        return _read_simple(kind, inside)
    parts = []
    for part in split(inside):
        written = part.strip()
        if kind != COLLECTION:
            written = written if written.startswith("(") else f"({written})"
            written = f"{PARTS[kind]} {written}"
        found = read(written)
        if found is None:
            return None
        parts.append(found)
    return Shape(kind, [], parts)


def _read_simple(kind: str, inside: str) -> Shape | None:
    texts = re.findall(r"\(([^()]*)\)", inside) if kind == "POLYGON" else [inside]
    rings: list[list[Point]] = []
    for ring in texts:
        pairs = [PAIR.fullmatch(part) for part in ring.split(",")]
        if any(pair is None for pair in pairs):
            return None
        rings.append([(float(pair[1]), float(pair[2])) for pair in pairs if pair])
    least = {"POINT": 1, "LINESTRING": 2, "POLYGON": 4}[kind]
    if not rings or any(len(ring) < least for ring in rings):
        return None
    if kind == "POINT" and len(rings[0]) != 1:
        return None
    if kind == "POLYGON":
        if any(ring[0] != ring[-1] for ring in rings):
            return None
        rings = [
            ring[::-1] if (ring_area(ring) < 0) != (place > 0) else ring
            for place, ring in enumerate(rings)
        ]
    return Shape(kind, rings)


def number(value: float) -> str:
    """With the digits that Java's text of a geometry has."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    small = abs(value) < 1e-4
    return f"{value:.16e}" if small or abs(value) >= 1e17 else repr(value)


def write(shape: Shape) -> str:
    return f"{shape.kind} {_inside(shape)}"


def _inside(shape: Shape) -> str:
    if shape.parts is not None:
        each = write if shape.kind == COLLECTION else _inside
        return f"({', '.join(map(each, shape.parts))})" if shape.parts else "EMPTY"
    if not shape.rings:
        return "EMPTY"
    rings = [", ".join(f"{number(x)} {number(y)}" for x, y in ring) for ring in shape.rings]
    return (
        f"({', '.join(f'({ring})' for ring in rings)})"
        if shape.kind == "POLYGON"
        else f"({rings[0]})"
    )
