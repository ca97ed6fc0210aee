"""The lab says which providers answer."""

import json
import urllib.error
import urllib.request

import pytest

from lab.config import Config

pytestmark = pytest.mark.lab


def test_every_service_we_register_is_answered_by_us(lab: Config) -> None:
    with urllib.request.urlopen(f"{lab.endpoint_url}/_lab/health", timeout=5) as answer:
        health = json.load(answer)
    assert health["failures"] == {}
    assert set(health["providers"]) == {
        *("athena", "cloudwatch", "events", "firehose", "glue", "kinesis", "kms", "lambda"),
        *("logs", "opensearch", "s3", "scheduler", "stepfunctions"),
    }
    assert health["lambda_executor"].startswith("lab.providers.lambda_.")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("http://127.0.0.1:{port}", True), ("http://localhost:{port}", True), ("{other}", False)],
)
def test_only_the_lab_s_own_pages_may_call_it(lab: Config, origin: str, allowed: bool) -> None:
    """A page of another origin gets no CORS header, so its browser keeps the answer from it."""
    sent = origin.format(port=lab.port, other="http://localhost:3000")
    request = urllib.request.Request(
        f"{lab.endpoint_url}/some-bucket", headers={"Origin": sent}, method="OPTIONS"
    )
    request.add_header("Access-Control-Request-Method", "GET")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            granted = answer.headers.get("Access-Control-Allow-Origin")
    except urllib.error.HTTPError as error:
        granted = error.headers.get("Access-Control-Allow-Origin")
        error.close()
    assert (granted == sent) is allowed
