"""Function URLs over HTTP: who may call, what the function gets, what the caller gets back."""

import base64
import http.client
import json
import urllib.parse
from typing import Any, NamedTuple

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.providers.lambda_.functions import Functions

pytestmark = pytest.mark.lab

ECHO = "def handler(event, context):\n    return event\n"
RETURN = "import json\ndef handler(event, context):\n    return json.loads(event['body'])\n"
FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def call(url: str, path: str = "", body: bytes | None = None, **options: Any) -> Reply:
    """An HTTP request without a library that adds or follows anything."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    method = options.get("method", "GET" if body is None else "POST")
    connection.request(method, parts.path + path, body, options.get("headers", {}))
    answer = connection.getresponse()
    reply = Reply(answer.status, answer.headers, answer.read())
    connection.close()
    return reply


def open_url(functions: Functions, source: str, **options: Any) -> str:
    """The URL of a new function that everybody may call."""
    name = functions.create(source)
    config = {"AuthType": "NONE", **options}
    url = functions.client.create_function_url_config(FunctionName=name, **config)["FunctionUrl"]
    functions.client.add_permission(
        FunctionName=name,
        StatementId="open",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    return str(url)


@pytest.fixture(scope="module")
def echo(functions: Functions) -> str:
    return open_url(functions, ECHO)


@pytest.fixture(scope="module")
def returning(functions: Functions) -> str:
    return open_url(functions, RETURN)


@pytest.mark.fidelity("lambda.function_urls")
def test_event_has_format_2(echo: str) -> None:
    headers = {"Content-Type": "text/plain", "Cookie": "a=1; b=2"}
    reply = call(echo, "shop/%C3%A9%20x?q=1&q=2&e=", b"hello", headers=headers)
    event = json.loads(reply.body)
    url_id = echo.rstrip("/").rpartition("/")[2]
    domain = f"{url_id}.lambda-url.us-east-1.on.aws"
    context = event.pop("requestContext")
    received = event.pop("headers")
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/shop/%C3%A9%20x",
        "rawQueryString": "q=1&q=2&e=",
        "queryStringParameters": {"q": "1,2", "e": ""},
        "cookies": ["a=1", "b=2"],
        "body": "hello",
        "isBase64Encoded": False,
    }
    assert (received["host"], received["content-type"]) == (domain, "text/plain")
    assert context["requestId"] == reply.headers["x-amzn-RequestId"]
    assert (context["domainName"], context["apiId"], context["stage"]) == (
        domain,
        url_id,
        "$default",
    )
    assert (context["http"]["method"], context["http"]["path"]) == ("POST", "/shop/%C3%A9%20x")


@pytest.mark.fidelity("lambda.function_urls")
def test_binary_body_comes_in_base64(echo: str) -> None:
    content = bytes(range(256))
    headers = {"Content-Type": "image/png"}
    event = json.loads(call(echo, body=content, headers=headers).body)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == content


RESULTS: list[tuple[Any, int, str, bytes]] = [
    ({"message": "hi"}, 200, "application/json", b'{"message": "hi"}'),
    ("hi", 200, "application/json", b'"hi"'),
    ([1, None], 200, "application/json", b"[1, null]"),
    ({"statusCode": 201, "body": "made"}, 201, "application/json", b"made"),
    (
        {"statusCode": 404, "headers": {"Content-Type": "text/html"}, "body": "<p>"},
        404,
        "text/html",
        b"<p>",
    ),
    (
        {"statusCode": "200", "body": base64.b64encode(b"\xff").decode(), "isBase64Encoded": True},
        200,
        "application/json",
        b"\xff",
    ),
    ({"statusCode": "no"}, 502, "text/plain; charset=utf-8", b"Internal Server Error"),
]


@pytest.mark.fidelity("lambda.function_urls")
@pytest.mark.parametrize(("result", "status", "content_type", "body"), RESULTS)
def test_result_becomes_a_response(
    returning: str, result: Any, status: int, content_type: str, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    reply = call(returning, body=json.dumps(result).encode(), headers=headers)
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (
        status,
        content_type,
        body,
    )


@pytest.mark.fidelity("lambda.function_urls")
def test_cookies_and_headers_of_the_result_are_sent(returning: str) -> None:
    result = {"statusCode": 200, "cookies": ["a=1; Secure", "b=2"], "headers": {"X-N": 5}}
    headers = {"Content-Type": "application/json"}
    reply = call(returning, body=json.dumps(result).encode(), headers=headers)
    assert reply.headers.get_all("Set-Cookie") == ["a=1; Secure", "b=2"]
    assert reply.headers["X-N"] == "5"


@pytest.mark.fidelity("lambda.function_urls")
def test_failing_function_is_a_502(functions: Functions) -> None:
    reply = call(open_url(functions, "def handler(event, context):\n    1 / 0\n"))
    assert (reply.status, reply.body) == (502, b"Internal Server Error")


@pytest.mark.fidelity("lambda.function_urls", "lambda.function_url_auth")
def test_open_url_needs_a_permission(functions: Functions) -> None:
    name = functions.create(ECHO)
    config = functions.client.create_function_url_config(FunctionName=name, AuthType="NONE")
    reply = call(config["FunctionUrl"])
    assert (reply.status, json.loads(reply.body)) == (403, {"Message": FORBIDDEN})


@pytest.mark.fidelity("lambda.function_url_auth")
def test_iam_url_needs_a_signature(functions: Functions) -> None:
    url = open_url(functions, ECHO, AuthType="AWS_IAM")
    reply = call(url)
    assert (reply.status, json.loads(reply.body)) == (403, {"Message": FORBIDDEN})
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    reply = call(url, headers=dict(request.headers))
    assert reply.status == 200
    assert json.loads(reply.body)["requestContext"]["accountId"] == "000000000000"


@pytest.mark.fidelity("lambda.function_urls")
def test_unknown_url(echo: str) -> None:
    reply = call(echo.replace("_lambda-url/", "_lambda-url/x"))
    assert (reply.status, json.loads(reply.body)) == (403, {"Message": None})
    assert reply.headers["x-amzn-ErrorType"] == "AccessDeniedException"


@pytest.mark.fidelity("lambda.function_url_address")
def test_url_is_a_path_and_the_host_name_works_too(echo: str) -> None:
    parts = urllib.parse.urlsplit(echo)
    assert parts.path.startswith("/_lambda-url/")
    url_id = parts.path.split("/")[2]
    host = f"{url_id}.lambda-url.us-east-1.localhost:{parts.port}"
    reply = call(f"http://{parts.netloc}/a", headers={"Host": host})
    assert json.loads(reply.body)["rawPath"] == "/a"


CORS = {
    "AllowOrigins": ["https://shop.example"],
    "AllowMethods": ["POST"],
    "AllowHeaders": ["content-type"],
    "ExposeHeaders": ["x-n"],
    "AllowCredentials": True,
    "MaxAge": 60,
}


@pytest.fixture(scope="module")
def shared(functions: Functions) -> str:
    return open_url(functions, ECHO, Cors=CORS)


def cors_headers(reply: Reply) -> dict[str, str]:
    return {
        name.lower().removeprefix("access-control-"): value
        for name, value in reply.headers.items()
        if name.lower().startswith("access-control-")
    }


@pytest.mark.fidelity("lambda.function_url_cors")
def test_preflight_is_answered_without_the_function(shared: str) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    reply = call(shared, method="OPTIONS", headers=headers)
    assert (reply.status, reply.body) == (200, b"")
    assert cors_headers(reply) == {
        "allow-origin": "https://shop.example",
        "allow-credentials": "true",
        "allow-methods": "POST",
        "allow-headers": "content-type",
        "max-age": "60",
    }


@pytest.mark.fidelity("lambda.function_url_cors")
def test_allowed_origin_gets_headers_and_others_get_none(shared: str, echo: str) -> None:
    reply = call(shared, headers={"Origin": "https://shop.example"})
    assert (reply.status, cors_headers(reply)) == (
        200,
        {
            "allow-origin": "https://shop.example",
            "allow-credentials": "true",
            "expose-headers": "x-n",
        },
    )
    for url in (shared, echo):
        reply = call(url, headers={"Origin": "https://elsewhere.example"})
        assert (reply.status, cors_headers(reply)) == (200, {})


@pytest.mark.fidelity("lambda.function_urls")
def test_configuration_is_read_changed_listed_and_deleted(functions: Functions) -> None:
    name, client = functions.create(ECHO), functions.client
    made = client.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    assert made["InvokeMode"] == "BUFFERED"
    client.update_function_url_config(FunctionName=name, AuthType="NONE", Cors=CORS)
    (listed,) = client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    assert (listed["FunctionUrl"], listed["AuthType"]) == (made["FunctionUrl"], "NONE")
    assert listed["Cors"] == CORS
    client.delete_function_url_config(FunctionName=name)
    with pytest.raises(ClientError) as caught:
        client.get_function_url_config(FunctionName=name)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    message = "The resource you requested does not exist."
    assert caught.value.response["Error"]["Message"] == message


@pytest.mark.fidelity("lambda.response_streaming")
def test_streaming_urls_are_refused_by_name(functions: Functions) -> None:
    name = functions.create(ECHO)
    with pytest.raises(ClientError) as caught:
        functions.client.create_function_url_config(
            FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM"
        )
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert caught.value.response["Error"]["Message"] == (
        "Value RESPONSE_STREAM at 'invokeMode' is not supported by this lab: Python functions "
        "return their result as a whole, which BUFFERED passes on."
    )
