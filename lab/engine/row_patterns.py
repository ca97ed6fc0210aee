"""MATCH_RECOGNIZE: rows that follow a pattern.

The conditions of DEFINE are computed row by row in SQL, the matches are found by ``udfs``, and the
measures are windows over the rows of a match. A condition may look at its row and, with PREV and
NEXT, at the rows around; one that looks at other rows of the match is refused by name. Source:
Trino documentation, "MATCH_RECOGNIZE".
"""

# ruff: noqa: S608  the SQL is of our own making, its names and texts quoted

from dataclasses import replace

from sqlglot import exp

from lab.engine import types
from lab.engine.aggregates import is_aggregate
from lab.engine.errors import failure, unsupported
from lab.engine.expression import boolean, compile_expression
from lab.engine.measures import measure
from lab.engine.recognition import Recognition, label_of, navigate
from lab.engine.relations import Relation
from lab.engine.syntax import refuse_unknown
from lab.engine.udfs.row_patterns import PatternError, program, variables
from lab.engine.values import Context, Env, Field, Scope, Value, union_reads


def match_recognize(
    node: exp.MatchRecognize, source: Relation, context: Context, parent: Scope | None
) -> Relation:
    refuse_unknown(
        node,
        ("partition_by", "order", "measures", "rows", "after", "pattern", "define", "alias"),
    )
    names = _variables(node)
    fields = tuple(
        replace(item, value=replace(item.value, sql=f'"f{place}"', literal=None), origin=None)
        for place, item in enumerate(source.fields)
    )
    clause = Recognition(node, context, parent, fields, names)
    before = Env(context, Scope(source.fields, parent))
    partition = [compile_expression(item, before) for item in node.args.get("partition_by") or []]
    conditions = _conditions(clause)
    one_row = "ONE ROW" in str(node.args.get("rows") or "ONE ROW PER MATCH")
    outputs = _outputs(clause, one_row)
    alias = context.next_relation()
    ctes = [
        f"b AS MATERIALIZED ({_numbered(node, source, before, partition)})",
        f"n AS MATERIALIZED ({_navigated(clause)})",
        f"h AS ({_hits(clause, conditions)})",
        f"m AS ({_matched(clause, one_row)})",
        f"w AS ({_measured(clause)})",
    ]
    selected = ", ".join(f'{value.sql} AS "c{i}"' for i, (_, value) in enumerate(outputs))
    where = " WHERE last_of_match = 1" if one_row else ""
    sql = f"(WITH {', '.join(ctes)} SELECT {selected} FROM w{where}) AS {types.quote(alias)}"
    relation = node.alias or None
    reads = union_reads([item.value for item in source.fields])
    made = tuple(
        Field(name, relation, Value(f'{types.quote(alias)}."c{i}"', value.type, reads))
        for i, (name, value) in enumerate(outputs)
    )
    return Relation(sql, made, source.hard | reads)


def _variables(node: exp.MatchRecognize) -> list[str]:
    pattern = str(node.args["pattern"].this)
    try:
        program(pattern)
    except PatternError as error:
        if "not supported" in str(error):
            raise failure("NOT_SUPPORTED", str(error), node) from error
        raise failure("SYNTAX_ERROR", f"row pattern: {error}", node) from error
    return variables(pattern)


def _numbered(node: exp.MatchRecognize, source: Relation, env: Env, partition: list[Value]) -> str:
    """The rows with the number of their partition and their place in it."""
    columns = [f'{item.value.sql} AS "f{place}"' for place, item in enumerate(source.fields)]
    keys = ", ".join(value.sql for value in partition)
    order = node.args.get("order")
    texts = []
    for item in order.expressions if order else []:
        way = "DESC" if item.args.get("desc") else "ASC"
        nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
        texts.append(f"({compile_expression(item.this, env).sql}) {way} NULLS {nulls}")
    by = f"PARTITION BY {keys}" if keys else ""
    sorted_by = f"ORDER BY {', '.join(texts)}" if texts else ""
    columns.append(f'row_number() OVER ({by} {sorted_by}) AS "rn"')
    columns.append(f'{f"dense_rank() OVER (ORDER BY {keys})" if keys else "1"} AS "pid"')
    return f"SELECT {', '.join(columns)} FROM {source.sql}"


def _conditions(clause: Recognition) -> list[str]:
    """SQL per variable; a variable without a definition takes every row."""
    defined = {
        item.alias.upper() if not item.args["alias"].args.get("quoted") else item.alias: item.this
        for item in clause.node.args.get("define") or []
    }
    for name in defined:
        if name not in clause.names:
            message = f"defined variable: {name} is not a primary pattern variable"
            raise failure("INVALID_LABEL", message, clause.node)
    return [
        _condition(clause, name, defined[name].copy()) if name in defined else "true"
        for name in clause.names
    ]


