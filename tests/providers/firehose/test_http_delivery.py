"""Delivery over HTTP: to an endpoint, and to OpenSearch's bulk interface."""

import gzip
import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.providers.firehose.conftest import BUCKET, ROLE, Api, Bucket, Clock

S3 = {"RoleARN": ROLE, "BucketARN": BUCKET}
HINTS = {"SizeInMBs": 1, "IntervalInSeconds": 60}


class Endpoint:
    """An HTTP server whose answers a test decides: (status, document) of each body."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[bytes], tuple[int, Any]] = lambda _: (200, {})
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.requests.append((dict(self.headers.items()), body))
                status, document = endpoint.answer(body)
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


def work(api: Api, clock: Clock, seconds: float) -> None:
    api.work()
    clock.advance(seconds)
    api.work()


def accept(body: bytes) -> tuple[int, Any]:
    document = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return 200, {"requestId": document["requestId"], "timestamp": 1}


def create_http(api: Api, endpoint: Endpoint, **settings: Any) -> None:
    configuration = {
        "EndpointConfiguration": {"Url": f"{endpoint.url}/in", "AccessKey": "secret"},
        "BufferingHints": HINTS,
        "S3Configuration": {**S3, "BufferingHints": HINTS},
        **settings,
    }
    api(
        "CreateDeliveryStream",
        DeliveryStreamName="s",
        HttpEndpointDestinationConfiguration=configuration,
    )


@pytest.mark.fidelity("firehose.http_endpoint")
def test_an_endpoint_gets_records_with_its_key(
    api: Api, bucket: Bucket, clock: Clock, endpoint: Endpoint
) -> None:
    endpoint.answer = accept
    attributes = [{"AttributeName": "team", "AttributeValue": "web"}]
    create_http(
        api,
        endpoint,
        RequestConfiguration={"ContentEncoding": "GZIP", "CommonAttributes": attributes},
    )
    described = api("DescribeDeliveryStream", DeliveryStreamName="s")
    assert "secret" not in str(described)
    api.put(b"a", b"b")
    work(api, clock, 60)
    [(headers, body)] = endpoint.requests
    document = json.loads(gzip.decompress(body))
    assert [b64decode(each["data"]) for each in document["records"]] == [b"a", b"b"]
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["x-amz-firehose-access-key"] == "secret"
    assert json.loads(lower["x-amz-firehose-common-attributes"]) == {
        "commonAttributes": {"team": "web"}
    }
    assert bucket.objects == {}


@pytest.mark.fidelity("firehose.http_endpoint", "firehose.retries")
def test_an_endpoint_that_fails_is_retried_then_backed_up(
    api: Api, bucket: Bucket, clock: Clock, endpoint: Endpoint
) -> None:
    endpoint.answer = lambda _: (503, {"errorMessage": "later"})
    create_http(api, endpoint, RetryOptions={"DurationInSeconds": 100})
    api.put(b"a")
    work(api, clock, 60)
    work(api, clock, 10)
    assert len(endpoint.requests) == 2
    work(api, clock, 100)
    work(api, clock, 60)
    [content] = bucket.under("http-endpoint-failed/")
    failed = json.loads(content)
    assert (failed["errorCode"], failed["errorMessage"]) == ("HttpEndpoint.503", "later")
    assert b64decode(failed["rawData"]) == b"a"


def create_search(api: Api, endpoint: Endpoint, **settings: Any) -> None:
    configuration = {
        "RoleARN": ROLE,
        "ClusterEndpoint": endpoint.url.replace("http://", "https://"),
        "IndexName": "logs",
        "BufferingHints": HINTS,
        "S3Configuration": {**S3, "BufferingHints": HINTS},
        **settings,
    }
    api(
        "CreateDeliveryStream",
        DeliveryStreamName="s",
        AmazonopensearchserviceDestinationConfiguration=configuration,
    )
    # The model permits only https; the server of this test has none.
    api.stream().definition["destination"]["settings"]["ClusterEndpoint"] = endpoint.url


def bulk(statuses: dict[str, int]) -> Callable[[bytes], tuple[int, Any]]:
    """A server that answers each document with the status of its member ``s``."""

    def answer(body: bytes) -> tuple[int, Any]:
        documents = [json.loads(line) for line in body.splitlines()[1::2]]
        items = [
            {"index": {"status": statuses[each["s"]], "error": {"reason": "because"}}}
            for each in documents
        ]
        return 200, {"items": items}

    return answer


@pytest.mark.parametrize(
    ("period", "index"),
    [
        ("NoRotation", "logs"),
        ("OneHour", "logs-2023-11-14-22"),
        ("OneDay", "logs-2023-11-14"),
        ("OneWeek", "logs-2023-w46"),
        ("OneMonth", "logs-2023-11"),
    ],
)
@pytest.mark.fidelity("firehose.opensearch")
def test_indexes_rotate(
    api: Api, bucket: Bucket, clock: Clock, endpoint: Endpoint, period: str, index: str
) -> None:
    endpoint.answer = bulk({"ok": 201})
    create_search(api, endpoint, IndexRotationPeriod=period)
    api.put(b'{"s":"ok"}')
    work(api, clock, 60)
    [(_, body)] = endpoint.requests
    assert json.loads(body.splitlines()[0])["index"]["_index"] == index


@pytest.mark.fidelity("firehose.opensearch", "firehose.retries")
def test_documents_that_fail_are_retried_or_backed_up(
    api: Api, bucket: Bucket, clock: Clock, endpoint: Endpoint
) -> None:
    endpoint.answer = bulk({"ok": 201, "bad": 400, "busy": 429})
    create_search(api, endpoint)
    api.put(b'{"s":"ok"}', b'{"s":"bad"}', b'{"s":"busy"}', b"no json")
    work(api, clock, 60)
    endpoint.answer = bulk({"busy": 201})
    work(api, clock, 60)
    first, second = (body.splitlines() for _, body in endpoint.requests)
    assert second == first[4:6]  # the same document under the same id
    [content] = bucket.under("AmazonOpenSearchService-failed/")
    failed = [json.loads(line) for line in content.splitlines()]
    assert [(each["errorCode"], each["esIndexName"]) for each in failed] == [
        ("OS.MalformedData", "logs-2023-11-14"),
        ("400", "logs-2023-11-14"),
    ]


@pytest.mark.fidelity("firehose.opensearch")
def test_all_documents_are_backed_up_and_ids_left_to_the_domain(
    api: Api, bucket: Bucket, clock: Clock, endpoint: Endpoint
) -> None:
    endpoint.answer = bulk({"ok": 201})
    create_search(
        api,
        endpoint,
        S3BackupMode="AllDocuments",
        DocumentIdOptions={"DefaultDocumentIdFormat": "NO_DOCUMENT_ID"},
    )
    api.put(b'{"s":"ok"}')
    work(api, clock, 60)
    [(_, body)] = endpoint.requests
    assert json.loads(body.splitlines()[0]) == {"index": {"_index": "logs-2023-11-14"}}
    assert list(bucket.objects.values()) == [b'{"s":"ok"}']
