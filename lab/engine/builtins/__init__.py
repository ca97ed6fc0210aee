"""How Trino's scalar functions are written for DuckDB, one module per family.

``SCALARS`` are functions that Trino lists, whose arguments arrive converted to the signature;
``GRAMMAR`` are those of Trino's grammar, which type themselves. A function in neither is refused
by name.
"""

from collections.abc import Callable

from lab.engine.builtins import (
    arrays,
    binaries,
    bits,
    dates,
    formats,
    geometries,
    grammar,
    joda,
    jsons,
    lists,
    maps,
    numbers,
    probabilities,
    regexps,
    sketches,
    strings,
)
from lab.engine.calls import Call
from lab.engine.values import Value

SCALARS: dict[str, Callable[[Call], Value]] = {
    **numbers.FUNCTIONS,
    **strings.FUNCTIONS,
    **regexps.FUNCTIONS,
    **dates.FUNCTIONS,
    **joda.FUNCTIONS,
    **arrays.FUNCTIONS,
    **lists.FUNCTIONS,
    **maps.FUNCTIONS,
    **formats.FUNCTIONS,
    **geometries.FUNCTIONS,
    **sketches.FUNCTIONS,
    **jsons.FUNCTIONS,
    **binaries.FUNCTIONS,
    **bits.FUNCTIONS,
    **probabilities.FUNCTIONS,
}
GRAMMAR: dict[str, Callable[[Call], Value]] = grammar.FUNCTIONS