def _condition(clause: Recognition, name: str, tree: exp.Expr) -> str:
    holder = exp.Paren(this=tree)
    for call in list(holder.find_all(exp.Anonymous)):
        word = str(call.this).upper()
        if word in ("PREV", "NEXT"):
            _own_columns(call, name, clause)
            call.replace(navigate(clause, call, word))
        elif word == "LAST" and len(call.expressions) == 1:
            call.replace(call.expressions[0])
        elif word in ("FIRST", "LAST", "CLASSIFIER", "MATCH_NUMBER") or is_aggregate(word.lower()):
            raise unsupported(f"{word} in DEFINE", clause.node)
    _own_columns(holder, name, clause)
    return boolean(holder.this, clause.env(), "Expression defining a label").sql


def _own_columns(tree: exp.Expr, name: str, clause: Recognition) -> None:
    """``A.price`` in the definition of A is the price of the row itself."""
    for column in tree.find_all(exp.Column):
        label = label_of(column, clause)
        if label is None:
            continue
        if label != name:
            raise unsupported(f"{column.sql()} in the definition of {name}", clause.node)
        column.set("table", None)


def _navigated(clause: Recognition) -> str:
    columns = "".join(f', {sql} AS "nav{i}"' for i, (sql, _) in enumerate(clause.navigated))
    return f"SELECT *{columns} FROM b"


def _hits(clause: Recognition, conditions: list[str]) -> str:
    bits = " + ".join(
        f"CASE WHEN {condition} THEN {1 << place} ELSE 0 END"
        for place, condition in enumerate(conditions)
    )
    pattern = types.text(str(clause.node.args["pattern"].this))
    rows = f"SELECT pid, list(CAST({bits} AS INTEGER) ORDER BY rn) AS masks FROM n GROUP BY pid"
    found = f"lab_match(masks, {pattern}, {types.text(_skip(clause))})"
    return f"SELECT pid, unnest({found}) AS hit FROM ({rows})"


def _skip(clause: Recognition) -> str:
    words = str(clause.node.args.get("after") or "AFTER MATCH SKIP PAST LAST ROW").split()
    if words[3] == "PAST":
        return "past"
    if words[4] == "NEXT":
        return "next"
    name = words[-1].upper()
    if name not in clause.names:
        raise failure(
            "INVALID_LABEL", f"{name} is not a primary or union pattern variable", clause.node
        )
    return f"{words[4].lower()}:{clause.names.index(name)}"


def _matched(clause: Recognition, one_row: bool) -> str:
    """The rows of matches, each with the number of its match and its variable."""
    rows = str(clause.node.args.get("rows") or "")
    kept = "hit[3] > -2"
    if "UNMATCHED" in rows:
        kept = "true"
    elif "OMIT" in rows:
        kept = "hit[3] > -1"
    names = ", ".join(types.text(name) for name in clause.names)
    label = f"CASE WHEN hit[3] >= 0 THEN list_extract([{names}], hit[3] + 1) END"
    last = "row_number() OVER (PARTITION BY n.pid, hit[1] ORDER BY n.rn DESC)"
    extra = f", {last} AS last_of_match" if one_row else ""
    return (
        f"SELECT n.*, CAST(hit[1] AS BIGINT) AS mno, hit[3] AS label, {label} AS class{extra}"
        f" FROM h JOIN n ON n.pid = h.pid AND n.rn = hit[2] WHERE {kept}"
    )


def _measured(clause: Recognition) -> str:
    columns = "".join(f', {sql} AS "m{i}"' for i, (sql, _) in enumerate(clause.measured))
    return f"SELECT *{columns} FROM m"


def _outputs(clause: Recognition, one_row: bool) -> list[tuple[str | None, Value]]:
    """Keys, then (for all rows) the columns of the order, measures, and the other columns."""
    keys, order = [], []
    for item in clause.node.args.get("partition_by") or []:
        keys.append(_field_of(item, clause))
    if not one_row and clause.node.args.get("order") is not None:
        order = [_field_of(item.this, clause) for item in clause.node.args["order"].expressions]
    shown = list(dict.fromkeys([*keys, *order]))
    measures = [measure(clause, item, one_row) for item in clause.node.args.get("measures") or []]
    rest = [item for item in clause.fields if item not in shown and not item.unselected]
    rest = [] if one_row else rest
    return [
        *((item.name, item.value) for item in shown),
        *measures,
        *((item.name, item.value) for item in rest),
    ]


def _field_of(item: exp.Expr, clause: Recognition) -> Field:
    value = compile_expression(item, clause.env())
    for known in clause.fields:
        if known.value.sql == value.sql:
            return known
    raise unsupported("PARTITION BY or ORDER BY an expression in MATCH_RECOGNIZE", clause.node)
