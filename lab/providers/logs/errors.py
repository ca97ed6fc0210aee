"""CloudWatch Logs' exceptions. Source: Amazon CloudWatch Logs API reference."""

from localstack.aws.api import CommonServiceException


class LogsError(CommonServiceException):
    """An answer with one of the service's error codes."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message, status_code=status, sender_fault=status < 500)


def invalid(message: str) -> LogsError:
    return LogsError("InvalidParameterException", message)


def not_found(noun: str) -> LogsError:
    return LogsError("ResourceNotFoundException", f"The specified {noun} does not exist.")


def already_exists(noun: str) -> LogsError:
    return LogsError("ResourceAlreadyExistsException", f"The specified {noun} already exists")


def limit_exceeded() -> LogsError:
    return LogsError("LimitExceededException", "Resource limit exceeded.")


def invalid_token(_message: str = "") -> LogsError:
    return invalid("The specified nextToken is invalid.")
