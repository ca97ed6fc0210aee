"""What a policy says of a request."""

from typing import Any

import pytest

from lab.providers.opensearch.policy import Call, effects

ARN = "arn:aws:es:us-east-1:000000000000:domain/d"
USER = "arn:aws:iam::000000000000:user/u"
CONTEXT = {"aws:sourceip": "10.1.2.3", "aws:securetransport": "false", "aws:principalarn": USER}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, True),
        ({"Action": "es:eshttp*"}, True),
        ({"Action": ["es:ESHttpPut", "es:ESHttpPost"]}, False),
        ({"Action": None, "NotAction": "es:ESHttpPut"}, True),
        ({"Action": None, "NotAction": "es:ESHttpGet"}, False),
        ({"Resource": f"{ARN}/a?c/_search"}, True),
        ({"Resource": ARN}, False),
        ({"Resource": f"{ARN}/ABC/*"}, False),
        ({"Resource": f"{ARN}/[a]bc/*"}, False),
        ({"Resource": None, "NotResource": f"{ARN}/abc/*"}, False),
        ({"Principal": {"AWS": ["*"]}}, True),
        ({"Principal": {"AWS": USER}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::000000000000:user/*"}}, False),
        ({"Principal": {"Service": "es.amazonaws.com"}}, False),
        ({"Principal": None, "NotPrincipal": {"AWS": USER}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, True),
        ({"Condition": {"IpAddress": {"aws:sourceIP": ["10.1.2.3", "192.0.2.1"]}}}, True),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": False}}}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, False),
        ({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
    ],
)
def test_a_statement_applies(given: dict[str, Any], expected: bool) -> None:
    base = {"Effect": "Allow", "Principal": "*", "Action": "es:*", "Resource": f"{ARN}/*"}
    merged = {key: value for key, value in {**base, **given}.items() if value is not None}
    call = Call("es:ESHttpGet", f"{ARN}/abc/_search", (USER,), CONTEXT)
    assert effects({"Statement": merged}, call) == ({"Allow"} if expected else set())


def test_a_deny_applies_under_a_condition_that_is_not_known() -> None:
    statement = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    }
    call = Call("es:ESHttpGet", f"{ARN}/abc", (USER,), CONTEXT)
    assert effects({"Statement": [statement]}, call, names_principals=False) == {"Deny"}
