"""Glue's exceptions. Source: AWS Glue Developer Guide, "Exceptions"."""

from localstack.aws.api import CommonServiceException


class GlueError(CommonServiceException):
    """An answer with one of Glue's error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code=code, message=message, status_code=400, sender_fault=True)


def not_found(message: str) -> GlueError:
    return GlueError("EntityNotFoundException", message)


def already_exists(message: str) -> GlueError:
    return GlueError("AlreadyExistsException", message)


def invalid(message: str) -> GlueError:
    return GlueError("InvalidInputException", message)
