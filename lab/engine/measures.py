"""The measures of MATCH_RECOGNIZE: windows over the rows of a match, the rows so far (RUNNING) or
all (FINAL).
"""

from dataclasses import replace
from typing import Any

from sqlglot import exp

from lab.engine import types
from lab.engine.aggregates import aggregate, is_aggregate
from lab.engine.errors import failure, unsupported
from lab.engine.expression import compile_expression
from lab.engine.recognition import NAVIGATION, Recognition, label_of, mention, navigate
from lab.engine.values import Value

RUNNING = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
FINAL = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"


def measure(clause: Recognition, item: Any, one_row: bool) -> tuple[str, Value]:
    alias = item.this
    if not isinstance(alias, exp.Alias):
        raise failure("SYNTAX_ERROR", "a measure needs AS and a name", clause.node)
    word = item.args.get("window_frame")
    if word and not isinstance(alias.this, exp.Anonymous):
        raise unsupported(f"{word} within an expression", clause.node)
    frame = FINAL if one_row or word == "FINAL" else RUNNING
    holder = exp.Paren(this=alias.this.copy())
    _replace_calls(clause, holder, frame)
    for column in list(holder.find_all(exp.Column)):
        if not column.name.startswith("$"):
            column.replace(_last(clause, column, "LAST", 0, frame))
    name = alias.args["alias"]
    shown = name.name if name.args.get("quoted") else name.name.lower()
    value = compile_expression(holder.this, clause.env())
    # A row without a match has no measures, not even a count of 0.
    return shown, replace(value, sql=f"CASE WHEN mno > 0 THEN {value.sql} END", literal=None)


def _replace_calls(clause: Recognition, holder: exp.Expr, frame: str) -> None:
    """Navigation, aggregates and the functions of matches, innermost last."""
    for call in list(holder.find_all(exp.Anonymous)):
        word = str(call.this).upper()
        if call.find_ancestor(exp.Anonymous) is not None and _handled(call):
            continue
        if word == "MATCH_NUMBER":
            call.replace(clause.add(clause.measured, "m", Value("mno", types.BIGINT)))
        elif word in ("CLASSIFIER", "FIRST", "LAST", "PREV", "NEXT"):
            call.replace(_pointed(clause, call, word, frame))
        elif is_aggregate(word.lower()):
            call.replace(_aggregated(clause, call, frame))


def _handled(call: exp.Expr) -> bool:
    """Whether a call around this one takes care of it."""
    outer = call.find_ancestor(exp.Anonymous)
    while outer is not None:
        word = str(outer.this).upper()
        if word in ("FIRST", "LAST", "PREV", "NEXT") or is_aggregate(word.lower()):
            return True
        outer = outer.find_ancestor(exp.Anonymous)
    return False


def _pointed(clause: Recognition, call: exp.Anonymous, word: str, frame: str) -> exp.Column:
    """``PREV(LAST(A.price, 1), 2)`` and its parts."""
    if word == "CLASSIFIER":
        arguments = call.expressions
        label = None if not arguments else arguments[0].name.upper()
        return _last(clause, mention("$class"), "LAST", 0, frame, label)
    if word in NAVIGATION:
        inner = call.expressions[0]
        if isinstance(inner, exp.Anonymous) and str(inner.this).upper() in ("FIRST", "LAST"):
            way, target, offset = str(inner.this).upper(), inner.expressions[0], _offset(inner)
        else:
            way, target, offset = "LAST", inner, 0
        label = _strip(clause, target)
        moved = call.copy()
        moved.set("expressions", [target, *call.expressions[1:]])
        return _last(clause, navigate(clause, moved, word), way, offset, frame, label)
    return _last(clause, call.expressions[0], word, _offset(call), frame)


def _offset(call: exp.Anonymous) -> int:
    if len(call.expressions) < 2:
        return 0
    given = call.expressions[1]
    if not isinstance(given, exp.Literal) or given.is_string:
        raise unsupported("an offset that is no constant", call)
    return int(given.name)


def _strip(clause: Recognition, tree: exp.Expr) -> str | None:
    """The one variable that qualifies the columns of ``tree``, taken off them."""
    labels = set()
    for column in list(tree.find_all(exp.Column)):
        label = label_of(column, clause)
        labels.add(label)
        if label is not None:
            column.set("table", None)
    if len(labels) > 1:
        raise failure(
            "INVALID_ARGUMENTS", "columns of several pattern variables in one call", clause.node
        )
    return labels.pop() if labels else None


def _last(  # noqa: PLR0913, PLR0917  where it looks, at what, and how far
    clause: Recognition,
    target: exp.Expr,
    way: str,
    offset: int,
    frame: str,
    label: str | None = None,
) -> exp.Column:
    """The value in the first or last row of a variable, or of the match."""
    tree = exp.Paren(this=target.copy())
    for call in list(tree.find_all(exp.Anonymous)):
        if str(call.this).upper() == "CLASSIFIER":
            call.replace(mention("$class"))
    label = _strip(clause, tree) or label
    value = compile_expression(tree.this, clause.env())
    over = (
        f"FILTER (WHERE {_rows_of(clause, label)}) OVER (PARTITION BY pid, mno ORDER BY rn {frame})"
    )
    if offset:
        place = offset + 1 if way == "FIRST" else -1 - offset
        sql = f"list_extract(list({value.sql}) {over}, {place})"
    else:
        function = "arg_min_null" if way == "FIRST" else "arg_max_null"
        sql = f"{function}({value.sql}, rn) {over}"
    return clause.add(clause.measured, "m", Value(sql, value.type))


def _rows_of(clause: Recognition, label: str | None) -> str:
    if label is None:
        return "label >= 0"
    if label not in clause.names:
        raise failure(
            "INVALID_LABEL", f"{label} is not a primary or union pattern variable", clause.node
        )
    return f"label = {clause.names.index(label)}"


def _aggregated(clause: Recognition, call: exp.Anonymous, frame: str) -> exp.Column:
    tree = call.copy()
    for inner in list(tree.find_all(exp.Anonymous)):
        if str(inner.this).upper() == "CLASSIFIER" and not inner.expressions:
            inner.replace(mention("$class"))
    label = None
    items = tree.expressions
    if len(items) == 1 and isinstance(items[0], exp.Column) and isinstance(items[0].this, exp.Star):
        label = items[0].args["table"].name.upper()
        tree.set("expressions", [exp.Star()])
    label = _strip(clause, tree) or label
    wanted = -1 if label is None else clause.names.index(label)
    symbol = exp.GTE if label is None else exp.EQ
    test = symbol(
        this=mention("$label"), expression=exp.Literal.number(0 if label is None else wanted)
    )
    filtered = exp.Filter(this=tree, expression=exp.Where(this=test))
    over = f" OVER (PARTITION BY pid, mno ORDER BY rn {frame})"
    value = aggregate(filtered, clause.env().with_(aggregates=True), over)
    return clause.add(clause.measured, "m", replace(value, aggregate=False))
