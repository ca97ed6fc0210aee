"""Policies are valid or refused with a reason, and decide as IAM does."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.checks import Failed, policies
from lab.checks.policies import Request

BUCKET = "arn:aws:s3:::lake"


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def read(folder: Path, text: str, kind: policies.Kind = "identity") -> policies.Policy:
    (folder / "policy.json").write_text(text)
    return policies.read(folder / "policy.json", code="policy", kind=kind)


@pytest.mark.parametrize(
    ("statements", "request_", "decision"),
    [
        (
            [allow("s3:GetObject", f"{BUCKET}/*")],
            Request("s3:GetObject", f"{BUCKET}/a/b"),
            "allowed",
        ),
        ([allow("s3:getobject", f"{BUCKET}/*")], Request("s3:GetObject", f"{BUCKET}/a"), "allowed"),
        ([allow("s3:Get*", f"{BUCKET}/*")], Request("s3:PutObject", f"{BUCKET}/a"), "implicitDeny"),
        ([allow("s3:*", BUCKET)], Request("s3:GetObject", f"{BUCKET}/a"), "implicitDeny"),
        ([allow("s3:*", f"{BUCKET}/?")], Request("s3:GetObject", f"{BUCKET}/ab"), "implicitDeny"),
        ([allow("s3:*", f"{BUCKET}/A")], Request("s3:GetObject", f"{BUCKET}/a"), "implicitDeny"),
        (
            [allow("s3:*"), {**allow("s3:DeleteObject"), "Effect": "Deny"}],
            Request("s3:DeleteObject", f"{BUCKET}/a"),
            "explicitDeny",
        ),
        (
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
            Request("iam:CreateUser"),
            "implicitDeny",
        ),
        (
            [{"Effect": "Deny", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}, allow("s3:*")],
            Request("s3:GetObject", "arn:aws:s3:::other/a"),
            "explicitDeny",
        ),
        (
            [allow("s3:*", BUCKET + "/${aws:username}/*")],
            Request("s3:GetObject", f"{BUCKET}/ana/x", context={"aws:username": "ana"}),
            "allowed",
        ),
        (
            [allow("s3:*", BUCKET + "/${aws:username}/*")],
            Request("s3:GetObject", f"{BUCKET}/bo/x", context={"aws:username": "*"}),
            "implicitDeny",
        ),
        ([allow("s3:*", BUCKET + "/${aws:username}/*")], Request("s3:GetObject"), "implicitDeny"),
        (
            [allow("s3:*", BUCKET + "/${aws:PrincipalTag/team, 'all'}/*")],
            Request("s3:GetObject", f"{BUCKET}/all/x"),
            "allowed",
        ),
    ],
)
def test_a_request_is_decided(
    statements: list[Any], request_: Request, decision: str, tmp_path: Path
) -> None:
    assert read(tmp_path, policy(*statements)).decide(request_) == decision


@pytest.mark.parametrize(
    ("condition", "context", "true"),
    [
        ({"StringEquals": {"aws:Key": ["b", "a"]}}, {"aws:key": "a"}, True),
        ({"StringEquals": {"k": "a"}}, {"k": "A"}, False),
        ({"StringEquals": {"k": "a"}}, {}, False),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
        ({"StringNotEquals": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"}, False),
        ({"StringLike": {"k": "logs/*"}}, {"k": "logs/2013"}, True),
        ({"StringEquals": {"k": "logs/*"}}, {"k": "logs/2013"}, False),
        ({"StringEquals": {"k": "${*}"}}, {"k": "*"}, True),
        ({"StringLike": {"k": "${*}"}}, {"k": "a"}, False),
        ({"NumericLessThanEquals": {"k": 10}}, {"k": "10"}, True),
        ({"NumericLessThan": {"k": "10"}}, {"k": "ten"}, False),
        ({"DateGreaterThan": {"k": "2026-01-01T00:00:00Z"}}, {"k": "2026-11-24T10:00:00Z"}, True),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "false"}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": "false"}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "10.1.2.3"}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "10.1.2.3"}, False),
        ({"ArnLike": {"k": "arn:aws:sns:*:1:t*"}}, {"k": "arn:aws:sns:x:1:t1"}, True),
        ({"Null": {"k": "true"}}, {}, True),
        ({"Null": {"k": "false"}}, {}, False),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "c"]}, False),
        ({"ForAllValues:StringEquals": {"k": "a"}}, {}, True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {"k": ["a", "c"]}, True),
        ({"ForAnyValue:StringNotEquals": {"k": "a"}}, {}, False),
        ({"StringEquals": {"k": "a", "l": "b"}}, {"k": "a"}, False),
    ],
)  # fmt: skip
def test_a_condition_holds_or_not(
    condition: dict[str, Any], context: dict[str, Any], true: bool, tmp_path: Path
) -> None:
    found = read(tmp_path, policy(allow("s3:*", Condition=condition)))
    decision = found.decide(Request("s3:GetObject", f"{BUCKET}/a", context=context))
    assert decision == ("allowed" if true else "implicitDeny")


USER = "arn:aws:iam::111122223333:user"
LAMBDA = {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize(
    ("kind", "principal", "by", "decision"),
    [
        ("trust", LAMBDA, "lambda.amazonaws.com", "allowed"),
        ("trust", LAMBDA, "glue.amazonaws.com", "implicitDeny"),
        ("trust", {"AWS": "arn:aws:iam::111122223333:root"}, f"{USER}/a", "allowed"),
        ("trust", {"AWS": "111122223333"}, "arn:aws:iam::999922223333:user/a", "implicitDeny"),
        ("resource", "*", "arn:aws:iam::999922223333:user/a", "allowed"),
    ],
)  # fmt: skip
def test_a_principal_is_asked_for_where_there_is_one(
    kind: policies.Kind, principal: Any, by: str, decision: str, tmp_path: Path
) -> None:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    if kind == "resource":
        statement["Resource"] = "*"
    found = read(tmp_path, policy(statement), kind)
    assert found.decide(Request("sts:AssumeRole", principal=by)) == decision


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[]", "the policy is no JSON object"),
        (policy(allow("s3:*"), Version="2013-01-01"), "Version must be 2012-10-17"),
        (policy(), "Statement is missing"),
        (policy(allow("s3:*"), Statements=[]), "unknown element: Statements"),
        (policy({**allow("s3:*"), "Effect": "allow"}), "1: Effect must be Allow or Deny"),
        (policy({"Effect": "Allow", "Resource": "*"}), "1: needs either Action or NotAction"),
        (policy({"Effect": "Allow", "Action": "s3:*"}), "1: needs either Resource or NotResource"),
        (policy(allow("s3")), "1: Action: 's3'"),
        (policy(allow("s3:*", "lake/*")), "1: Resource: 'lake/*'"),
        (policy(allow("s3:*", Principal="*")), "1: unknown element: Principal"),
        (policy(allow("s3:*", Sid="with space")), "1: Sid holds only letters and digits"),
        (
            policy(allow("s3:*"), allow("s3:*", Condition={"StringIs": {"k": "v"}})),
            "Statement 2: unknown condition operator: StringIs",
        ),
        ('{"Version": "2012-10-17", "Version": "2012-10-17"}', "Version is there twice"),
    ],
)  # fmt: skip
def test_a_policy_that_aws_would_refuse_fails_with_the_reason(
    text: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(Failed) as caught:
        read(tmp_path, text)
    assert caught.value.code == "policy"
    assert caught.value.there().replace("Statement 1: ", "1: ") == reason
    assert caught.value.must() == "policy.json is a valid IAM policy"


def test_the_first_request_that_is_decided_otherwise_is_shown(tmp_path: Path) -> None:
    found = read(tmp_path, policy(allow("kinesis:*")))
    words = {"code": "rights", "fr": "le moindre privilège", "en": "least privilege"}
    policies.expect(found, allows=[Request("kinesis:PutRecord")], **words)
    with pytest.raises(Failed) as caught:
        policies.expect(found, refuses=[Request("kinesis:DeleteStream", "arn:x")], **words)
    assert caught.value.there() == "kinesis:DeleteStream arn:x: allowed"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failed) as caught:
        policies.read(tmp_path / "policy.json", code="policy")
    assert (caught.value.code, caught.value.must()) == (
        "program-missing",
        "the file policy.json exists",
    )
