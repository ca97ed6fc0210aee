"""Athena's exceptions, and what it says of a failed query.

Source: Amazon Athena API reference, "Common Errors" and each operation's errors; Amazon Athena User
Guide, "Athena error catalog".
"""

import uuid
from typing import Any

from localstack.aws.api import CommonServiceException

from lab.engine.errors import QueryError

SYSTEM, USER = 1, 2
# "Athena error catalog" describes its numbers in few words ("Data error", "Syntax error"); which
# name has which number is known from what Athena answers. Names that are not here have the general
# number of their category.
ERROR_TYPES = {
    "FAILED": 1003,
    "DIVISION_BY_ZERO": 1001,
    "TYPE_MISMATCH": 1002,
    "SYNTAX_ERROR": 1006,
    "COLUMN_NOT_FOUND": 1006,
    "CATALOG_NOT_FOUND": 1006,
    "INVALID_CAST_ARGUMENT": 1100,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1100,
    "INVALID_PARAMETER_USAGE": 1100,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "TABLE_ALREADY_EXISTS": 1110,
    "NOT_SUPPORTED": 1200,
    "TABLE_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1301,
    "FUNCTION_NOT_FOUND": 1303,
    "DDL_NOT_SUPPORTED": 1200,
    "UNSUPPORTED_COLUMNS": 1100,
}
SYSTEM_TYPES = {
    "EXCEEDED_LOCAL_MEMORY_LIMIT": 0,
    "EXCEEDED_TIME_LIMIT": 210,
    "GENERIC_INTERNAL_ERROR": 200,
    "INTERRUPTED": 100,
    "RESULT_NOT_WRITTEN": 401,
}
RETRYABLE = {"INTERRUPTED", "RESULT_NOT_WRITTEN"}
# Reasons that stand alone, without the error's name before them.
NAMELESS = {
    *("INTERRUPTED", "RESULT_NOT_WRITTEN", "PREPARED_STATEMENT"),
    *("DDL_NOT_SUPPORTED", "UNSUPPORTED_COLUMNS"),
}
# With what the reasons begin that Hive gives.
OF_HIVE = "FAILED: "


class AthenaError(CommonServiceException):
    """An answer with one of Athena's error codes."""

    def __init__(self, code: str, message: str, athena_code: str | None = None) -> None:
        super().__init__(code=code, message=message, status_code=400, sender_fault=True)
        self.AthenaErrorCode = athena_code


def invalid(message: str, athena_code: str = "INVALID_INPUT") -> AthenaError:
    return AthenaError("InvalidRequestException", message, athena_code)


def entity_not_found() -> str:
    """What Athena hands on from the catalogue, whatever is not there."""
    return (
        "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code:"
        f" EntityNotFoundException; Request ID: {uuid.uuid4()}; Proxy: null)"
    )


def reason_of(error: QueryError) -> str:
    """The StateChangeReason of a query that failed with ``error``."""
    return error.message if error.name in NAMELESS else str(error)


def describe(error: QueryError) -> dict[str, Any]:
    """An AthenaError, as GetQueryExecution shows it."""
    system = error.name in SYSTEM_TYPES
    kind = SYSTEM_TYPES[error.name] if system else ERROR_TYPES.get(error.name, 1000)
    return {
        "ErrorCategory": SYSTEM if system else USER,
        "ErrorType": kind,
        "Retryable": error.name in RETRYABLE,
        "ErrorMessage": reason_of(error),
    }
