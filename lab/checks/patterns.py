"""Wildcards and variables of IAM policies (AWS: "IAM policy elements: Variables and tags")."""

import re
from collections.abc import Mapping, Sequence

VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")
LITERAL = {"*": "[*]", "?": "[?]", "$": "$"}

NO_VALUE = "\0"
"""In the place of a variable that the request has no value for: it matches nothing."""


def fill(written: str, context: Mapping[str, str | Sequence[str]]) -> str:
    """The text with the values of the request in the place of its ``${variables}``; wildcards that
    come from ``${*}`` or from a value are ordinary characters.
    """
    names = {name.lower(): value for name, value in context.items()}

    def value(found: re.Match[str]) -> str:
        name, default = found[1].strip(), found[2]
        if name in LITERAL:
            return LITERAL[name]
        given = names.get(name.lower(), NO_VALUE if default is None else default)
        return re.sub(r"[*?]", r"[\g<0>]", given) if isinstance(given, str) else NO_VALUE

    return VARIABLE.sub(value, written)


def matches(pattern: str, text: str) -> bool:
    """``*`` is any number of characters and ``?`` one, also across the parts of an ARN; ``[*]`` and
    ``[?]`` are the characters themselves.
    """
    parts = re.split(r"(\[\*\]|\[\?\]|\*|\?)", pattern)
    wild = {"*": ".*", "?": ".", "[*]": r"\*", "[?]": r"\?"}
    return bool(re.fullmatch("".join(wild.get(one, re.escape(one)) for one in parts), text, re.S))
