"""What Athena says of data that is not what the table says it is."""

import re

from lab.engine.errors import QueryError, unsupported

FAILED = re.compile(r'Failed to cast value to \w+: "?(.*?)"?$')
MALFORMED = re.compile(r"Malformed JSON in file .*, at byte (\d+) in line \d+: ([^.]*)")
PLACE = re.compile(r' in (?:file )?"[^"]*"')
ROW = "Row is not a valid JSON Object - JSONException"


def bad_value(value: str, place: int) -> str:
    """SQL that fails with HIVE_BAD_DATA for the text ``value`` in the column at ``place``."""
    return (
        f"error('HIVE_BAD_DATA: Error parsing field value ''' || {value} || ''' for field"
        f" {place}: For input string: \"' || {value} || '\"')"
    )


def from_reader(message: str) -> QueryError:  # noqa: PLR0911  one return per kind
    """For what the readers of JSON, CSV and ORC say."""
    first = message.splitlines()[0]
    if "ORC timestamp" in first:
        return unsupported("an ORC timestamp before 1677 or after 2262")
    if "No such file or directory" in first or "No files found" in first:
        reason = "Error opening Hive split: The specified key does not exist."
        return QueryError("HIVE_CANNOT_OPEN_SPLIT", reason)
    if found := MALFORMED.search(first):
        byte, reason = int(found[1]), found[2].strip()
        if byte == 1:
            reason = "A JSONObject text must begin with '{' at 1 [character 2 line 1]"
        elif reason == "unexpected end of data":
            reason = f"A JSONObject text must end with '}}' at {byte} [character {byte + 1} line 1]"
        return QueryError("HIVE_CURSOR_ERROR", f"{ROW}: {reason}")
    if "has duplicate key" in first:
        key = first.rsplit('"', 2)[1]
        return QueryError("HIVE_CURSOR_ERROR", f'{ROW}: Duplicate key "{key}"')
    if "Expected OBJECT" in first:
        reason = "A JSONObject text must begin with '{' at 1 [character 2 line 1]"
        return QueryError("HIVE_CURSOR_ERROR", f"{ROW}: {reason}")
    if found := FAILED.search(first):
        value = found[1]
        return QueryError(
            "HIVE_BAD_DATA",
            f"Error parsing field value '{value}' for field: For input string: \"{value}\"",
        )
    # Where the lab keeps the object is nobody's business.
    return QueryError("HIVE_BAD_DATA", PLACE.sub("", first))
