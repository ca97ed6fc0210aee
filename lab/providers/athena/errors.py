"""Athena's exceptions. Source: Amazon Athena API reference, "Common Errors" and each operation's
errors.
"""

from localstack.aws.api import CommonServiceException


class AthenaError(CommonServiceException):
    """An answer with one of Athena's error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code=code, message=message, status_code=400, sender_fault=True)


def invalid(message: str) -> AthenaError:
    return AthenaError("InvalidRequestException", message)
