"""Scalar functions: a call is matched with Trino's signatures, then written for DuckDB by
``builtins`` modules.
"""

from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from lab.engine import signatures, types
from lab.engine.casts import coerce
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.types import Type
from lab.engine.values import Env, Value, union_reads

EXTRACTABLE = {
    "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "WEEK": "week", "DAY": "day",
    "DAY_OF_MONTH": "day", "DAY_OF_WEEK": "day_of_week", "DOW": "day_of_week",
    "DAYOFWEEK": "day_of_week", "DAY_OF_YEAR": "day_of_year", "DOY": "day_of_year",
    "DAYOFYEAR": "day_of_year", "DAYOFMONTH": "day", "YEAR_OF_WEEK": "year_of_week",
    "YOW": "year_of_week", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second",
    "TIMEZONE_HOUR": "timezone_hour", "TIMEZONE_MINUTE": "timezone_minute",
}  # fmt: skip


# Functions of Trino's grammar, which SHOW FUNCTIONS does not list.
UNLISTED = frozenset({
    "current_path", "json_table",
})  # fmt: skip


# Functions that count or move the spaces of a char.
WITH_SPACES = frozenset({"substr", "substring", "lpad", "reverse", "to_utf8"})
CONCATENATIONS = {
    "concat": "There must be two or more concatenation arguments",
    "map_concat": "There must be two or more concatenation arguments to map_concat",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose arguments have been converted. ``returns`` is Trino's type of the result, if
    the signature says.
    """

    name: str
    args: tuple[Any, ...]
    returns: Type | None
    env: Env
    node: Any

    def sql(self, place: int) -> str:
        text: str = self.args[place].sql
        return text

    def constant(self, place: int) -> Any:
        """The argument's constant. NOT_SUPPORTED when it is computed per row."""
        literal = self.args[place].literal
        if literal is None:
            raise unsupported(f"{self.name} whose argument {place + 1} is no constant", self.node)
        return literal

    def bad_argument(self, message: str) -> Exception:
        """INVALID_FUNCTION_ARGUMENT known before running."""
        return failure("INVALID_FUNCTION_ARGUMENT", message, self.node)

    def fail(self, message_sql: str, kind: Type) -> str:
        return self.env.fail("INVALID_FUNCTION_ARGUMENT", message_sql, kind)


def call(name: str, arguments: list[Any], env: Env, node: Any) -> Value:
    """The value of ``name(arguments)``: lambdas come as trees, all others compiled."""
    from lab.engine.builtins import GRAMMAR, SCALARS

    if name in GRAMMAR:
        return finish(GRAMMAR[name](Call(name, tuple(arguments), None, env, node)), arguments)
    kind = signatures.kind_of(name)
    if name in UNLISTED:
        raise unsupported(f"function {name}", node)
    if kind is None:
        raise failure("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", node)
    if kind == "window":
        raise failure("MISSING_OVER", f"Window function {name} requires an OVER clause", node)
    names = [a.type.name if isinstance(a, Value) else "" for a in arguments]
    if name == "concat" and sorted(names) == ["unknown", "varchar"]:
        from lab.engine.operators import concatenate

        return concatenate(arguments[0], arguments[1], node)
    found = signatures.match(name, [a.type if isinstance(a, Value) else None for a in arguments])
    if found is None:
        raise unexpected(name, arguments, node)
    if name not in SCALARS:
        raise unsupported(f"function {name}", node)
    ready = tuple(
        coerce(given, wanted) if isinstance(given, Value) and wanted is not None else given
        for given, wanted in zip(arguments, found.arguments, strict=True)
    )
    if name in WITH_SPACES and ready and ready[0].type.name == "char":
        ready = (_with_spaces(ready[0]), *ready[1:])
    try:
        if name in CONCATENATIONS and len(arguments) < 2:
            raise failure("INVALID_FUNCTION_ARGUMENT", CONCATENATIONS[name])
        made: Value = SCALARS[name](Call(name, ready, found.returns, env, node))
    except QueryError as error:
        # NULL is answered before the other arguments are looked at.
        if error.name != "INVALID_FUNCTION_ARGUMENT" or not any(map(_is_null, ready)):
            raise
        result: Type = found.returns or ready[-1].type
        made = Value(f"CAST(NULL AS {types.duckdb(result)})", result)
    return finish(made, ready)


def _is_null(argument: Any) -> bool:
    return isinstance(argument, Value) and argument.sql.startswith("CAST(NULL AS ")


def _with_spaces(value: Value) -> Value:
    """A char as the text that it is, with the spaces that fill it."""
    size = value.type.args[0]
    return Value(f"rpad({value.sql}, {size}, ' ')", types.varchar(size), value.reads)


def finish(result: Any, arguments: Any) -> Value:
    """Give the result the columns that its arguments read."""
    values = [argument for argument in arguments if isinstance(argument, Value)]
    reads = union_reads(values) | result.reads
    aggregate = result.aggregate or any(value.aggregate for value in values)
    return Value(result.sql, result.type, reads, result.literal, aggregate)


def unexpected(name: str, arguments: list[Any], node: Any) -> Exception:
    """Trino's answer to arguments that no signature takes."""
    given = ", ".join(str(a.type) if isinstance(a, Value) else "<function>" for a in arguments)
    expected = ", ".join(sorted({str(s) for s in signatures.load().get(name, ())}))
    message = f"Unexpected parameters ({given}) for function {name}. Expected: {expected}"
    return failure("FUNCTION_NOT_FOUND", message, node)


def coalesce(values: list[Value], node: Any) -> Value:
    from lab.engine.expression import unify

    if len(values) < 2:
        message = "The 'coalesce' function must have at least two arguments"
        raise failure("SYNTAX_ERROR", message, node)
    kind = unify(values, "COALESCE operands", node)
    parts = [coerce(value, kind) for value in values]
    *firsts, sql = (part.sql for part in parts)
    for first in reversed(firsts):  # two at a time, as TRY needs them
        sql = f"coalesce({first}, {sql})"
    return Value(sql, kind, union_reads(parts), None, any(part.aggregate for part in parts))


def extract(field: str, value: Value, env: Env, node: Any) -> Value:
    name = EXTRACTABLE.get(field)
    if name is None:
        raise failure("SYNTAX_ERROR", f"Invalid EXTRACT field: {field}", node)
    return call(name, [value], env, node)


def lambda_sql(call_: Call, place: int, kinds: list[Type]) -> Value:
    """The lambda at ``place`` compiled for parameters of ``kinds``; its text is ``lambda a, b:
    ...``.
    """
    depth = len(call_.env.lambdas)
    names = [f"v{depth + offset}" for offset in range(len(kinds))]
    parameters = [Value(name, kind) for name, kind in zip(names, kinds, strict=True)]
    body = lambda_body(call_, place, parameters)
    return Value(f"lambda {', '.join(names)}: {body.sql}", body.type, body.reads)


def lambda_body(call_: Call, place: int, parameters: list[Value]) -> Value:
    """The body of the lambda at ``place`` where its parameters are these values. Names in their SQL
    must be unique: take them from ``fresh``.
    """
    from lab.engine.expression import compile_expression

    node = call_.args[place]
    if not isinstance(node, exp.Lambda):
        raise unexpected(call_.name, list(call_.args), call_.node)
    if len(node.expressions) != len(parameters):
        message = (
            f"Expected a lambda that takes {len(parameters)} argument(s) but got"
            f" {len(node.expressions)}"
        )
        raise failure("INVALID_PARAMETER_USAGE", message, node)
    if node.this.find(exp.Query, exp.Subquery) is not None:
        message = "Lambda expression cannot contain subqueries"
        raise failure("NOT_SUPPORTED", message, node)
    bound = tuple(
        (parameter.name, value)
        for parameter, value in zip(node.expressions, parameters, strict=True)
    )
    lambdas = call_.env.lambdas + bound
    env = call_.env.with_(lambdas=lambdas, aggregates=False, clause="Lambda expression")
    return compile_expression(node.this, env)


def fresh(call_: Call, letter: str) -> str:
    """A name for a lambda's variable that no lambda around it uses."""
    return f"{letter}{len(call_.env.lambdas)}"


def json_literal(written: str, node: Any) -> Value:
    from lab.engine.json_text import canonical

    try:
        text = canonical(written)
    except ValueError as error:
        raise failure(
            "INVALID_LITERAL", f"'{written}' is not a valid JSON literal", node
        ) from error
    return Value(types.text(text), types.JSON, literal=text)
