"""Compiles one expression: a tree of Trino's grammar becomes DuckDB text with a Trino type.

Every kind of node has its function in ``HANDLERS``; a node without one is refused by name, so that
nothing that was not thought about reaches DuckDB.
"""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from lab.engine import attempts, casts, literals, operators, types
from lab.engine.calls import call, coalesce, extract
from lab.engine.casts import coerce
from lab.engine.errors import QueryError, failure, unsupported
from lab.engine.syntax import LITERAL, refuse_unknown
from lab.engine.types import Type
from lab.engine.values import Env, Value, dereference, resolve, union_reads

Handler = Callable[[Any, Env], Value]
HANDLERS: dict[type, Handler] = {}
CURRENT = (
    "current_date", "current_timestamp", "localtimestamp", "current_user", "current_catalog",
    "current_schema", "current_time", "localtime", "current_path",
)  # fmt: skip
NORMAL_FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def compile_expression(node: exp.Expr, env: Env) -> Value:
    """The value of ``node`` where ``env`` stands."""
    if env.hoist is not None and attempts.is_outside(node):
        return attempts.hoisted(node, env)
    handler = HANDLERS.get(type(node))
    if handler is None:
        raise unsupported(node.key.upper(), node)
    return handler(node, env)


def handles(*kinds: type) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for kind in kinds:
            HANDLERS[kind] = handler
        return handler

    return register


def boolean(node: exp.Expr, env: Env, what: str) -> Value:
    """A condition; ``what`` names it in the error."""
    value = compile_expression(node, env)
    if value.type.name not in ("boolean", "unknown"):
        message = f"{what} must evaluate to a boolean (actual: {value.type})"
        raise failure("TYPE_MISMATCH", message, node)
    return coerce(value, types.BOOLEAN)


def combined(sql: str, kind: Type, *parts: Value) -> Value:
    return Value(sql, kind, union_reads(parts), None, any(part.aggregate for part in parts))


@handles(exp.Literal)
def _literal(node: exp.Literal, _env: Env) -> Value:
    return literals.string(str(node.this)) if node.is_string else literals.number(node)


@handles(exp.Null)
def _null(_node: exp.Null, _env: Env) -> Value:
    return Value("NULL", types.UNKNOWN)


@handles(exp.Boolean)
def _boolean(node: exp.Boolean, _env: Env) -> Value:
    return Value("true" if node.this else "false", types.BOOLEAN, literal=bool(node.this))


@handles(exp.HexString)
def _hex(node: exp.HexString, _env: Env) -> Value:
    if len(str(node.this)) % 2:
        message = "Binary literal must contain an even number of digits"
        raise failure("SYNTAX_ERROR", message, node)
    return Value(f"unhex('{node.this}')", types.VARBINARY)


FOREIGN = (
    exp.IntDiv, exp.Struct, exp.SafeDivide, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor,
    exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.Concat, exp.Collate,
    exp.WithinGroup, exp.Parameter, exp.SessionParameter, exp.Alias, exp.Any,
)  # fmt: skip


@handles(*FOREIGN)
def _foreign(node: exp.Expr, _env: Env) -> Value:
    """What sqlglot reads and Trino's grammar has not."""
    raise failure("SYNTAX_ERROR", f"mismatched input in '{node.sql()}'", node)


@handles(exp.Placeholder)
def _placeholder(node: exp.Placeholder, _env: Env) -> Value:
    if node.this:
        raise failure("SYNTAX_ERROR", f"mismatched input ':{node.this}'", node)
    message = "Incorrect number of parameters: expected 1 but found 0"
    raise failure("INVALID_PARAMETER_USAGE", message, node)


@handles(exp.UnicodeString)
def _unicode(node: exp.UnicodeString, _env: Env) -> Value:
    escape = node.args.get("escape")
    return literals.unicode(str(node.this), escape.name if escape else "\\", node)


@handles(exp.Interval)
def _interval(node: exp.Interval, _env: Env) -> Value:
    return literals.interval(node)


@handles(exp.Identifier)
def _identifier(node: exp.Identifier, env: Env) -> Value:
    return _name([node.name], node, env)


@handles(exp.Column)
def _column(node: exp.Column, env: Env) -> Value:
    if isinstance(node.this, exp.Star):
        raise failure("SYNTAX_ERROR", "mismatched input '*'", node)
    if node.args.get("join_mark"):
        raise unsupported("(+)", node)
    parts = [part.name for part in node.parts]
    quoted = getattr(node.this, "args", {}).get("quoted")
    if len(parts) == 1 and not quoted and parts[0].lower() in CURRENT:
        return call(parts[0].lower(), [], env, node)
    return _name(parts, node, env)


