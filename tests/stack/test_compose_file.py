"""``docker-compose.yml`` and the Dockerfile as text: what they promise without an engine."""

import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.config import ROOT, Config
from lab.stack import artifacts, container, localstack

FILE = ROOT / "docker-compose.yml"
SERVERS = ("localstack", "opensearch", "opensearch-dashboards")


@pytest.fixture
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text())["services"])


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_every_image_is_pinned(services: dict[str, Any]) -> None:
    ours = f"${{LAB_IMAGE:-aws-data-lab:{metadata.version('aws-data-lab')}}}"
    version = artifacts.OPENSEARCH_VERSION
    assert {name: service["image"] for name, service in services.items()} == {
        "network": ours,
        "localstack": ours,
        "opensearch": f"opensearchproject/opensearch:{version}",
        "opensearch-dashboards": f"opensearchproject/opensearch-dashboards:{version}",
    }


def test_no_container_has_rights_or_writes_to_its_image(services: dict[str, Any]) -> None:
    for service in services.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    for name in ("network", "localstack"):
        assert services[name]["read_only"] is True
        assert services[name]["user"] == "${LAB_UID:-1000}:${LAB_GID:-1000}"


def test_no_container_gets_at_the_engine_or_the_host(services: dict[str, Any]) -> None:
    assert "docker.sock" not in FILE.read_text()
    for service in services.values():
        assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service)
        assert service.get("network_mode") in (None, "service:network")


def test_every_server_has_a_health_check_and_restarts_after_a_crash_only(
    services: dict[str, Any],
) -> None:
    for name in SERVERS:
        assert services[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        assert services[name]["restart"] == "on-failure:3"


def test_the_servers_share_one_loopback(services: dict[str, Any]) -> None:
    """What makes http://127.0.0.1:9200 OpenSearch inside a Lambda function too."""
    for name in ("localstack", "opensearch"):
        assert services[name]["network_mode"] == "service:network"
        assert services[name]["depends_on"] == {"network": {"condition": "service_started"}}
    assert services["network"]["restart"] == "no"


def test_dashboards_is_asked_for_by_its_profile(services: dict[str, Any]) -> None:
    profiles = {name: service.get("profiles") for name, service in services.items()}
    assert profiles == {
        "network": None,
        "localstack": None,
        "opensearch": None,
        "opensearch-dashboards": ["dashboards"],
    }
    waits = services["opensearch-dashboards"]["depends_on"]
    assert waits == {"opensearch": {"condition": "service_healthy"}}


def test_s3_is_the_learners_folder_and_opensearch_a_volume(services: dict[str, Any]) -> None:
    (mount,) = services["localstack"]["volumes"]
    assert (mount["type"], mount["source"], mount["target"]) == (
        "bind",
        "${LAB_HOME:-./.lab}",
        services["localstack"]["environment"]["LAB_HOME"],
    )
    assert services["opensearch"]["volumes"] == ["opensearch-data:/usr/share/opensearch/data"]


def test_the_image_is_made_of_files_that_are_sent_to_the_engine() -> None:
    sent = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    bound = re.findall(r"source=([^,]+)", (ROOT / "Dockerfile").read_text())
    assert {name for line in copied for name in line.split()} | set(bound) == set(sent)


def test_localstack_in_the_container_differs_in_its_address_alone(tmp_path: Path) -> None:
    config = Config(home=tmp_path, cache=tmp_path, port=14566)
    changed = {"GATEWAY_LISTEN": "0.0.0.0:14566", "OVERRIDE_IN_DOCKER": "0"}
    assert container.environment(config) == {**localstack.environment(config), **changed}
