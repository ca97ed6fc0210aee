"""The provider: LocalStack's, which creates its clusters by our manager."""

from localstack.services.opensearch import provider as localstack_provider
from localstack.services.plugins import Service

from lab import config
from lab.providers.opensearch import metrics
from lab.providers.opensearch.cluster import LabClusterManager


def create_service() -> Service:
    settings = config.load()
    metrics.install()
    localstack_provider.create_cluster_manager = lambda: LabClusterManager(settings)
    return Service.for_provider(localstack_provider.OpensearchProvider())
