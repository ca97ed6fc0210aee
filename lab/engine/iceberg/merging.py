"""The WHEN clauses of MERGE, and of UPDATE, which is MERGE with one: as columns of a query that
says for each row which clause it meets and what that clause makes of it.
"""

from dataclasses import dataclass

from sqlglot import exp

from lab.engine.errors import QueryError, unsupported
from lab.engine.iceberg.tables import IcebergTable


@dataclass(frozen=True, slots=True)
class Clause:
    """``values`` are expressions by column; none of a clause that deletes."""

    matched: bool
    condition: exp.Expr | None
    values: dict[str, exp.Expr]
    deletes: bool
    columns: tuple[str, ...]


def clauses(whens: list[exp.Expr], table: IcebergTable) -> list[Clause]:
    """The clauses, their columns checked."""
    names = tuple(column.name for column in table.columns)
    return [_clause(when, names) for when in whens]


def _clause(when: exp.Expr, names: tuple[str, ...]) -> Clause:
    then, condition = when.args["then"], when.args.get("condition")
    matched = bool(when.args["matched"])
    if when.args.get("source"):
        raise unsupported("WHEN NOT MATCHED BY SOURCE")
    values: dict[str, exp.Expr] = {}
    if isinstance(then, exp.Update):
        pairs = [(one.this, one.expression) for one in then.expressions]
        values = _by_name(pairs, names, "Update")
    elif isinstance(then, exp.Insert):
        given = then.this.expressions if then.this is not None else []
        columns = given or [exp.column(name) for name in names]
        items = then.expression.expressions if isinstance(then.expression, exp.Tuple) else []
        if len(columns) != len(items):
            message = (
                f"line 1:1: Insert query has mismatched column count: Table: {len(columns)},"
                f" Query: {len(items)}"
            )
            raise QueryError("TYPE_MISMATCH", message)
        values = _by_name(list(zip(columns, items, strict=True)), names, "Insert")
    deletes = not isinstance(then, exp.Update | exp.Insert)
    return Clause(matched, condition, values, deletes, names)


def _by_name(
    pairs: list[tuple[exp.Expr, exp.Expr]], names: tuple[str, ...], word: str
) -> dict[str, exp.Expr]:
    found: dict[str, exp.Expr] = {}
    for column, value in pairs:
        name = column.name.lower()
        if name not in names:
            if word == "Update":
                message = f"line 1:1: The UPDATE SET target column {name} doesn't exist"
            else:
                message = f"line 1:1: Insert column name does not exist in target table: {name}"
            raise QueryError("COLUMN_NOT_FOUND", message)
        if name in found:
            message = f"line 1:1: {word} column name is specified more than once: {name}"
            raise QueryError("DUPLICATE_COLUMN_NAME", message)
        found[name] = value
    return found


def selected(found: list[Clause], target: str, *, always: bool = False) -> list[exp.Expr]:
    """The number of the clause that a row meets, then each clause's values, computed for its rows
    alone.
    """
    tests = [exp.true() if always else _test(clause, target) for clause in found]
    result: list[exp.Expr] = [_case([(t, exp.Literal.number(i)) for i, t in enumerate(tests)])]
    for number, clause in enumerate(found):
        before = [(test, exp.null()) for test in tests[:number]]
        for value in clause.values.values():
            result.append(value.copy() if always else _case([*before, (tests[number], value)]))
    return result


def _test(clause: Clause, target: str) -> exp.Expr:
    absent: exp.Expr = exp.Is(
        this=exp.column("$path", table=target, quoted=True), expression=exp.null()
    )
    test = exp.Not(this=absent) if clause.matched else absent
    if clause.condition is None:
        return test
    return exp.And(this=test, expression=exp.Paren(this=clause.condition.copy()))


def _case(pairs: list[tuple[exp.Expr, exp.Expr]]) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=test.copy(), true=value.copy()) for test, value in pairs])
