"""What CloudWatch is told of domains, under AWS/ES: a sample a minute, taken when metrics are
published or read. A domain that does not answer tells nothing.

Source: Amazon OpenSearch Service Developer Guide, "Monitoring OpenSearch cluster metrics with
Amazon CloudWatch".
"""

import json
import logging
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from localstack.services.opensearch.models import opensearch_stores

from lab.providers.cloudwatch import Metric, Source, publisher
from lab.providers.cloudwatch import install as install_publisher

LOG = logging.getLogger(__name__)

NAMESPACE = "AWS/ES"
ANSWER_WITHIN = 1.0
STATUSES = ("green", "yellow", "red")
MEGABYTE = 1_048_576

Samples = Iterator[tuple[Metric, float]]


class Sampler:
    """Asks each domain once a minute."""

    def __init__(self) -> None:
        self._minute = 0

    def sample(self) -> None:
        minute = int(time.time()) // 60
        if minute == self._minute:
            return
        self._minute = minute
        for account, regions in list(opensearch_stores.items()):
            for region, store in list(regions.items()):
                for name, domain in list(store.opensearch_domains.items()):
                    dimensions = (("DomainName", name), ("ClientId", account))
                    source = Source(NAMESPACE, account, region, dimensions)
                    if samples := _samples(domain.get("Endpoint") or ""):
                        publisher().add(source, samples)


def install() -> None:
    """Once, when OpenSearch Service is loaded."""
    install_publisher()
    publisher().before_flush(Sampler().sample)


def _samples(endpoint: str) -> list[tuple[Metric, float]]:
    if not endpoint:
        return []
    try:
        health = _get(endpoint, "_cluster/health")
        nodes = _get(endpoint, "_nodes/stats/jvm,os,fs")["nodes"].values()
        totals = _get(endpoint, "_stats/docs,store")["_all"]
    except (OSError, ValueError, KeyError) as error:
        LOG.debug("no metrics of the domain at %s: %s", endpoint, error)
        return []
    return [*_of_cluster(health, totals), *_of_nodes(list(nodes))]


def _get(endpoint: str, path: str) -> Any:
    with urllib.request.urlopen(f"http://{endpoint}/{path}", timeout=ANSWER_WITHIN) as answer:
        return json.load(answer)


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
