"""The API of OpenSearch Service: domains, their configuration, tags and versions.

Source: Amazon OpenSearch Service API Reference.
"""

from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.opensearch import (
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from localstack.aws.skeleton import Skeleton
from localstack.services.opensearch import versions
from localstack.services.plugins import Service, ServiceLifecycleHook

from lab import config
from lab.providers.opensearch import metrics, models
from lab.providers.opensearch.endpoint import Endpoint
from lab.providers.opensearch.lifecycle import Lifecycle
from lab.providers.opensearch.models import Domain
from lab.providers.opensearch.nodes import Nodes
from lab.providers.opensearch.validation import SERVICE, check_settings, validate
from lab.providers.pages import page
from lab.providers.snapshots import snapshot_of

Request = dict[str, Any]
Answer = dict[str, Any]

OPENSEARCH = "OpenSearch_"
MAX_PAGE = 100


class StopNodes(ServiceLifecycleHook):
    """Ends the processes of domains with the lab."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    def on_before_stop(self) -> None:
        self._nodes.stop()


def create_service() -> Service:
    snapshot = snapshot_of(models.stores)
    snapshot.restore()
    nodes = Nodes(config.load())
    for domain in models.all_domains():
        nodes.of(domain.arn, shared=domain.shared)
    metrics.install(nodes)
    lifecycle = Lifecycle(nodes, snapshot)
    Endpoint(lifecycle).install()
    provider = OpenSearchProvider(lifecycle)
    table = {name: provider.handler(name) for name in SERVICE.operation_names}
    skeleton = Skeleton(SERVICE, table)
    return snapshot.follow(
        Service("opensearch", skeleton=skeleton, lifecycle_hook=StopNodes(nodes))
    )


class OpenSearchProvider:
    """A method for each operation that the lab has; the others refuse by name."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._operations = {
            "AddTags": self.add_tags,
            "CreateDomain": self.create_domain,
            "DeleteDomain": self.delete_domain,
            "DescribeDomain": self.describe_domain,
            "DescribeDomainChangeProgress": self.describe_domain_change_progress,
            "DescribeDomainConfig": self.describe_domain_config,
            "DescribeDomains": self.describe_domains,
            "GetCompatibleVersions": self.get_compatible_versions,
            "ListDomainNames": self.list_domain_names,
            "ListTags": self.list_tags,
            "ListVersions": self.list_versions,
            "RemoveTags": self.remove_tags,
            "UpdateDomainConfig": self.update_domain_config,
        }

    def handler(self, name: str) -> Any:
        call = self._operations.get(name)

        def answer(context: RequestContext, request: Request | None) -> Answer | None:
            if call is None:
                raise NotImplementedError(
                    f"The lab does not implement {name} of OpenSearch Service."
                )
            validate(name, request or {})
            return call(context, request or {})

        return answer

    def create_domain(self, context: RequestContext, request: Request) -> Answer:
        name = request["DomainName"]
        check_settings(request)
        with self._lifecycle.lock:
            if name in models.stores[context.account_id][context.region].domains:
                raise ResourceAlreadyExistsException(
                    f"domain {name} already exists in region {context.region}"
                )
            domain = self._lifecycle.create(name, context.account_id, context.region, request)
        return {"DomainStatus": domain.status()}

    def delete_domain(self, context: RequestContext, request: Request) -> Answer:
        with self._lifecycle.lock:
            domain = self._domain(context, request["DomainName"])
            self._lifecycle.delete(domain)
        return {"DomainStatus": domain.status(deleted=True)}

    def describe_domain(self, context: RequestContext, request: Request) -> Answer:
        return {"DomainStatus": self._domain(context, request["DomainName"]).status()}

    def describe_domains(self, context: RequestContext, request: Request) -> Answer:
        known = models.stores[context.account_id][context.region].domains
        found = [self._domain(context, name) for name in request["DomainNames"] if name in known]
        return {"DomainStatusList": [domain.status() for domain in found]}

    def describe_domain_config(self, context: RequestContext, request: Request) -> Answer:
        return {"DomainConfig": self._domain(context, request["DomainName"]).config()}

    def describe_domain_change_progress(self, context: RequestContext, request: Request) -> Answer:
        domain = self._domain(context, request["DomainName"])
        if request.get("ChangeId") not in (None, domain.change.id):
            raise ResourceNotFoundException(f"Change not found: {request['ChangeId']}")
        return {"ChangeProgressStatus": domain.progress()}

    def update_domain_config(self, context: RequestContext, request: Request) -> Answer:
        check_settings(request)
        with self._lifecycle.lock:
            domain = self._domain(context, request["DomainName"])
            if domain.is_processing:
                raise ValidationException(
                    "A change/update is in progress. Please wait for it to complete before "
                    "requesting another change."
                )
            domain.update(request)
            return {"DomainConfig": domain.config()}

    def list_domain_names(self, context: RequestContext, request: Request) -> Answer:
        names = models.stores[context.account_id][context.region].domains
        if request.get("EngineType") == "Elasticsearch":
            return {"DomainNames": []}
        listed = [{"DomainName": name, "EngineType": "OpenSearch"} for name in names]
        return {"DomainNames": listed}

    def list_versions(self, _context: RequestContext, request: Request) -> Answer:
        known = [name for name in versions.install_versions if name.startswith(OPENSEARCH)]
        return page(known, request, "Versions", MAX_PAGE, ValidationException)

    def get_compatible_versions(self, context: RequestContext, request: Request) -> Answer:
        found: list[Any] = [
            entry
            for entry in versions.compatible_versions
            if entry["SourceVersion"].startswith(OPENSEARCH)
        ]
        if name := request.get("DomainName"):
            current = self._domain(context, name).engine_version
            found = [entry for entry in found if entry["SourceVersion"] == current] or [
                {"SourceVersion": current, "TargetVersions": []}
            ]
        return {"CompatibleVersions": found}

    def add_tags(self, context: RequestContext, request: Request) -> None:
        tags = {tag["Key"]: tag["Value"] for tag in request["TagList"]}
        self._tagged(context, request).tags.update(tags)

    def remove_tags(self, context: RequestContext, request: Request) -> None:
        domain = self._tagged(context, request)
        for key in request["TagKeys"]:
            domain.tags.pop(key, None)

    def list_tags(self, context: RequestContext, request: Request) -> Answer:
        tags = self._tagged(context, request).tags
        return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _domain(self, context: RequestContext, name: str) -> Domain:
        domain = models.stores[context.account_id][context.region].domains.get(name)
        if domain is None:
            raise ResourceNotFoundException(f"Domain not found: {name}")
        return self._lifecycle.refresh(domain)

    def _tagged(self, context: RequestContext, request: Request) -> Domain:
        for domain in models.stores[context.account_id][context.region].domains.values():
            if domain.arn == request["ARN"]:
                return domain
        raise ValidationException("Invalid ARN. Domain not found.")
