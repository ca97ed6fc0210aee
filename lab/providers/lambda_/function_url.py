"""Function URLs: an HTTP request becomes an event of format 2.0, a result an HTTP response.

On AWS each has a host name of its own. Such a name cannot be resolved without a network, so that
the URL given here is a path of the lab. Requests to the host ``ID.lambda-url.REGION.localhost``,
which browsers and curl resolve by themselves, are answered as well.

Source: Lambda guide, "Invoking Lambda function URLs" and "Control access to Lambda function URLs".
"""

import base64
import binascii
import dataclasses
import json
import logging
from typing import Any

from localstack.aws.api import RequestContext, ServiceException
from localstack.aws.handlers import cors as gateway_cors
from localstack.aws.protocol.serializer import gen_amzn_requestid
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.lambda_ import provider as localstack_provider
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.invocation.lambda_models import (
    Function,
    FunctionUrlConfig,
    InvocationResult,
)
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.models import lambda_stores
from werkzeug.datastructures import Headers

from lab.config import load
from lab.providers.lambda_.function_url_event import event_of

LOG = logging.getLogger(__name__)

PATH = "/_lambda-url/"
HOST_LABEL = ".lambda-url."
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MAX_REQUEST_BYTES = 6 * 1024 * 1024
FORBIDDEN = "Forbidden. For troubleshooting Function URL authorization issues, see: "
FORBIDDEN += "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"


def install() -> None:
    """Take the place of LocalStack's router, and keep its gateway's CORS off these URLs."""
    localstack_provider.FunctionUrlRouter = FunctionUrls
    enforce = gateway_cors.should_enforce_self_managed_service

    def should_enforce(context: RequestContext) -> bool:
        return not is_function_url(context.request) and enforce(context)

    gateway_cors.should_enforce_self_managed_service = should_enforce


def is_function_url(request: Request) -> bool:
    return request.path.startswith(PATH) or HOST_LABEL in request.host


def with_url(config: FunctionUrlConfig) -> FunctionUrlConfig:
    """The same configuration with the URL that this lab has for it."""
    url = f"{load().endpoint_url}{PATH}{config.url_id}/"
    return dataclasses.replace(config, url=url, invoke_mode=config.invoke_mode or "BUFFERED")


class FunctionUrls:
    """Answers requests to function URLs; LocalStack's provider makes it and keeps it."""

    def __init__(self, _router: object, lambda_service: LambdaService) -> None:
        self.lambda_service = lambda_service

    def register_routes(self) -> None:
        for path in ("<url_id>", "<url_id>/", "<url_id>/<path:path>"):
            ROUTER.add(PATH + path, self.answer, methods=METHODS)
        host = "<url_id>.lambda-url.<region>.localhost<regex('(:[0-9]+)?'):port>"
        for path in ("/", "/<path:path>"):
            ROUTER.add(path, self.answer, host=host, methods=METHODS)

    def answer(self, request: Request, url_id: str, path: str = "", **_: str) -> Response:
        found = _find(url_id)
        if found is None:
            return _message(403, None, "AccessDeniedException")
        function, config = found
        origin = CorsRules(config.cors or {}).headers(request)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return Response(status=200, headers=origin)
        response = self._answer(request, function, config, f"/{path}")
        response.headers.update(origin)
        return response

    def _answer(
        self, request: Request, function: Function, config: FunctionUrlConfig, path: str
    ) -> Response:
        if not _is_allowed(request, function, config):
            return _message(403, FORBIDDEN, "AccessDeniedException")
        body = request.get_data()
        if len(body) > MAX_REQUEST_BYTES:
            return _message(413, "Request Entity Too Large", "RequestEntityTooLargeException")
        request_id = gen_amzn_requestid()
        event = event_of(request, config, path, body, request_id)
        try:
            result = self._invoke(config, event, request_id)
        except ServiceException as error:
            return _message(error.status_code, error.message, error.code)
        response = _response(result)
        response.headers["x-amzn-RequestId"] = request_id
        return response

    def _invoke(
        self, config: FunctionUrlConfig, event: dict[str, Any], request_id: str
    ) -> InvocationResult:
        name, qualifier, account, region = function_locators_from_arn(config.function_arn)
        return self.lambda_service.invoke(
            function_name=name,
            qualifier=qualifier,
            region=region,
            account_id=account,
            invocation_type="RequestResponse",
            client_context=None,
            request_id=request_id,
            payload=json.dumps(event).encode(),
        )


