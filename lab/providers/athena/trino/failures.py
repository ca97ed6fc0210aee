"""Trino's errors in Athena's words: the same names and messages, but for what Athena adds."""

from typing import Any

from lab.engine.errors import QueryError
from lab.providers.athena.errors import SYSTEM_TYPES

# Athena does not say whether a column is missing or forbidden.
UNRESOLVED = "cannot be resolved"
FORBIDDEN = " or requester is not authorized to access requested resources"
OURS = ("INTERNAL_ERROR", "INSUFFICIENT_RESOURCES")


def failure_of(error: dict[str, Any]) -> QueryError:
    """The error of a Trino's answer (``errorName``, ``errorType``, ``message``).

    What Trino counts as its own failure is the system's in Athena too; a name that Athena's error
    catalogue does not have there becomes GENERIC_INTERNAL_ERROR, before the name.
    """
    name, message = str(error["errorName"]), str(error.get("message", ""))
    if name == "COLUMN_NOT_FOUND" and message.endswith(UNRESOLVED):
        return QueryError(name, message + FORBIDDEN)
    if error.get("errorType") in OURS and name not in SYSTEM_TYPES:
        return QueryError("GENERIC_INTERNAL_ERROR", f"{name}: {message}")
    return QueryError(name, message)
