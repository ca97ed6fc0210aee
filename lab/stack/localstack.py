"""LocalStack as a process of this machine, with our providers in it: how it is called and when it
is ready.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from lab import services
from lab.config import HOST, Config
from lab.i18n import lab_error
from lab.stack import catalog


def command(marker: str = "lab") -> list[str]:
    """The command line; ``marker`` is only there to be seen in the process table (Python ignores
    unknown -X).
    """
    return [sys.executable, "-X", marker, "-m", "localstack.runtime.main"]


def environment(config: Config) -> dict[str, str]:
    """LocalStack's settings: no download, no telemetry, no Docker, state under the lab's home,
    127.0.0.1 only.
    """
    volume = config.home / "localstack"
    return {
        **_inherited(),
        **config.environment(),
        **{
            f"PROVIDER_OVERRIDE_{name.upper().replace('-', '_')}": "lab"
            for name in services.provided()
        },
        "GATEWAY_LISTEN": f"{HOST}:{config.port}",
        "LOCALSTACK_HOST": f"{HOST}:{config.port}",
        "LAMBDA_RUNTIME_EXECUTOR": "lab",
        # In a development container too, state belongs under the lab's home.
        "OVERRIDE_IN_DOCKER": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "LOCALSTACK_VOLUME_DIR": str(volume),
        "FILESYSTEM_ROOT": str(volume),
        "PYTHONUNBUFFERED": "1",
        # The gateway's many threads would each keep freed memory in an arena of its own.
        "MALLOC_ARENA_MAX": "2",
    }


def _inherited() -> dict[str, str]:
    """The person's environment without what would redirect LocalStack's own AWS calls or change its
    settings.
    """
    dropped = ("AWS_", "PROVIDER_OVERRIDE_", "LOCALSTACK_", "LAMBDA_")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)}


def prepare(config: Config) -> Path:
    """Make the folders that LocalStack writes to; returns the file that its output goes to."""
    for folder in (config.home / "localstack", config.logs_dir, config.run_dir):
        folder.mkdir(parents=True, exist_ok=True)
    catalog.place(config, config.home / "localstack")
    return config.logs_dir / "localstack.log"


def health(config: Config) -> dict[str, Any]:
    """What the running LocalStack says of our providers (see ``lab.providers.health``).

    Raises OSError when none answers, LabError ``wrong-providers`` when it runs others than ours.
    """
    try:
        with urllib.request.urlopen(f"{config.endpoint_url}/_lab/health", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 500:
            raise
        failures = json.load(error)["failures"]
        details = "; ".join(f"{name}: {reason}" for name, reason in failures.items())
        raise lab_error("wrong-providers", details=details) from error
    if found["finished"] and not found["lambda_executor"].startswith("lab."):
        raise lab_error("wrong-providers", details=found["lambda_executor"])
    return found


def ready(config: Config) -> bool:
    """True once all our providers and our Lambda executor are loaded; raises when others are."""
    try:
        return bool(health(config)["finished"])
    except OSError:
        return False
