"""Regular expressions. Trino's are Java's, DuckDB's are RE2's: a pattern that only Java has is
refused by name.

Source: Trino documentation, "Regular expression functions".
"""

from lab.engine import types
from lab.engine.calls import Call
from lab.engine.errors import failure, unsupported
from lab.engine.values import Value

ONLY_JAVA = (
    "(?=",
    "(?!",
    "(?<",
    "(?>",
    "*+",
    "++",
    "?+",
    "}+",
    "&&",
    "\\G",
    "\\Z",
    "\\R",
    "\\h",
    "\\X",
    "\\k",
)


def _pattern(call: Call) -> str:
    pattern = call.args[1].literal
    if not isinstance(pattern, str):
        raise unsupported(f"{call.name} whose pattern is no constant", call.node)
    if pattern == "":
        raise unsupported("an empty regular expression", call.node)
    for construct in ONLY_JAVA:
        if construct in pattern.replace("\\\\", ""):
            raise unsupported(f"the regular expression construct {construct}", call.node)
    plain = pattern.replace("\\\\", "")
    if any(f"\\{digit}" in plain for digit in "123456789"):
        raise unsupported("a back reference in a regular expression", call.node)
    _check(pattern)
    return types.text(pattern)


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
    return Value(f"regexp_matches({call.sql(0)}, {_pattern(call)})", types.BOOLEAN)


def _group(call: Call) -> int:
    return int(call.constant(2)) if len(call.args) > 2 else 0


def _extract(call: Call) -> Value:
    """NULL and not '' when nothing matches: the first of all matches, if there is one."""
    found = f"regexp_extract_all({call.sql(0)}, {_pattern(call)}, {_group(call)})"
    return Value(f"list_extract({found}, 1)", call.args[0].type)


def _extract_all(call: Call) -> Value:
    sql = f"regexp_extract_all({call.sql(0)}, {_pattern(call)}, {_group(call)})"
    return Value(sql, types.array(call.args[0].type))


def _replace(call: Call) -> Value:
    pattern = _pattern(call)
    new = "''"
    if len(call.args) > 2:
        written = call.args[2].literal if isinstance(call.args[2], Value) else None
        if not isinstance(written, str):
            raise unsupported("regexp_replace whose replacement is no constant", call.node)
        new = types.text(_replacement(written, call))
    kind = call.args[0].type if len(call.args) == 2 else types.VARCHAR
    return Value(f"regexp_replace({call.sql(0)}, {pattern}, {new}, 'g')", kind)


def _replacement(written: str, call: Call) -> str:
    """Java's ``$1`` and ``\\$`` as RE2's ``\\1`` and ``$``."""
    result, place = "", 0
    while place < len(written):
        character = written[place]
        following = written[place + 1 : place + 2]
        if character == "\\" and following:
            result += "\\\\" if following == "\\" else following
            place += 2
        elif character == "$" and following.isdigit():
            if written[place + 2 : place + 3].isdigit():
                raise unsupported("a group reference of two digits", call.node)
            result += "\\" + following
            place += 2
        elif character == "$":
            raise unsupported("a named group in a replacement", call.node)
        else:
            result += character
            place += 1
    return result


def _split(call: Call) -> Value:
    return Value(
        f"regexp_split_to_array({call.sql(0)}, {_pattern(call)})", types.array(call.args[0].type)
    )


def _count(call: Call) -> Value:
    sql = f"CAST(len(regexp_extract_all({call.sql(0)}, {_pattern(call)})) AS BIGINT)"
    return Value(sql, types.BIGINT)


FUNCTIONS = {
    "regexp_like": _like,
    "regexp_extract": _extract,
    "regexp_extract_all": _extract_all,
    "regexp_replace": _replace,
    "regexp_split": _split,
    "regexp_count": _count,
}
