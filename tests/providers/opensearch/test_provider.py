"""Domains: how they are made, described, changed and deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from opensearchpy import NotFoundError, OpenSearch

from lab.config import Config
from tests.providers.opensearch.conftest import ARN, Made, policy, statement

pytestmark = pytest.mark.lab

Make = Callable[..., Made]


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.fidelity("opensearch.endpoint")
def test_a_domain_s_endpoint_is_a_path_of_the_gateway(
    make_domain: Make, service: Any, full_lab: Config
) -> None:
    made = make_domain("flights")
    status = service.describe_domain(DomainName="flights")["DomainStatus"]
    assert status["Endpoint"] == f"127.0.0.1:{full_lab.port}/opensearch/us-east-1/flights"
    assert status["DomainEndpointOptions"]["EnforceHTTPS"] is False
    made.search.index(
        index="planes", id="N/1", body={"tailnum": "N14228"}, params={"refresh": "true"}
    )
    assert made.search.get(index="planes", id="N/1")["_source"] == {"tailnum": "N14228"}
    assert made.search.exists(index="planes", id="N/1")
    assert not made.search.exists(index="planes", id="N/2")
    hits = made.search.search(index="plan*", q="tailnum:N14228")["hits"]
    assert hits["total"]["value"] == 1
    server = OpenSearch(full_lab.opensearch_url)
    assert server.count(index="planes")["count"] == 1


@pytest.mark.fidelity("opensearch.states")
def test_a_new_domain_is_processing_and_then_active(service: Any) -> None:
    made = service.create_domain(DomainName="states")["DomainStatus"]
    assert (made["Created"], made["Processing"], made["DomainProcessingStatus"]) == (
        True,
        True,
        "Creating",
    )
    assert "Endpoint" not in made
    status = service.describe_domain(DomainName="states")["DomainStatus"]
    assert (status["Processing"], status["DomainProcessingStatus"]) == (False, "Active")
    assert status["ARN"] == f"{ARN}/states"
    names = service.list_domain_names(EngineType="OpenSearch")["DomainNames"]
    assert {"DomainName": "states", "EngineType": "OpenSearch"} in names
    deleted = service.delete_domain(DomainName="states")["DomainStatus"]
    assert (deleted["Deleted"], deleted["DomainProcessingStatus"]) == (True, "Deleting")
    assert service.describe_domains(DomainNames=["states"])["DomainStatusList"] == []


@pytest.mark.fidelity("opensearch.configuration")
def test_a_changed_option_is_told_with_its_state_and_version(
    make_domain: Make, service: Any
) -> None:
    make_domain("changed", ClusterConfig={"InstanceType": "t3.small.search"})
    answer = service.update_domain_config(DomainName="changed", ClusterConfig={"InstanceCount": 2})
    told = answer["DomainConfig"]["ClusterConfig"]
    assert told["Status"]["State"] == "Processing"
    assert answer["DomainConfig"]["EBSOptions"]["Status"]["State"] == "Active"
    config = service.describe_domain_config(DomainName="changed")["DomainConfig"]
    options, status = config["ClusterConfig"]["Options"], config["ClusterConfig"]["Status"]
    assert (options["InstanceType"], options["InstanceCount"]) == ("t3.small.search", 2)
    assert (status["State"], status["UpdateVersion"]) == ("Active", 2)
    progress = service.describe_domain_change_progress(DomainName="changed")
    details = progress["ChangeProgressStatus"]
    assert (details["Status"], details["CompletedProperties"]) == ("COMPLETED", ["ClusterConfig"])
    assert details["ChangeId"] == config["ChangeProgressDetails"]["ChangeId"]


@pytest.mark.fidelity("opensearch.configuration")
def test_tags_are_added_listed_and_removed(make_domain: Make, service: Any) -> None:
    make_domain("tagged", TagList=[{"Key": "team", "Value": "web"}])
    service.add_tags(ARN=f"{ARN}/tagged", TagList=[{"Key": "stage", "Value": "dev"}])
    service.remove_tags(ARN=f"{ARN}/tagged", TagKeys=["team"])
    listed = service.list_tags(ARN=f"{ARN}/tagged")["TagList"]
    assert listed == [{"Key": "stage", "Value": "dev"}]
    assert refusal(service.list_tags, ARN=f"{ARN}/nowhere") == (
        "ValidationException",
        "Invalid ARN. Domain not found.",
    )


@pytest.mark.fidelity("opensearch.versions")
def test_versions_are_those_of_opensearch(make_domain: Make, service: Any) -> None:
    made = make_domain("versions", EngineVersion="OpenSearch_2.11")
    listed = service.list_versions()["Versions"]
    assert "OpenSearch_2.11" in listed
    assert all(name.startswith("OpenSearch_") for name in listed)
    [entry] = service.get_compatible_versions(DomainName="versions")["CompatibleVersions"]
    assert entry["SourceVersion"] == "OpenSearch_2.11"
    assert made.search.info()["version"]["number"] == "3.8.0"
    code, message = refusal(
        service.create_domain, DomainName="old", EngineVersion="Elasticsearch_7.10"
    )
    assert (code, message) == (
        "ValidationException",
        "The lab does not support EngineVersion Elasticsearch_7.10: its domains are OpenSearch.",
    )


@pytest.mark.fidelity("opensearch.errors")
def test_errors_are_aws_s(make_domain: Make, service: Any) -> None:
    make_domain("twice")
    assert refusal(service.create_domain, DomainName="twice") == (
        "ResourceAlreadyExistsException",
        "domain twice already exists in region us-east-1",
    )
    unknown = ("ResourceNotFoundException", "Domain not found: nowhere")
    for call in (service.describe_domain, service.describe_domain_config, service.delete_domain):
        assert refusal(call, DomainName="nowhere") == unknown
    assert refusal(service.create_domain, DomainName="Flights") == (
        "ValidationException",
        "1 validation error detected: Value 'Flights' at 'domainName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [a-z][a-z0-9\\-]+",
    )
    assert refusal(service.create_domain, DomainName="broken", AccessPolicies="{") == (
        "InvalidTypeException",
        "Error setting policy: [{]",
    )


@pytest.mark.fidelity("opensearch.refused_settings")
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"AdvancedSecurityOptions": {"Enabled": True}}, "AdvancedSecurityOptions.Enabled"),
        ({"DomainEndpointOptions": {"EnforceHTTPS": True}}, "DomainEndpointOptions.EnforceHTTPS"),
        ({"VPCOptions": {"SubnetIds": ["subnet-1"]}}, "VPCOptions.SubnetIds"),
        ({"CognitoOptions": {"Enabled": True}}, "CognitoOptions.Enabled"),
    ],
)
def test_what_has_no_effect_here_is_refused(
    service: Any, settings: dict[str, Any], named: str
) -> None:
    assert refusal(service.create_domain, DomainName="secured", **settings) == (
        "ValidationException",
        f"The lab does not support {named}.",
    )


@pytest.mark.fidelity("opensearch.refused_settings")
def test_a_condition_that_is_not_enforced_is_refused(service: Any) -> None:
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    document = policy(statement("Allow", "*", "es:*", "secured/*", Condition=condition))
    assert refusal(service.create_domain, DomainName="secured", AccessPolicies=document) == (
        "ValidationException",
        "The lab does not enforce the condition StringEquals of aws:SourceVpc in AccessPolicies.",
    )


@pytest.mark.fidelity("opensearch.deletion")
def test_a_deleted_domain_leaves_an_empty_server(
    make_domain: Make, service: Any, full_lab: Config
) -> None:
    search = make_domain("emptied").search
    search.index(index="gone", id="1", body={"a": 1})
    search.indices.put_alias(index="gone", name="also-gone")
    search.indices.put_index_template(name="gone", body={"index_patterns": ["gone-*"]})
    search.ingest.put_pipeline(id="gone", body={"processors": []})
    service.delete_domain(DomainName="emptied")
    server = OpenSearch(full_lab.opensearch_url)
    assert server.ping()
    assert list(server.indices.get(index="*")) == []
    assert server.indices.get_index_template()["index_templates"] == []
    with pytest.raises(NotFoundError):
        server.ingest.get_pipeline(id="gone")
    assert make_domain("emptied").ask(None)[0] == 403
