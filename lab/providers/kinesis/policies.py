"""Resource policies of streams and consumers: what is a policy, and where it is kept.

They are kept and shown, not enforced: LocalStack enforces no policy of any kind.

Source: "Controlling access to Amazon Kinesis Data Streams resources using IAM", sharing a data
stream with another account.
"""

import json
from typing import Any

from localstack.aws.api.kinesis import InvalidArgumentException, ResourceNotFoundException

from lab.providers.kinesis.consumers import Consumer
from lab.providers.kinesis.models import StreamSettings

MAX_BYTES = 20 * 1024
VERSIONS = ("2012-10-17", "2008-10-17")
Holder = StreamSettings | Consumer


def put(holder: Holder, arn: str, text: str) -> None:
    """Keep a policy whose statements are about the resource ``arn``."""
    if len(text.encode()) > MAX_BYTES:
        raise _invalid(f"it is larger than {MAX_BYTES} bytes")
    try:
        policy = json.loads(text)
    except ValueError:
        raise _invalid("it is not valid JSON") from None
    if not isinstance(policy, dict) or policy.get("Version", VERSIONS[1]) not in VERSIONS:
        raise _invalid("it is not a policy of a known version")
    statements = _listed(policy.get("Statement"))
    if not statements:
        raise _invalid("it has no statement")
    for statement in statements:
        _check(statement, arn)
    holder.policy = text


def delete(holder: Holder, arn: str) -> None:
    if holder.policy is None:
        raise ResourceNotFoundException(f"No resource policy found for resource ARN {arn}")
    holder.policy = None


def _check(statement: Any, arn: str) -> None:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise _invalid("a statement has no Effect of Allow or Deny")
    if not statement.get("Principal"):
        raise _invalid("a statement has no Principal")
    actions = _listed(statement.get("Action"))
    if not actions or not all(str(action).lower().startswith("kinesis:") for action in actions):
        raise _invalid("a statement has an Action that is not of Kinesis")
    if _listed(statement.get("Resource")) != [arn]:
        raise _invalid(f"a statement has a Resource other than {arn}")


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _invalid(why: str) -> InvalidArgumentException:
    return InvalidArgumentException(f"The policy is invalid: {why}.")
