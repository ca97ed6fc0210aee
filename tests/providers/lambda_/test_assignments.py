"""The number of processes that one machine bears: who makes room, and who is throttled."""

from collections.abc import Iterator
from typing import Any

import pytest
from localstack.aws.api.lambda_ import TooManyRequestsException
from localstack.services.lambda_.invocation.execution_environment import InvalidStatusException
from localstack.services.lambda_.invocation.lambda_models import InitializationType

from lab.providers.lambda_ import service
from lab.providers.lambda_.service import Assignments


class Process:
    """An execution environment, busy or idle, that only says when it is stopped."""

    version_manager_id = "version"

    def __init__(self, name: str, idle_since: float | None, kind: InitializationType) -> None:
        self.id = name
        self.initialization_type = kind
        self.idle_since = idle_since or 0.0
        self.is_busy = idle_since is None

    def reserve(self) -> None:
        if self.is_busy:
            raise InvalidStatusException("busy")
        self.is_busy = True

    def stop(self) -> None:
        return


@pytest.fixture
def assignments(monkeypatch: pytest.MonkeyPatch) -> Iterator[Assignments]:
    monkeypatch.setattr(service, "MAX_PROCESSES", 3)
    made = Assignments()
    yield made
    made.environments.clear()
    made.stop()


def fill(assignments: Assignments, *processes: tuple[str, float | None, str]) -> dict[str, Any]:
    living: dict[str, Any] = assignments.environments["version"]
    for name, idle_since, kind in processes:
        living[name] = Process(name, idle_since, InitializationType(kind))
    return living


@pytest.mark.fidelity("lambda.process_limit")
def test_longest_idle_process_makes_room(assignments: Assignments) -> None:
    living = fill(
        assignments,
        ("busy", None, "on-demand"),
        ("new", 9.0, "on-demand"),
        ("old", 5.0, "on-demand"),
    )
    assignments._make_room()
    assert set(living) == {"busy", "new"}
    assignments._make_room()
    assert set(living) == {"busy", "new"}


@pytest.mark.fidelity("lambda.process_limit")
def test_caller_is_throttled_when_no_process_is_idle(assignments: Assignments) -> None:
    living = fill(
        assignments,
        ("busy", None, "on-demand"),
        ("busy too", None, "on-demand"),
        ("kept", 1.0, "provisioned-concurrency"),
    )
    with pytest.raises(TooManyRequestsException) as caught:
        assignments._make_room()
    assert caught.value.message == "Rate Exceeded."
    assert caught.value.Reason == "ConcurrentInvocationLimitExceeded"
    assert len(living) == 3
