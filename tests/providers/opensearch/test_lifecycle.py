"""How domains come to be, without a server behind them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from localstack.aws.api.opensearch import LimitExceededException, ValidationException

from lab.config import Config
from lab.providers.opensearch import models, nodes
from lab.providers.opensearch.lifecycle import Lifecycle
from lab.providers.opensearch.models import Domain
from lab.providers.opensearch.nodes import Nodes
from lab.providers.opensearch.provider import OpenSearchProvider

CONTEXT: Any = SimpleNamespace(account_id="111111111111", region="eu-west-1")


class Saves:
    """A snapshot that counts."""

    def __init__(self) -> None:
        self.count = 0

    def save(self) -> None:
        self.count += 1


@pytest.fixture
def lifecycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lifecycle]:
    monkeypatch.setattr(nodes.Node, "is_up", lambda _self: True)
    monkeypatch.setattr(nodes.SharedNode, "is_up", lambda _self: True)
    models.stores.reset()
    yield Lifecycle(Nodes(Config(tmp_path, tmp_path)), cast(Any, Saves()))
    models.stores.reset()


def described(lifecycle: Lifecycle, name: str) -> Any:
    answer = OpenSearchProvider(lifecycle).describe_domain(CONTEXT, {"DomainName": name})
    return answer["DomainStatus"]


@pytest.mark.fidelity("opensearch.one_in_containers")
def test_a_second_domain_is_refused_where_no_process_can_be_started(
    lifecycle: Lifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "can_start", lambda: False)
    provider = OpenSearchProvider(lifecycle)
    provider.create_domain(CONTEXT, {"DomainName": "first"})
    with pytest.raises(LimitExceededException) as refused:
        provider.create_domain(CONTEXT, {"DomainName": "second"})
    assert refused.value.message == (
        "The lab runs one domain at a time in containers: delete the other one first."
    )
    assert described(lifecycle, "first")["Endpoint"] == (
        "127.0.0.1:4566/opensearch/eu-west-1/first.111111111111"
    )


@pytest.mark.fidelity("opensearch.states")
def test_transitions_last_as_long_as_is_asked(
    lifecycle: Lifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_OPENSEARCH_TRANSITION_SECONDS", "60")
    provider = OpenSearchProvider(lifecycle)
    provider.create_domain(CONTEXT, {"DomainName": "slow"})
    assert described(lifecycle, "slow")["DomainProcessingStatus"] == "Creating"
    domain = models.find("eu-west-1", "slow.111111111111")
    assert domain is not None
    pass_time(domain)
    assert described(lifecycle, "slow")["DomainProcessingStatus"] == "Active"

    request = {"DomainName": "slow", "AdvancedOptions": {"a": "b"}}
    provider.update_domain_config(CONTEXT, request)
    assert described(lifecycle, "slow")["DomainProcessingStatus"] == "Modifying"
    assert domain.progress()["PendingProperties"] == ["AdvancedOptions"]
    with pytest.raises(ValidationException) as refused:
        provider.update_domain_config(CONTEXT, request)
    assert refused.value.message == (
        "A change/update is in progress. Please wait for it to complete before requesting "
        "another change."
    )
    pass_time(domain)
    assert described(lifecycle, "slow")["Processing"] is False
    assert domain.progress()["Status"] == "COMPLETED"


def pass_time(domain: Domain) -> None:
    domain.change.started -= timedelta(seconds=60)
