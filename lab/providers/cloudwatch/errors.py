"""CloudWatch's exceptions. Source: Amazon CloudWatch API reference, "Common Errors" and the errors
of each operation.
"""

from localstack.aws.api import CommonServiceException


class CloudWatchError(CommonServiceException):
    """An answer with one of CloudWatch's error codes."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message, status_code=status, sender_fault=status < 500)


def invalid(message: str) -> CloudWatchError:
    return CloudWatchError("InvalidParameterValue", message)


def combination(message: str) -> CloudWatchError:
    return CloudWatchError("InvalidParameterCombination", message)


def validation(message: str) -> CloudWatchError:
    return CloudWatchError("ValidationError", message)


def invalid_token(_message: str = "") -> CloudWatchError:
    return CloudWatchError("InvalidNextToken", "Request parameter NextToken is invalid")


def not_found(message: str) -> CloudWatchError:
    return CloudWatchError("ResourceNotFound", message, status=404)
