"""The event that a function gets for an HTTP request to its URL: payload format 2.0.

Source: Lambda guide, "Invoking Lambda function URLs", Request payload format.
"""

import base64
from datetime import UTC, datetime
from typing import Any

from localstack.http import Request
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.invocation.lambda_models import FunctionUrlConfig

TEXTS = ("text/", "application/json", "application/xml", "application/javascript")
# What the gateway adds for itself.
OWN_HEADERS = ("connection", "cookie", "x-localstack-tgt-api", "x-localstack-request-url")
CALLER = "127.0.0.1"


def event_of(
    request: Request, config: FunctionUrlConfig, path: str, body: bytes, request_id: str
) -> dict[str, Any]:
    """The event for a request; ``path`` is what follows the URL, with a slash."""
    query = {name: ",".join(values) for name, values in request.args.lists()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query_string.decode(),
        "headers": _headers(request, config),
        "requestContext": _context(request, config, path, request_id),
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = query
    if cookies := request.headers.get("Cookie"):
        event["cookies"] = cookies.split("; ")
    if body:
        event["body"], event["isBase64Encoded"] = _body(body, request.mimetype)
    return event


def _body(body: bytes, mimetype: str) -> tuple[str, bool]:
    """Text as it is, anything else in base64."""
    if mimetype.startswith(TEXTS) or mimetype.endswith(("+json", "+xml")):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _headers(request: Request, config: FunctionUrlConfig) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        if key not in OWN_HEADERS:
            headers[key] = f"{headers[key]},{value}" if key in headers else value
    headers["host"] = _domain(config)
    headers["x-forwarded-for"] = CALLER
    headers["x-forwarded-proto"] = "https"
    headers["x-forwarded-port"] = "443"
    return headers


def _domain(config: FunctionUrlConfig) -> str:
    _, _, _, region = function_locators_from_arn(config.function_arn)
    return f"{config.url_id}.lambda-url.{region}.on.aws"


def _context(
    request: Request, config: FunctionUrlConfig, path: str, request_id: str
) -> dict[str, Any]:
    now = datetime.now(UTC)
    _, _, account, _ = function_locators_from_arn(config.function_arn)
    return {
        "accountId": account if config.auth_type == "AWS_IAM" else "anonymous",
        "apiId": config.url_id,
        "domainName": _domain(config),
        "domainPrefix": config.url_id,
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": CALLER,
            "userAgent": request.headers.get("User-Agent", ""),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": f"{now:%d/%b/%Y:%H:%M:%S} +0000",
        "timeEpoch": int(now.timestamp() * 1000),
    }
