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


def _evaluated(call: Call, function: str, kind: Type, *arguments: str) -> str:
    """SQL for the answer of ``udfs.geometry``, or for its refusal."""
    first, second = (*arguments, "''")[:2]
    answer = f"lab_geometry('{function}', {first}, {second})"
    refused = call.env.fail(
        "NOT_SUPPORTED", f"'{call.name}: ' || substr(a, 2) || ' is not supported by this lab'", kind
    )
    bad = call.fail(f"'Invalid WKT: ' || {first}", kind)
    body = (
        f"CASE WHEN a IS NULL THEN {bad} WHEN left(a, 1) = '!' THEN {refused} WHEN a = 'NULL'"
        f" THEN NULL ELSE CAST(a AS {types.duckdb(kind)}) END"
    )
    missing = " OR ".join(f"{argument} IS NULL" for argument in arguments)
    made = f"list_extract(list_transform([{answer}], lambda a: {body}), 1)"
    return f"CASE WHEN {missing} THEN NULL ELSE {made} END"


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


def _spherical(call: Call) -> Value:
    return Value(call.sql(0), SPHERICAL)


def _planar(call: Call) -> Value:
    return Value(call.sql(0), GEOMETRY)


FUNCTIONS = {
    "st_point": _point,
    "st_geometryfromtext": _function("parse", GEOMETRY),
    "st_linefromtext": _function("parse", GEOMETRY),
    "st_polygon": _function("parse", GEOMETRY),
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
        for name in ("centroid", "envelope", "startpoint", "endpoint", "intersection")
    },
    "st_numpoints": _function("numpoints", types.BIGINT),
    "st_geometrytype": _function("type", types.VARCHAR),
    "st_dimension": _function("dimension", types.TINYINT),
}
