"""The lab says which providers answer."""

import json
import urllib.request

import pytest

from lab.config import Config

pytestmark = pytest.mark.lab


def test_every_service_we_register_is_answered_by_us(lab: Config) -> None:
    with urllib.request.urlopen(f"{lab.endpoint_url}/_lab/health", timeout=5) as answer:
        health = json.load(answer)
    assert health["failures"] == {}
    assert set(health["providers"]) == {
        "athena", "glue", "kinesis", "lambda", "opensearch", "s3", "stepfunctions",
    }  # fmt: skip
    assert health["lambda_executor"].startswith("lab.providers.lambda_.")
