"""Glue's exceptions. Source: AWS Glue Developer Guide, "Exceptions"."""

from typing import Any

from localstack.aws.api import CommonServiceException


class GlueError(CommonServiceException):
    """An answer with one of Glue's error codes."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message, status_code=status, sender_fault=status < 500)

    def detail(self) -> dict[str, Any]:
        """As an ``ErrorDetail``, for an item of a batch."""
        return {"ErrorCode": self.code, "ErrorMessage": self.message}


def not_found(message: str) -> GlueError:
    return GlueError("EntityNotFoundException", message)


def already_exists(message: str) -> GlueError:
    return GlueError("AlreadyExistsException", message)


def invalid(message: str) -> GlueError:
    return GlueError("InvalidInputException", message)


def too_many(message: str) -> GlueError:
    return GlueError("ResourceNumberLimitExceededException", message)
