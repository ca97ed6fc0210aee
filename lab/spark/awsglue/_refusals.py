"""What AWS's library has and this one has not: refused by its name."""

from collections.abc import Iterable, Mapping
from typing import Any


class NotInTheLabError(NotImplementedError):
    """Something of ``awsglue`` that this lab does not have."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not supported by this lab's awsglue.")


def check(where: str, given: Mapping[str, Any] | None, known: Iterable[str]) -> dict[str, Any]:
    """The options that are given, each of which must be known."""
    found = dict(given or {})
    for name in found:
        if name not in known:
            raise NotInTheLabError(f"The option {name} of {where}")
    return found


def check_thresholds(stage: int = 0, total: int = 0) -> None:
    """Records that fail end the job at the first: AWS's own default."""
    if stage or total:
        raise NotInTheLabError("A stageThreshold or totalThreshold above 0")
