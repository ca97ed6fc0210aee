"""The exclude patterns of a crawler: globs over the path below the target.

``*`` stops at a slash and ``**`` does not, ``?`` is one character, ``[a-z]`` and ``[!a]`` are sets,
``{a,b}`` alternatives, a backslash takes the next character as it is. A pattern that ends in ``/``
excludes what is in that folder.

Source: AWS Glue User Guide, "Include and exclude patterns".
"""

import re
from functools import lru_cache


class PatternError(ValueError):
    """A pattern that does not end."""


_TOKEN = re.compile(r"\*\*|\[!?[^\]]+\]|\\.|.", re.DOTALL)
_SIGNS = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
_BRACES = {"{": "(?:", "}": ")", ",": "|"}


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """PatternError when a bracket, a brace or an escape is not closed."""
    pattern = pattern.lstrip("/")
    return re.compile(_translated(pattern + "**" if pattern.endswith("/") else pattern), re.DOTALL)


def _translated(pattern: str) -> str:
    found, depth = "", 0
    for part in _TOKEN.findall(pattern):
        if part in ("[", "\\"):
            raise PatternError(pattern)
        if part == "{" or (depth and part in _BRACES):
            depth += {"{": 1, "}": -1}.get(part, 0)
            found += _BRACES[part]
        elif part[0] == "[":
            found += _set(part[1:-1])
        else:
            found += _SIGNS.get(part) or re.escape(part.removeprefix("\\") or part)
    if depth:
        raise PatternError(pattern)
    return found


def _set(inside: str) -> str:
    """A set of characters, in which only ``!`` at its beginning and ``-`` mean anything; it never
    holds a slash.
    """
    negated = inside.startswith("!")
    text = "".join(c if c == "-" or c.isalnum() else re.escape(c) for c in inside[negated:])
    return f"(?!/)[{'^' if negated else ''}{text}]"
