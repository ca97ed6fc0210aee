"""What CloudWatch is told of domains, under AWS/ES: a sample a minute, taken when metrics are
published or read. A domain that does not answer tells nothing.

Source: Amazon OpenSearch Service Developer Guide, "Monitoring OpenSearch cluster metrics with
Amazon CloudWatch".
"""

import logging
import time
from collections.abc import Iterator
from typing import Any

from lab.providers.cloudwatch import Metric, Source, publisher
from lab.providers.cloudwatch import install as install_publisher
from lab.providers.opensearch.models import all_domains
from lab.providers.opensearch.nodes import Node, Nodes

LOG = logging.getLogger(__name__)

NAMESPACE = "AWS/ES"
ANSWER_WITHIN = 1.0
STATUSES = ("green", "yellow", "red")
MEGABYTE = 1_048_576

Samples = Iterator[tuple[Metric, float]]


class Sampler:
    """Asks each domain once a minute."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._minute = 0

    def sample(self) -> None:
        minute = int(time.time()) // 60
        if minute == self._minute:
            return
        self._minute = minute
        for domain in all_domains():
            node = self._nodes.running(domain.arn)
            dimensions = (("DomainName", domain.name), ("ClientId", domain.account))
            source = Source(NAMESPACE, domain.account, domain.region, dimensions)
            if node and node.url and (samples := _samples(node)):
                publisher().add(source, samples)


def install(nodes: Nodes) -> None:
    """Once, when OpenSearch Service is loaded."""
    install_publisher()
    publisher().before_flush(Sampler(nodes).sample)


def _samples(node: Node) -> list[tuple[Metric, float]]:
    try:
        health = node.call("GET", "/_cluster/health", within=ANSWER_WITHIN)
        stats = node.call("GET", "/_nodes/stats/jvm,os,fs", within=ANSWER_WITHIN)
        totals = node.call("GET", "/_stats/docs,store", within=ANSWER_WITHIN)["_all"]
        return [*_of_cluster(health, totals), *_of_nodes(list(stats["nodes"].values()))]
    except (OSError, ValueError, KeyError) as error:
        LOG.debug("no metrics of the domain at %s: %s", node.url, error)
        return []


def _of_cluster(health: dict[str, Any], totals: dict[str, Any]) -> Samples:
    for status in STATUSES:
        yield Metric(f"ClusterStatus.{status}"), float(health["status"] == status)
    yield Metric("Nodes"), float(health["number_of_nodes"])
    for kind in ("active", "activePrimary", "initializing", "relocating", "unassigned"):
        field = "active_primary" if kind == "activePrimary" else kind
        yield Metric(f"Shards.{kind}"), float(health[f"{field}_shards"])
    primaries = totals["primaries"]
    yield Metric("SearchableDocuments"), float(primaries.get("docs", {}).get("count", 0))
    yield Metric("DeletedDocuments"), float(primaries.get("docs", {}).get("deleted", 0))
    used = totals["total"].get("store", {}).get("size_in_bytes", 0)
    yield Metric("ClusterUsedSpace", "Megabytes"), used / MEGABYTE


def _of_nodes(nodes: list[dict[str, Any]]) -> Samples:
    for node in nodes:
        yield Metric("JVMMemoryPressure", "Percent"), float(node["jvm"]["mem"]["heap_used_percent"])
        yield Metric("CPUUtilization", "Percent"), float(node["os"]["cpu"]["percent"])
        free = node["fs"]["total"]["available_in_bytes"]
        yield Metric("FreeStorageSpace", "Megabytes"), free / MEGABYTE
