"""Regular expressions. Trino's are Java's, DuckDB's are RE2's: a pattern that only Java has is
found by a function in Python.

Source: Trino documentation, "Regular expression functions".
"""

import re

from lab.engine import types
from lab.engine.calls import Call, fresh, lambda_body, unexpected
from lab.engine.errors import QueryError, failure
from lab.engine.java_regex import compiled
from lab.engine.types import Type
from lab.engine.values import Value

# Quantifiers that never give back, and what looks around, names or refers back: RE2 has none.
ONLY_JAVA = re.compile(r"\(\?(?:[=!>]|<[=!a-zA-Z])|[*+?]\+|\{\d+(?:,\d*)?\}\+|&&|\\[GZRhXk1-9]")
# A group behind one of these may have no part in a match: NULL in Trino, '' in RE2.
OPTIONAL = ("?", "*", "|", "{0")


def _text(call: Call) -> str:
    """The pattern in SQL."""
    return call.sql(1)


def _needs_python(call: Call, group: int = 0) -> bool:
    """Whether DuckDB's engine would read the pattern otherwise than Java."""
    pattern = call.args[1].literal
    if not isinstance(pattern, str):
        return True
    plain = pattern.replace("\\\\", "")
    needed = pattern == "" or ONLY_JAVA.search(plain) is not None
    needed = needed or (group > 0 and any(mark in plain for mark in OPTIONAL))
    if group < 0:
        raise call.bad_argument("Group cannot be negative")
    if needed or group > 0:
        found = compiled(pattern)
        if group > found.groups:
            raise call.bad_argument(
                f"Pattern has {found.groups} groups. Cannot access group {group}"
            )
    else:
        _check(pattern)
    return needed


def _check(pattern: str) -> None:
    """The two mistakes that people make, in Trino's words; RE2 finds all others when the query
    runs.
    """
    depth, escaped, bracket = 0, False, False
    for character in pattern:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif bracket:
            bracket = character != "]"
        elif character == "[":
            bracket = True
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
    if depth > 0:
        raise failure("INVALID_FUNCTION_ARGUMENT", "end pattern with unmatched parenthesis")


def _like(call: Call) -> Value:
    function = "lab_regex_like" if _needs_python(call) else "regexp_matches"
    return Value(f"{function}({call.sql(0)}, {_text(call)})", types.BOOLEAN)


def _group(call: Call) -> int:
    return int(call.constant(2)) if len(call.args) > 2 else 0


def _extract(call: Call) -> Value:
    """NULL and not '' when nothing matches: the first of all matches, if there is one."""
    group, kind = _group(call), call.args[0].type
    if _needs_python(call, group):
        return Value(f"lab_regex_extract({call.sql(0)}, {_text(call)}, {group})", kind)
    found = f"regexp_extract_all({call.sql(0)}, {_text(call)}, {group})"
    return Value(f"list_extract({found}, 1)", kind)


def _extract_all(call: Call) -> Value:
    group = _group(call)
    name = "lab_regex_extract_all" if _needs_python(call, group) else "regexp_extract_all"
    sql = f"{name}({call.sql(0)}, {_text(call)}, {group})"
    return Value(sql, types.array(call.args[0].type))


def _replace(call: Call) -> Value:
    if len(call.args) == 2:
        kind, new = call.args[0].type, ""
    elif not isinstance(call.args[2], Value):
        return _replace_by(call)
    else:
        kind, new = _replaced_type(call), call.args[2].literal
    python = _needs_python(call)
    if not isinstance(new, str):
        return Value(f"lab_regex_replace({call.sql(0)}, {_text(call)}, {call.sql(2)})", kind)
    if "$" in new:
        _check_groups(call, new)
    written = None if python else _replacement(new)
    if written is None:
        sql = f"lab_regex_replace({call.sql(0)}, {_text(call)}, {types.text(new)})"
        return Value(sql, kind)
    sql = f"regexp_replace({call.sql(0)}, {_text(call)}, {types.text(written)}, 'g')"
    return Value(sql, kind)


