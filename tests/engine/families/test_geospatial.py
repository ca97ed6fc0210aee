"""Points, lines and polygons: borders, holes, what is refused."""

import pytest

from tests.engine.families.tables import BAD_ARGUMENT, REFUSED, Expected, Table, check
from tests.engine.support import Athena

TABLE: Table = (
    ("ST_AsText(ST_Point(1.5, -2))", "POINT (1.5 -2)"),
    ("ST_X(ST_Point(1, 2))", "1.0"),
    ("ST_Distance(ST_Point(0, 0), ST_Point(3, 4))", "5.0"),
    ("ST_Distance(ST_Point(5, 1), ST_GeometryFromText('POLYGON((0 0,0 2,2 2,2 0,0 0))'))", "3.0"),
    (
        "ST_Area(ST_GeometryFromText('POLYGON((0 0,0 9,9 9,9 0,0 0),(1 1,1 2,2 2,2 1,1 1))'))",
        "80.0",
    ),
    ("ST_Contains(ST_GeometryFromText('POLYGON((0 0,0 2,2 2,2 0,0 0))'), ST_Point(1, 1))", "true"),
    ("ST_Contains(ST_GeometryFromText('POLYGON((0 0,0 2,2 2,2 0,0 0))'), ST_Point(0, 1))", "false"),
    (
        "ST_Intersects(ST_GeometryFromText('POLYGON((0 0,0 2,2 2,2 0,0 0))'), ST_Point(0, 1))",
        "true",
    ),
    (
        "ST_Contains(ST_GeometryFromText('POLYGON((0 0,0 9,9 9,9 0,0 0),(1 1,1 3,3 3,3 1,1 1))'),"
        " ST_Point(2, 2))",
        "false",
    ),
    ("ST_Length(ST_LineFromText('LINESTRING(0 0, 3 4, 3 5)'))", "6.0"),
    (
        "ST_AsText(ST_Intersection(ST_LineFromText('LINESTRING(0 0, 2 2)'),"
        " ST_LineFromText('LINESTRING(0 2, 2 0)')))",
        "POINT (1 1)",
    ),
    (
        "ST_AsText(ST_Centroid(ST_GeometryFromText('POLYGON((0 0,0 2,2 2,2 0,0 0))')))",
        "POINT (1 1)",
    ),
    (
        "ST_AsText(ST_Envelope(ST_LineFromText('LINESTRING(0 0, 3 4)')))",
        "POLYGON ((0 0, 3 0, 3 4, 0 4, 0 0))",
    ),
    ("ST_IsValid(ST_GeometryFromText('POLYGON((0 0,2 2,2 0,0 2,0 0))'))", "false"),
    ("ST_X(ST_GeometryFromText('POINT EMPTY'))", None),
    ("ST_Distance(ST_Point(1, 1), NULL)", None),
    ("ST_GeometryFromText('FOO(1 2)') IS NULL", BAD_ARGUMENT),
    ("ST_Buffer(ST_Point(1, 2), 1) IS NULL", REFUSED),
    ("ST_Point(1, 2)", REFUSED),
)


@pytest.mark.fidelity("athena_sql.geospatial")
@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_expression(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)
