"""The patterns by which tables and functions are chosen by name.

Clients use two languages that AWS takes alike: Java's regular expressions, and Hive's patterns, in
which ``*`` stands for any text.
"""

import re

from lab.providers.glue.errors import invalid


def compiled(pattern: str) -> re.Pattern[str]:
    """The whole name is to match, in any case. A ``*`` that follows the beginning, a letter, a
    digit, ``_`` or ``-`` stands for any text; elsewhere it repeats what is before it.
    """
    try:
        return re.compile(re.sub(r"(?:^|(?<=[\w|(-]))\*", ".*", pattern), re.IGNORECASE)
    except re.error as error:
        raise invalid(f"Invalid pattern: {pattern}") from error