def _name(parts: list[str], node: exp.Expr, env: Env) -> Value:
    for name, value in reversed(env.lambdas):
        if name.lower() == parts[0].lower():
            found = value
            for part in parts[1:]:
                found = dereference(found, part, node)
            return found
    return resolve(env.scope, parts, node)


@handles(exp.Dot)
def _dot(node: exp.Dot, env: Env) -> Value:
    if not isinstance(node.expression, exp.Identifier):
        raise failure("SYNTAX_ERROR", f"mismatched input in '{node.sql()}'", node)
    return dereference(compile_expression(node.this, env), node.expression.name, node)


@handles(exp.Paren)
def _paren(node: exp.Paren, env: Env) -> Value:
    value = compile_expression(node.this, env)
    return Value(f"({value.sql})", value.type, value.reads, value.literal, value.aggregate)


@handles(exp.Neg)
def _negate(node: exp.Neg, env: Env) -> Value:
    inner = node.this
    if isinstance(inner, exp.Literal) and not inner.is_string and str(inner.this).isdigit():
        # The least bigint is written with its sign.
        return literals.number(inner, negative=True)
    return operators.negate(compile_expression(node.this, env), node)


@handles(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
def _arithmetic(node: exp.Binary, env: Env) -> Value:
    left, right = sides(node, env)
    return operators.arithmetic(operators.SYMBOLS[node.key], left, right, env, node)


def sides(node: exp.Binary, env: Env) -> tuple[Value, Value]:
    return compile_expression(node.left, env), compile_expression(node.right, env)


@handles(exp.DPipe)
def _concatenate(node: exp.DPipe, env: Env) -> Value:
    left, right = sides(node, env)
    return operators.concatenate(left, right, node)


@handles(exp.Case)
def _case(node: exp.Case, env: Env) -> Value:
    subject = compile_expression(node.this, env) if node.this is not None else None
    conditions, results = [], []
    for branch in node.args["ifs"]:
        if subject is None:
            conditions.append(boolean(branch.this, env, "CASE WHEN clause"))
        else:
            when = compile_expression(branch.this, env)
            conditions.append(operators.compare("=", subject, when, branch.this, env))
        results.append(compile_expression(branch.args["true"], env))
    if node.args.get("default") is not None:
        results.append(compile_expression(node.args["default"], env))
    kind = unify(results, "CASE results", node)
    texts = [coerce(result, kind) for result in results]
    pairs = zip(conditions, texts, strict=False)
    sql = " ".join(f"WHEN {when.sql} THEN {then.sql}" for when, then in pairs)
    default = f" ELSE {texts[-1].sql}" if len(texts) > len(conditions) else ""
    return combined(f"CASE {sql}{default} END", kind, *conditions, *texts)


def unify(values: list[Value], what: str, node: exp.Expr) -> Type:
    """The type that all have in common. TYPE_MISMATCH naming the first two that have none."""
    kind = values[0].type
    for value in values[1:]:
        common = types.common_type(kind, value.type)
        if common is None:
            message = f"Result types for {what} must be the same: {kind} vs {value.type}"
            if what.startswith(("CASE", "COALESCE", "All")):
                message = (
                    f"All {what} must be the same type or coercible to a common type."
                    f" Cannot find common type between {kind} and {value.type}"
                )
            raise failure("TYPE_MISMATCH", message, node)
        kind = common
    return kind


@handles(exp.If)
def _if(node: exp.If, env: Env) -> Value:
    condition = boolean(node.this, env, "IF condition")
    values = [compile_expression(node.args[k], env) for k in ("true", "false") if node.args.get(k)]
    kind = unify(values, "IF", node)
    parts = [coerce(value, kind) for value in values]
    default = f" ELSE {parts[1].sql}" if len(parts) > 1 else ""
    sql = f"CASE WHEN {condition.sql} THEN {parts[0].sql}{default} END"
    return combined(sql, kind, condition, *parts)


@handles(exp.Cast)
def _cast(node: exp.Cast, env: Env) -> Value:
    refuse_unknown(node, ("this", "to"))
    value = compile_expression(node.this, env)
    return casts.cast(value, _target(node), env, node)


def _target(node: exp.Cast) -> Type:
    try:
        return literals.kind_of(node.to)
    except QueryError as error:
        if error.name != "TYPE_NOT_FOUND":
            raise
        raise failure("TYPE_MISMATCH", error.message, node) from error


@handles(exp.TryCast)
def _try_cast(node: exp.TryCast, env: Env) -> Value:
    inner = compile_expression(node.this, env)
    target = _target(node)
    return attempts.attempt_cast(inner, lambda v, e: casts.cast(v, target, e, node), env)


@handles(exp.Bracket)
def _subscript(node: exp.Bracket, env: Env) -> Value:
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        raise failure("SYNTAX_ERROR", "mismatched input in subscript", node)
    base = compile_expression(node.this, env)
    index = compile_expression(node.expressions[0], env)
    return call("$subscript", [base, index], env, node)


@handles(exp.Array)
def _array(node: exp.Array, env: Env) -> Value:
    items = [compile_expression(item, env) for item in node.expressions]
    if not items:
        return Value("CAST([] AS INTEGER[])", types.array(types.UNKNOWN))
    kind = unify(items, "ARRAY elements", node)
    parts = [coerce(item, kind) for item in items]
    of = types.array(kind)
    sql = f"CAST([{', '.join(part.sql for part in parts)}] AS {types.duckdb(of)})"
    return combined(sql, of, *parts)


@handles(exp.Tuple)
def _tuple(node: exp.Tuple, env: Env) -> Value:
    return call("row", [compile_expression(item, env) for item in node.expressions], env, node)


@handles(exp.Extract)
def _extract(node: exp.Extract, env: Env) -> Value:
    return extract(node.name.upper(), compile_expression(node.expression, env), env, node)


@handles(exp.AtTimeZone)
def _at_time_zone(node: exp.AtTimeZone, env: Env) -> Value:
    value = compile_expression(node.this, env)
    zone = compile_expression(node.args["zone"], env)
    if zone.type == types.DAY_INTERVAL and zone.literal is not None:
        minutes = int(zone.literal) // 60
        sign = "-" if minutes < 0 else "+"
        zone = literals.string(f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}")
    return call("at_timezone", [value, zone], env, node)


@handles(exp.Trim)
def _trim(node: exp.Trim, env: Env) -> Value:
    refuse_unknown(node, ("this", "position", "expression"))
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(
        str(node.args.get("position")).upper(), "trim"
    )
    parts = [node.this, node.expression] if node.args.get("expression") else [node.this]
    return call(name, [compile_expression(part, env) for part in parts], env, node)


@handles(exp.Substring)
def _substring(node: exp.Substring, env: Env) -> Value:
    parts = [node.args[k] for k in ("this", "start", "length") if node.args.get(k) is not None]
    return call("substring", [compile_expression(part, env) for part in parts], env, node)


@handles(exp.StrPosition)
def _position(node: exp.StrPosition, env: Env) -> Value:
    refuse_unknown(node, ("this", "substr"))
    parts = (node.this, node.args["substr"])
    return call("strpos", [compile_expression(part, env) for part in parts], env, node)


@handles(exp.Window)
def _window(node: exp.Window, env: Env) -> Value:
    from lab.engine.windows import window

    return window(node, env)


@handles(exp.Filter, exp.GroupConcat)
def _aggregate(node: exp.Expr, env: Env) -> Value:
    from lab.engine.aggregates import aggregate

    return aggregate(node, env)


@handles(exp.Anonymous)
def _call(node: exp.Anonymous, env: Env) -> Value:  # noqa: PLR0911  one return per kind
    from lab.engine.aggregates import aggregate, is_aggregate

    name = str(node.this).lower()
    if name == LITERAL:
        return literals.typed(node)
    if is_aggregate(name):
        return aggregate(node, env)
    if name == "try":
        if len(node.expressions) != 1:
            raise failure("SYNTAX_ERROR", "The 'try' function must have exactly one argument", node)
        return attempts.attempt(node.expressions[0], env)
    if (
        name == "normalize"
        and len(node.expressions) == 2
        and node.expressions[1].name.upper() in NORMAL_FORMS
    ):
        form = literals.string(node.expressions[1].name.upper())
        return call(name, [compile_expression(node.expressions[0], env), form], env, node)
    if name == "normalize" and len(node.expressions) > 1:
        message = "mismatched input. Expecting: 'NFC', 'NFD', 'NFKC', 'NFKD'"
        raise failure("SYNTAX_ERROR", message, node.expressions[1])
    if name == "coalesce":
        return coalesce([compile_expression(item, env) for item in node.expressions], node)
    if name == "grouping":
        columns = [compile_expression(item, env) for item in node.expressions]
        if not env.aggregates:
            message = (
                f"{env.clause} cannot contain aggregations, window functions or grouping operations"
            )
            raise failure("EXPRESSION_NOT_SCALAR", message, node)
        select = node.find_ancestor(exp.Select)
        if select is None or select.args.get("group") is None:
            message = (
                "A GROUPING() operation can only be used with a corresponding"
                " GROUPING SET/CUBE/ROLLUP/GROUP BY clause"
            )
            raise failure("MISSING_GROUP_BY", message, node)
        sql = f"CAST(grouping({', '.join(c.sql for c in columns)}) AS INTEGER)"
        return Value(sql, types.INTEGER, union_reads(columns), None, True)
    arguments = [
        item if isinstance(item, exp.Lambda) else compile_expression(item, env)
        for item in node.expressions
    ]
    return call(name, arguments, env, node)
