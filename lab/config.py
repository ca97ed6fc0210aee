"""Where the lab lives and listens. Everything may import this module; it imports nothing of the
lab.

Every setting is an environment variable, read once by :func:`load`, so that the command, the
servers and the tests of one lab agree, and several labs can run side by side on one machine.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one lab. Paths are absolute; ports are TCP ports on 127.0.0.1."""

    home: Path
    cache: Path
    port: int = 4566
    opensearch_port: int = 9200
    athena_engine: str = ""
    """A Trino in the place of Athena's embedded engine, as ``trino://host:port``."""

    @property
    def endpoint_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def opensearch_url(self) -> str:
        return f"http://{HOST}:{self.opensearch_port}"

    @property
    def s3_dir(self) -> Path:
        """S3 as plain files: one folder per bucket."""
        return self.home / "s3"

    @property
    def logs_dir(self) -> Path:
        return self.home / "logs"

    @property
    def run_dir(self) -> Path:
        """Pid files, one per server, and what must not outlive the servers."""
        return self.home / "run"

    def environment(self) -> dict[str, str]:
        """The variables that make another process of ours use this same lab."""
        return {
            "LAB_HOME": str(self.home),
            "LAB_PORT": str(self.port),
            "LAB_OPENSEARCH_PORT": str(self.opensearch_port),
            "LAB_CACHE": str(self.cache),
            "LAB_ATHENA_ENGINE": self.athena_engine,
        }

    def client_settings(self) -> dict[str, str]:
        """What makes ``boto3.client(service, **settings)`` speak with this lab, whatever the
        person's own AWS settings are.
        """
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": REGION,
            "aws_access_key_id": ACCESS_KEY_ID,
            "aws_secret_access_key": SECRET_ACCESS_KEY,
        }

    def aws_environment(self) -> dict[str, str]:
        """The variables that point boto3, the AWS CLI and everything built on them at this lab."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            # Step Functions' synchronous executions: there is no host "sync-127.0.0.1".
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }


def load(environ: Mapping[str, str] = os.environ) -> Config:
    """Read the settings. A port that is no number between 1 and 65535, or an engine that is no
    ``trino://host:port``, raises ValueError naming the variable.
    """
    home = Path(environ.get("LAB_HOME") or ROOT / ".lab").expanduser().absolute()
    return Config(
        home=home,
        cache=_cache_dir(environ),
        port=_port(environ, "LAB_PORT", 4566),
        opensearch_port=_port(environ, "LAB_OPENSEARCH_PORT", 9200),
        athena_engine=_athena_engine(environ),
    )


def _cache_dir(environ: Mapping[str, str]) -> Path:
    """Downloads are shared by every clone of this user, so they live outside of the clone."""
    if given := environ.get("LAB_CACHE"):
        return Path(given).expanduser().absolute()
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).expanduser().absolute() / "aws-data-lab"


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError(f"{name} must be a port number between 1 and 65535, not {text!r}.")
    return int(text)


def _athena_engine(environ: Mapping[str, str]) -> str:
    text = environ.get("LAB_ATHENA_ENGINE") or ""
    if text and not re.fullmatch(r"trino://([\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}/?", text):
        raise ValueError(f"LAB_ATHENA_ENGINE must be like trino://127.0.0.1:8080, not {text!r}.")
    return text.rstrip("/")
