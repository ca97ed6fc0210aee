"""The short way to write a function: a template of DuckDB's SQL, converted to the type that the
signature gives.
"""

from collections.abc import Callable

from lab.engine import types
from lab.engine.calls import Call
from lab.engine.errors import unsupported
from lab.engine.types import Type
from lab.engine.values import Value

Function = Callable[[Call], Value]


def template(text: str, kind: Type | None = None, refuse: tuple[str, ...] = ("char",)) -> Function:
    """``text`` has {0}, {1}... for the arguments; ``refuse`` names types of the first argument not
    done yet.
    """

    def write(call: Call) -> Value:
        returns = kind or call.returns
        if returns is None or (call.args and call.args[0].type.name in refuse):
            given = ", ".join(str(argument.type) for argument in call.args)
            raise unsupported(f"{call.name}({given})", call.node)
        sql = text.format(*(argument.sql for argument in call.args))
        return Value(f"CAST({sql} AS {types.duckdb(returns)})", returns)

    return write


def by_count(**versions: Function) -> Function:
    """Another template per number of arguments: ``n1=..., n2=...``."""

    def write(call: Call) -> Value:
        version = versions.get(f"n{len(call.args)}")
        if version is None:
            raise unsupported(f"{call.name} with {len(call.args)} arguments", call.node)
        return version(call)

    return write
