"""The OpenSearch domains of the lab, and the server behind them under the name ``SERVER``."""

import threading
import time
from dataclasses import dataclass

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError, ClientError

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.dashboards.search import RefusedError, Search
from lab.i18n import lab_error

SERVER = "_server"
"""No domain's name: those begin with a letter."""
KEPT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Domain:
    """``url`` is empty as long as the domain is being created."""

    name: str
    url: str


class Domains:
    """Asks OpenSearch Service's API which domains there are, and remembers it for some seconds:
    every picture asks once a second.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._found: list[Domain] = []
        self._until = 0.0

    def all(self) -> list[Domain]:
        """The domains by name, then the server itself. LabError when the lab is down."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = self._ask()
                self._until = time.monotonic() + KEPT_SECONDS
            return list(self._found)

    def search(self, name: str) -> Search:
        """The endpoint of a domain. The server answers even when the AWS endpoint does not."""
        if name == SERVER:
            return Search(self._config.opensearch_url)
        for domain in self.all():
            if domain.name == name and domain.url:
                return Search(domain.url)
        raise lab_error("dashboards-no-domain", name=name)

    def _ask(self) -> list[Domain]:
        client = boto3.client(
            "opensearch",
            endpoint_url=self._config.endpoint_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=BotoConfig(connect_timeout=2, read_timeout=10, retries={"max_attempts": 0}),
        )
        try:
            names = sorted(one["DomainName"] for one in client.list_domain_names()["DomainNames"])
            found = client.describe_domains(DomainNames=names) if names else {}
        except BotoCoreError as error:
            raise lab_error("lab-down", url=self._config.endpoint_url) from error
        except ClientError as error:
            answer = error.response
            status = answer["ResponseMetadata"]["HTTPStatusCode"]
            raise RefusedError(status, answer["Error"]["Message"]) from error
        domains = [
            Domain(status["DomainName"], url_of(status))
            for status in found.get("DomainStatusList", [])
            if not status.get("Deleted")
        ]
        return [*domains, Domain(SERVER, self._config.opensearch_url)]


def url_of(status: dict[str, object]) -> str:
    """The endpoint has no scheme, as on AWS."""
    endpoint = str(status.get("Endpoint") or "").rstrip("/")
    options = status.get("DomainEndpointOptions")
    is_https = isinstance(options, dict) and options.get("EnforceHTTPS", False)
    return f"{'https' if is_https else 'http'}://{endpoint}" if endpoint else ""
