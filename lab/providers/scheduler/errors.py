"""Scheduler's exceptions. Source: EventBridge Scheduler API reference, "Common Errors"."""

from localstack.aws.api import CommonServiceException

from lab.providers.validation import FrontEnd, validation_exception

FRONT_END = FrontEnd()
invalid = validation_exception


def not_found(kind: str, name: str) -> CommonServiceException:
    return CommonServiceException(
        "ResourceNotFoundException", f"{kind} {name} does not exist.", 404
    )


def conflict(kind: str, name: str) -> CommonServiceException:
    return CommonServiceException("ConflictException", f"{kind} {name} already exists.", 409)
