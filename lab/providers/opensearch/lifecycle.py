"""How a domain comes to be, is changed and ends, with the OpenSearch behind it."""

import threading

from localstack.aws.api.opensearch import LimitExceededException

from lab.providers.opensearch import nodes as nodes_module
from lab.providers.opensearch.models import Domain, Options, all_domains, stores
from lab.providers.opensearch.nodes import Node, Nodes
from lab.providers.snapshots import Snapshot


class Lifecycle:
    """The one place where domains are made and ended, one at a time."""

    def __init__(self, nodes: Nodes, snapshot: Snapshot) -> None:
        self.nodes = nodes
        self._snapshot = snapshot
        self.lock = threading.RLock()

    def node(self, domain: Domain) -> Node:
        return self.nodes.of(domain.arn, shared=domain.shared)

    def create(self, name: str, account: str, region: str, request: Options) -> Domain:
        """The first domain gets the lab's own server. Raises LimitExceededException when a further
        one cannot have a process of its own.
        """
        with self.lock:
            shared = not any(domain.shared for domain in all_domains())
            if not shared and not nodes_module.can_start():
                raise LimitExceededException(
                    "The lab runs one domain at a time in containers: delete the other one first."
                )
            domain = Domain.create(name, account, region, request, shared=shared)
            stores[account][region].domains[name] = domain
            self.node(domain).start()
            return domain

    def refresh(self, domain: Domain) -> Domain:
        """The domain as it is by now: made once its OpenSearch answers, changed once its time has
        passed.
        """
        if not domain.is_processing:
            return domain
        with self.lock:
            if not domain.is_active and domain.change.is_due:
                node = self.node(domain)
                node.start()
                domain.is_active = node.is_up()
            domain.settle()
        if not domain.is_processing:
            self._snapshot.save()
        return domain

    def delete(self, domain: Domain) -> None:
        """Frees all that it held."""
        with self.lock:
            del stores[domain.account][domain.region].domains[domain.name]
            self.node(domain).free()
            self.nodes.forget(domain.arn)
