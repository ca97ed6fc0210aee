"""The cluster behind every domain: the lab's OpenSearch, which is started and stopped with the lab,
not by a domain.

All domains share its indices for now. The endpoint is an address of this machine, without a scheme
as on AWS, and it speaks HTTP, which ``DomainEndpointOptions.EnforceHTTPS: false`` says.
"""

import logging
import urllib.request

from localstack.services.opensearch.cluster import CustomEndpoint, SecurityOptions
from localstack.services.opensearch.cluster_manager import ClusterManager, DomainKey
from localstack.utils.serving import Server

from lab.config import HOST, Config

LOG = logging.getLogger(__name__)

UP_WITHIN = 5.0


class LabCluster(Server):
    """The lab's OpenSearch in the shape that LocalStack expects of a cluster; starting and stopping
    do nothing.
    """

    def __init__(self, config: Config, domain: DomainKey) -> None:
        super().__init__(config.opensearch_port, HOST)
        # LocalStack finds the domain's entry by these once the cluster answers.
        self.account_id = domain.account
        self.region_name = domain.region

    def do_run(self) -> None:
        """Nothing to run: the process is the stack's."""

    def do_shutdown(self) -> None:
        """Nothing to stop: other domains, and the learner, still use the process."""

    def health(self) -> bool:
        """True when it answers. LocalStack shows the domain as ``Processing`` until then."""
        try:
            with urllib.request.urlopen(self.url, timeout=UP_WITHIN) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class LabClusterManager(ClusterManager):
    """Gives every domain the lab's OpenSearch."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config

    def _create_cluster(
        self,
        arn: str,
        url: str,  # noqa: ARG002 - the signature is LocalStack's
        version: str,  # noqa: ARG002
        custom_endpoint: CustomEndpoint | None,  # noqa: ARG002
        security_options: SecurityOptions,  # noqa: ARG002
    ) -> Server:
        LOG.info("domain %s is served at %s", arn, self._config.opensearch_url)
        return LabCluster(self._config, DomainKey.from_arn(arn))