def _find(url_id: str) -> tuple[Function, FunctionUrlConfig] | None:
    for _, _, store in list(lambda_stores.iter_stores()):
        for function in list(store.functions.values()):
            for config in function.function_url_configs.values():
                if config.url_id.lower() == url_id.lower():
                    return function, config
    return None


def _is_allowed(request: Request, function: Function, config: FunctionUrlConfig) -> bool:
    """A signature is looked for and not verified; an open URL needs a policy that says so."""
    if config.auth_type == "AWS_IAM":
        is_signed = request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ")
        return is_signed or "X-Amz-Signature" in request.args
    _, qualifier, *_ = function_locators_from_arn(config.function_arn)
    permissions = function.permissions.get(qualifier or "$LATEST")
    statements = permissions.policy.Statement if permissions else []
    return any(_opens(statement) for statement in statements)


def _opens(statement: dict[str, Any]) -> bool:
    chosen = statement.get("Condition", {}).get("StringEquals", {})
    return (
        statement["Principal"] in ("*", {"AWS": "*"})
        and statement["Action"] == "lambda:InvokeFunctionUrl"
        and chosen.get("lambda:FunctionUrlAuthType", "NONE") == "NONE"
    )


class CorsRules:
    """The ``Cors`` of a function URL, as headers for one request."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings

    def headers(self, request: Request) -> Headers:
        """Nothing for an origin that is not allowed: the browser then refuses the answer."""
        headers = Headers()
        origin = request.headers.get("Origin")
        origins = self._settings.get("AllowOrigins") or []
        if origin is None or not ("*" in origins or origin in origins):
            return headers
        credentials = self._settings.get("AllowCredentials")
        headers["Access-Control-Allow-Origin"] = (
            "*" if "*" in origins and not credentials else origin
        )
        headers["Vary"] = "Origin"
        if credentials:
            headers["Access-Control-Allow-Credentials"] = "true"
        if request.method == "OPTIONS":
            self._add(headers, "Access-Control-Allow-Methods", "AllowMethods")
            self._add(headers, "Access-Control-Allow-Headers", "AllowHeaders")
            if (seconds := self._settings.get("MaxAge")) is not None:
                headers["Access-Control-Max-Age"] = str(seconds)
        else:
            self._add(headers, "Access-Control-Expose-Headers", "ExposeHeaders")
        return headers

    def _add(self, headers: Headers, name: str, setting: str) -> None:
        if values := self._settings.get(setting):
            headers[name] = ",".join(values)


def _response(result: InvocationResult) -> Response:
    """A result with a ``statusCode`` is taken apart; any other is the body of a 200."""
    if result.is_error:
        return Response("Internal Server Error", status=502, mimetype="text/plain")
    returned = json.loads(result.payload) if result.payload else None
    if not isinstance(returned, dict) or "statusCode" not in returned:
        return Response(result.payload or b"", status=200, mimetype="application/json")
    try:
        return _described_response(returned)
    except (TypeError, ValueError, AttributeError, binascii.Error) as error:
        LOG.info("function URL: the function's result is no HTTP response: %s", error)
        return Response("Internal Server Error", status=502, mimetype="text/plain")


def _described_response(returned: dict[str, Any]) -> Response:
    body = returned.get("body") or ""
    content = body if isinstance(body, str) else json.dumps(body)
    encoded = content.encode()
    if returned.get("isBase64Encoded"):
        encoded = base64.b64decode(content, validate=True)
    response = Response(encoded, status=int(returned["statusCode"]), mimetype="application/json")
    for name, value in (returned.get("headers") or {}).items():
        response.headers[name] = str(value)
    for cookie in returned.get("cookies") or []:
        response.headers.add("Set-Cookie", cookie)
    return response


def _message(status: int, message: str | None, error_type: str) -> Response:
    response = Response(
        json.dumps({"Message": message}), status=status, mimetype="application/json"
    )
    response.headers["x-amzn-ErrorType"] = error_type
    return response
