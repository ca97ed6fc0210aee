"""LocalStack as a process of this machine, with our providers in it: how it is called and when it is ready."""

import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

from lab.config import HOST, Config

PROVIDER_GROUP = "localstack.aws.provider"


def command() -> list[str]:
    return [sys.executable, "-m", "localstack.runtime.main"]


def environment(config: Config) -> dict[str, str]:
    """LocalStack's settings: no download, no telemetry, no Docker, state under the lab's home, 127.0.0.1 only."""
    volume = config.home / "localstack"
    return {
        **_inherited(),
        **config.environment(),
        **{f"PROVIDER_OVERRIDE_{name.upper().replace('-', '_')}": "lab" for name in provided()},
        "GATEWAY_LISTEN": f"{HOST}:{config.port}",
        "LOCALSTACK_HOST": f"{HOST}:{config.port}",
        "LAMBDA_RUNTIME_EXECUTOR": "lab",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "LOCALSTACK_VOLUME_DIR": str(volume),
        "FILESYSTEM_ROOT": str(volume),
        "OPENSEARCH_CUSTOM_BACKEND": config.opensearch_url,
        "PYTHONUNBUFFERED": "1",
    }


def provided() -> list[str]:
    """The services that our package provides, in boto3's names."""
    points = entry_points(group=PROVIDER_GROUP)
    return sorted(point.name.removesuffix(":lab") for point in points if point.name.endswith(":lab"))


def _inherited() -> dict[str, str]:
    """The person's environment without what would redirect LocalStack's own AWS calls or change its settings."""
    dropped = ("AWS_", "PROVIDER_OVERRIDE_", "LOCALSTACK_", "LAMBDA_")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)}


def prepare(config: Config) -> Path:
    """Make the folders that LocalStack writes to; returns the file that its output goes to."""
    for folder in (config.home / "localstack", config.logs_dir, config.run_dir):
        folder.mkdir(parents=True, exist_ok=True)
    return config.logs_dir / "localstack.log"