def _check_groups(call: Call, new: str) -> None:
    """INVALID_FUNCTION_ARGUMENT for a group that the pattern does not have."""
    pattern = call.args[1].literal
    if not isinstance(pattern, str):
        return
    try:
        found = compiled(pattern)
    except QueryError:
        # A class that only RE2 knows; it finds the groups by itself.
        return
    for name in re.findall(r"(?<!\\)\$\{(\w+)\}", new):
        if name not in found.groupindex:
            raise call.bad_argument(f"Illegal replacement sequence: unknown group {{ {name} }}")
    for digit in re.findall(r"(?<!\\)\$(\d)", new):
        if int(digit) > found.groups:
            raise call.bad_argument(f"Illegal replacement sequence: unknown group {{ {digit} }}")


def _replaced_type(call: Call) -> Type:
    """At its longest: the replacement, with the largest group in it, around every character."""
    sizes = [call.args[place].type.args for place in (0, 2)]
    if not all(sizes):
        return types.VARCHAR
    (x,), (y,) = sizes
    return types.varchar(min(2**31 - 1, x + max(x * y // 2, y) * (x + 1)))


def _replacement(written: str) -> str | None:
    """Java's ``$1`` and ``\\$`` as RE2's ``\\1`` and ``$``; None when RE2 has no such thing."""
    result, place = "", 0
    while place < len(written):
        character = written[place]
        following = written[place + 1 : place + 2]
        if character == "\\" and following:
            result += "\\\\" if following == "\\" else following
            place += 2
        elif character == "$" and following.isdigit():
            if written[place + 2 : place + 3].isdigit():
                return None
            result += "\\" + following
            place += 2
        elif character == "$":
            return None
        else:
            result += character
            place += 1
    return result


def _replace_by(call: Call) -> Value:
    """By a lambda over the groups; NULL from it makes all of the text NULL."""
    _needs_python(call)
    e = fresh(call, "g")
    body = lambda_body(call, 2, [Value(f"{e}.groups", types.array(types.VARCHAR))])
    if body.type.name not in ("varchar", "unknown"):
        raise unexpected(call.name, list(call.args), call.node)
    pieces = f"lab_regex_pieces({call.sql(0)}, {_text(call)})"
    new = f"CASE WHEN {e}.groups IS NULL THEN {e}.before ELSE {e}.before || ({body.sql}) END"
    parts = f"list_transform({pieces}, lambda {e}: {new})"
    sql = f"CASE WHEN len({parts}) = list_count({parts}) THEN array_to_string({parts}, '') END"
    return Value(sql, types.VARCHAR, body.reads)


def _split(call: Call) -> Value:
    function = "lab_regex_split" if _needs_python(call) else "regexp_split_to_array"
    return Value(f"{function}({call.sql(0)}, {_text(call)})", types.array(call.args[0].type))


def _count(call: Call) -> Value:
    name = "lab_regex_extract_all" if _needs_python(call) else "regexp_extract_all"
    sql = f"CAST(len({name}({call.sql(0)}, {_text(call)}, 0)) AS BIGINT)"
    return Value(sql, types.BIGINT)


def _position(call: Call) -> Value:
    """The place of an occurrence at or after a start, both from 1; -1 when there is none."""
    if isinstance(call.args[1].literal, str):
        compiled(call.args[1].literal)
    start = call.sql(2) if len(call.args) > 2 else "1"
    number = call.sql(3) if len(call.args) > 3 else "1"
    missing = " OR ".join(f"{argument.sql} IS NULL" for argument in call.args)
    low = call.fail("'start position cannot be smaller than 1'", types.INTEGER)
    few = call.fail("'occurrence cannot be smaller than 1'", types.INTEGER)
    sql = (
        f"CASE WHEN {missing} THEN NULL WHEN {start} < 1 THEN {low} WHEN {number} < 1 THEN {few}"
        f" ELSE lab_regex_position({call.sql(0)}, {_text(call)}, {start}, {number}) END"
    )
    return Value(sql, types.INTEGER)


FUNCTIONS = {
    "regexp_like": _like,
    "regexp_extract": _extract,
    "regexp_extract_all": _extract_all,
    "regexp_replace": _replace,
    "regexp_split": _split,
    "regexp_count": _count,
    "regexp_position": _position,
}
