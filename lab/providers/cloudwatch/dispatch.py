"""How an operation reaches its handler: the request is validated, then the handler is called with
the account and region that it is for.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from localstack.aws.api import RequestContext

from lab.providers.cloudwatch.errors import validation
from lab.providers.validation import FrontEnd

Record = dict[str, Any]


class Scope(NamedTuple):
    """Whose metrics and alarms."""

    account: str
    region: str

    def arn(self, resource: str) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:{resource}"


Handler = Callable[[Scope, Record], Record | None]
FRONT_END = FrontEnd(validation)


def answering(handler: Handler) -> Callable[[RequestContext, Record], Record]:
    """The handler as LocalStack's skeleton calls it."""

    def answer(context: RequestContext, request: Record) -> Record:
        FRONT_END.validate(context.operation.input_shape, request)
        return handler(Scope(context.account_id, context.region), request) or {}

    return answer
