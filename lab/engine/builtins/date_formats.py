"""MySQL's date formats, which date_format and date_parse use, in the letters of DuckDB's strftime
and strptime.
"""

from lab.engine.errors import failure, unsupported

BOTH = {
    "a": "%a", "b": "%b", "d": "%d", "H": "%H", "h": "%I", "I": "%I", "i": "%M", "j": "%j",
    "M": "%B", "m": "%m", "p": "%p", "S": "%S", "s": "%S", "T": "%H:%M:%S", "W": "%A", "Y": "%Y",
    "y": "%y", "r": "%I:%M:%S %p", "%": "%%", "f": "%f", "x": "%G", "v": "%V",
}  # fmt: skip
PRINTED = {"c": "%-m", "e": "%-d", "k": "%-H", "l": "%-I"}
PARSED = {"c": "%m", "e": "%d", "k": "%H", "l": "%I"}
REFUSED = "DUuVwX"
NOT_PARSED = "xvjWaMf"


def to_duckdb(pattern: str, parsing: bool) -> str:
    """DuckDB's pattern. INVALID_FUNCTION_ARGUMENT for letters that Trino refuses too."""
    letters = {**BOTH, **(PARSED if parsing else PRINTED)}
    result, place = "", 0
    while place < len(pattern):
        if pattern[place] != "%":
            result += pattern[place]
            place += 1
            continue
        letter = pattern[place + 1 : place + 2]
        if letter in REFUSED:
            message = f"%{letter} not supported in date format string"
            raise failure("INVALID_FUNCTION_ARGUMENT", message)
        if parsing and letter in NOT_PARSED:
            raise unsupported(f"date_parse with %{letter}")
        result += letters.get(letter, letter)
        place += 2
    return result
