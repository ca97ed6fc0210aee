"""Bing tiles: the squares of the Mercator projection, each named by its quadkey.

Source: Trino documentation, "Geospatial functions", section "Bing tiles".
"""

import math

from lab.engine.udfs.shapes import Shape, write

MOST_ZOOM = 23
MOST_LATITUDE = 85.05112878


def tile(x: int, y: int, zoom: int) -> str:
    """Its quadkey, or ``?`` and what is wrong."""
    if not 1 <= zoom <= MOST_ZOOM:
        return f"?Zoom level must be {'> 0' if zoom < 1 else f'<= {MOST_ZOOM}'}"
    if not (0 <= x < 2**zoom and 0 <= y < 2**zoom):
        return f"?XY coordinates for a Bing tile at zoom level {zoom} must be within [0, {2**zoom})"
    return "".join(
        str((x >> place & 1) + 2 * (y >> place & 1)) for place in range(zoom - 1, -1, -1)
    )


def from_key(key: str) -> str:
    if not key or set(key) - set("0123"):
        return f"?Invalid QuadKey digit sequence: {key}"
    return key if len(key) <= MOST_ZOOM else f"?QuadKey must be {MOST_ZOOM} characters or less"


def tile_at(latitude: float, longitude: float, zoom: float) -> str:
    if not -MOST_LATITUDE <= latitude <= MOST_LATITUDE:
        return f"?Latitude must be between {-MOST_LATITUDE} and {MOST_LATITUDE}"
    if not -180 <= longitude <= 180:
        return "?Longitude must be between -180.0 and 180.0"
    level = int(zoom)
    if not 1 <= level <= MOST_ZOOM:
        return tile(0, 0, level)
    size = 2**level
    sine = math.sin(math.radians(latitude))
    across = (longitude + 180) / 360
    down = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    x, y = (min(max(int(share * size), 0), size - 1) for share in (across, down))
    return tile(x, y, level)


def coordinates(key: str) -> list[int]:
    return [int("".join(str(int(digit) >> bit & 1) for digit in key), 2) for bit in (0, 1)]


def polygon(key: str) -> str:
    """Its corners from the south-west, against the clock."""
    (x, y), size = coordinates(key), 2 ** len(key)
    west, east = (360 * (place / size) - 180 for place in (x, x + 1))
    north, south = (_latitude(place / size) for place in (y, y + 1))
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return write(Shape("POLYGON", [ring]))


def _latitude(down: float) -> float:
    return 90 - 360 * math.atan(math.exp(-(0.5 - down) * 2 * math.pi)) / math.pi
