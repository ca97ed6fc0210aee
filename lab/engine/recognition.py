"""One MATCH_RECOGNIZE clause while it is compiled: what its expressions may mention."""

from dataclasses import dataclass, field

from sqlglot import exp

from lab.engine import types
from lab.engine.errors import unsupported
from lab.engine.expression import compile_expression
from lab.engine.types import Type
from lab.engine.values import Context, Env, Field, Scope, Value

NAVIGATION = {"PREV": "lag", "NEXT": "lead"}


@dataclass(slots=True)
class Recognition:
    """One clause while it is compiled. ``navigated`` and ``measured`` are columns that are computed
    on the way, by their SQL.
    """

    node: exp.MatchRecognize
    context: Context
    parent: Scope | None
    fields: tuple[Field, ...]
    names: list[str]
    navigated: list[tuple[str, Type]] = field(default_factory=list)
    measured: list[tuple[str, Type]] = field(default_factory=list)

    def env(self) -> Env:
        extra = tuple(
            Field(f"${kind}{place}", None, Value(f'"{kind}{place}"', of))
            for kind, columns in (("nav", self.navigated), ("m", self.measured))
            for place, (_, of) in enumerate(columns)
        )
        labels = (
            Field("$label", None, Value('"label"', types.INTEGER)),
            Field("$class", None, Value('"class"', types.VARCHAR)),
        )
        return Env(self.context, Scope((*self.fields, *extra, *labels), self.parent))

    def add(self, columns: list[tuple[str, Type]], kind: str, value: Value) -> exp.Column:
        """A column for ``value``, and how an expression mentions it."""
        if (value.sql, value.type) not in columns:
            columns.append((value.sql, value.type))
        return mention(f"${kind}{columns.index((value.sql, value.type))}")


def mention(name: str) -> exp.Column:
    return exp.Column(this=exp.Identifier(this=name, quoted=True))


def label_of(column: exp.Column, clause: Recognition) -> str | None:
    table = column.args.get("table")
    if table is None:
        return None
    name = table.name if table.args.get("quoted") else table.name.upper()
    return name if name in clause.names else None


def navigate(clause: Recognition, call: exp.Anonymous, word: str) -> exp.Column:
    """The value of a row before or after, whatever match that row is in."""
    steps = 1
    if len(call.expressions) > 1:
        given = compile_expression(call.expressions[1], clause.env()).literal
        if not isinstance(given, int) or given < 0:
            raise unsupported(f"{word} by an offset that is no constant", clause.node)
        steps = given
    value = compile_expression(call.expressions[0], clause.env())
    over = "OVER (PARTITION BY pid ORDER BY rn)"
    moved = f"{NAVIGATION[word]}({value.sql}, {steps}) {over}"
    return clause.add(clause.navigated, "nav", Value(moved, value.type))
