"""How an operation reaches its handler: the request is validated, then the handler is called with
the account and region that it is for.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

from localstack.aws.api import RequestContext

from lab.providers.logs.errors import LogsError, invalid, invalid_token
from lab.providers.pages import page
from lab.providers.validation import FrontEnd

LOG = logging.getLogger(__name__)

Record = dict[str, Any]


class Scope(NamedTuple):
    """Whose log groups."""

    account: str
    region: str

    def arn(self, resource: str) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:{resource}"


Handler = Callable[[Scope, Record], Record | None]
FRONT_END = FrontEnd(invalid, hidden=("InputLogEvents",))


def answering(handler: Handler) -> Callable[[RequestContext, Record], Record]:
    """The handler as LocalStack's skeleton calls it."""

    def answer(context: RequestContext, request: Record) -> Record:
        FRONT_END.validate(context.operation.input_shape, request)
        try:
            return handler(Scope(context.account_id, context.region), request) or {}
        except (OSError, sqlite3.Error) as error:
            LOG.exception("the files of CloudWatch Logs cannot be used")
            message = f"The files of CloudWatch Logs cannot be used: {error}"
            raise LogsError("ServiceUnavailableException", message, status=500) from error

    return answer


def page_of(items: list[Any], request: Record, name: str, default: int = 50) -> Record:
    """A page in this service's words: ``limit`` and ``nextToken``."""
    asked = {"NextToken": request.get("nextToken"), "MaxResults": request.get("limit")}
    answer = page(items, asked, name, default, invalid_token)
    if token := answer.pop("NextToken", None):
        answer["nextToken"] = token
    return answer
