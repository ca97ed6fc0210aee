"""Whether a function lets a service invoke it, as its policy says."""

import json

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to

MISSING = "ResourceNotFoundException"


def permits(account: str, region: str, function: str, principal: str) -> bool:
    """``principal`` is the service's name, such as ``logs.amazonaws.com``; one that names a region
    before ``.amazonaws.com`` is the same service. Raises ClientError when Lambda does not answer.
    """
    client = connect_to(aws_access_key_id=account, region_name=region).lambda_
    try:
        policy = json.loads(client.get_policy(FunctionName=function)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] == MISSING:
            return False
        raise
    service = principal.removesuffix(".amazonaws.com")
    accepted = {"*", principal, f"{service}.{region}.amazonaws.com"}
    return any(_principal(statement) in accepted for statement in policy["Statement"])


def _principal(statement: dict[str, object]) -> str:
    principal = statement.get("Principal", "")
    return str(principal.get("Service", "") if isinstance(principal, dict) else principal)
