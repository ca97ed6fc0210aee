"""Geospatial functions on points, lines and polygons. Source: Trino documentation, "Geospatial
functions".
"""

from lab.engine import types
from lab.engine.builtins import probabilities
from lab.engine.builtins.templates import Function
from lab.engine.calls import Call
from lab.engine.errors import unsupported
from lab.engine.types import Type
from lab.engine.values import Value

GEOMETRY = Type("geometry")
SPHERICAL = Type("sphericalgeography")
TILE = Type("bingtile")


def _evaluated(call: Call, function: str, kind: Type, *arguments: str) -> str:
    """SQL for the answer of ``udfs.geometry``, or for its refusal."""
    first, second = (*arguments, "''")[:2]
    answer = f"lab_geometry('{function}:{SHOWN.get(call.name, call.name)}', {first}, {second})"
    refused = call.env.fail(
        "NOT_SUPPORTED", f"'{call.name}: ' || substr(a, 2) || ' is not supported by this lab'", kind
    )
    bad = call.fail(f"'Invalid WKT: ' || {first}", kind)
    misused = call.fail("substr(a, 2)", kind)
    body = (
        f"CASE WHEN a IS NULL THEN {bad} WHEN left(a, 1) = '!' THEN {refused}"
        f" WHEN left(a, 1) = '?' THEN {misused} WHEN a = 'NULL'"
        f" THEN NULL ELSE CAST(a AS {types.duckdb(kind)}) END"
    )
    missing = " OR ".join(f"{argument} IS NULL" for argument in arguments)
    made = f"list_extract(list_transform([{answer}], lambda a: {body}), 1)"
    return f"CASE WHEN {missing} THEN NULL ELSE {made} END"


# How messages write the names.
SHOWN = {
    f"st_{name.lower()}": f"ST_{name}"
    for name in (
        "X", "Y", "StartPoint", "EndPoint", "PointN", "IsRing", "IsClosed", "Length", "Centroid",
        "ExteriorRing", "InteriorRingN", "NumInteriorRing", "LineFromText", "Polygon", "Distance",
    )
}  # fmt: skip


def _function(name: str, kind: Type) -> Function:
    def write(call: Call) -> Value:
        if any(argument.type == SPHERICAL for argument in call.args):
            raise unsupported(f"{call.name} of {SPHERICAL}", call.node)
        return Value(_evaluated(call, name, kind, *(a.sql for a in call.args)), kind)

    return write


def _point(call: Call) -> Value:
    x, y = call.sql(0), call.sql(1)
    text = f"'POINT (' || CAST({x} AS VARCHAR) || ' ' || CAST({y} AS VARCHAR) || ')'"
    return Value(_evaluated(call, "parse", GEOMETRY, f"({text})"), GEOMETRY)


def _distance(call: Call) -> Value:
    """On a sphere in metres, between points."""
    if call.args[0].type != SPHERICAL:
        return _function("distance", types.DOUBLE)(call)
    places = [
        Value(_evaluated(call, axis, types.DOUBLE, argument.sql), types.DOUBLE)
        for argument in call.args
        for axis in ("y", "x")
    ]
    inner = Call(call.name, tuple(places), types.DOUBLE, call.env, call.node)
    kilometres = probabilities.FUNCTIONS["great_circle_distance"](inner)
    return Value(f"({kilometres.sql} * 1000)", types.DOUBLE)


def _numbered(name: str) -> Function:
    """With a number as the second argument."""

    def write(call: Call) -> Value:
        number = f"CAST({call.sql(1)} AS VARCHAR)"
        return Value(_evaluated(call, name, GEOMETRY, call.sql(0), number), GEOMETRY)

    return write


def _answered(call: Call, sql: str, kind: Type) -> str:
    """The answer of a function in Python that says what is wrong behind a question mark."""
    bad = call.fail("substr(a, 2)", kind)
    body = f"CASE WHEN left(a, 1) = '?' THEN {bad} ELSE a END"
    return f"list_extract(list_transform([{sql}], lambda a: {body}), 1)"


def _tile(call: Call) -> Value:
    """A tile is its quadkey."""
    if len(call.args) == 1:
        sql = f"lab_tile_key({call.sql(0)})"
    else:
        sql = f"lab_tile({call.sql(0)}, {call.sql(1)}, {call.sql(2)})"
    return Value(_answered(call, sql, TILE), TILE)


def _tile_at(call: Call) -> Value:
    latitude, longitude, zoom = (call.sql(i) for i in range(3))
    sql = f"lab_tile_at({latitude}, {longitude}, CAST({zoom} AS DOUBLE))"
    return Value(_answered(call, sql, TILE), TILE)


def _zoom(call: Call) -> Value:
    return Value(f"CAST(length({call.sql(0)}) AS TINYINT)", types.TINYINT)


def _coordinates(call: Call) -> Value:
    kind = types.row(("x", types.INTEGER), ("y", types.INTEGER))
    numbers = f"lab_tile_coordinates({call.sql(0)})"
    made = "{'x': list_extract(l, 1), 'y': list_extract(l, 2)}"
    sql = f"list_extract(list_transform([{numbers}], lambda l: {made}), 1)"
    sql = f"CASE WHEN {call.sql(0)} IS NULL THEN NULL ELSE {sql} END"
    return Value(f"CAST({sql} AS {types.duckdb(kind)})", kind)


def _tile_polygon(call: Call) -> Value:
    return Value(f"lab_tile_polygon({call.sql(0)})", GEOMETRY)


def _spherical(call: Call) -> Value:
    return Value(call.sql(0), SPHERICAL)


def _planar(call: Call) -> Value:
    return Value(call.sql(0), GEOMETRY)


FUNCTIONS = {
    "st_point": _point,
    "st_geometryfromtext": _function("parse", GEOMETRY),
    "st_linefromtext": _function("line", GEOMETRY),
    "st_polygon": _function("polygon", GEOMETRY),
    **{f"st_{name}": _numbered(name) for name in ("geometryn", "pointn", "interiorringn")},
    "line_interpolate_point": _numbered("interpolate"),
    "st_numgeometries": _function("numgeometries", types.INTEGER),
    "st_numinteriorring": _function("numinteriorring", types.BIGINT),
    "st_coorddim": _function("coorddim", types.TINYINT),
    "bing_tile": _tile,
    "bing_tile_at": _tile_at,
    "bing_tile_quadkey": lambda call: Value(call.sql(0), types.VARCHAR),
    "bing_tile_zoom_level": _zoom,
    "bing_tile_coordinates": _coordinates,
    "bing_tile_polygon": _tile_polygon,
    "st_astext": _function("text", types.VARCHAR),
    "st_distance": _distance,
    "to_spherical_geography": _spherical,
    "to_geometry": _planar,
    **{
        f"st_{name}": _function(name, types.BOOLEAN)
        for name in (
            "contains",
            "within",
            "intersects",
            "disjoint",
            "isempty",
            "isring",
            "equals",
            "isclosed",
            "isvalid",
        )
    },
    **{
        f"st_{name}": _function(name, types.DOUBLE)
        for name in ("x", "y", "area", "length", "xmin", "xmax", "ymin", "ymax")
    },
    **{
        f"st_{name}": _function(name, GEOMETRY)
        for name in (
            "centroid",
            "envelope",
            "startpoint",
            "endpoint",
            "intersection",
            "boundary",
            "exteriorring",
        )
    },
    "st_numpoints": _function("numpoints", types.BIGINT),
    "st_geometrytype": _function("type", types.VARCHAR),
    "st_dimension": _function("dimension", types.TINYINT),
}
