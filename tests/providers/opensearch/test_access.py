"""Who passes a domain's endpoint: access policies and IAM."""

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.credentials import Credentials

from tests.providers.opensearch.conftest import ROOT_KEYS, Made, policy, statement

pytestmark = pytest.mark.lab

Make = Callable[..., Made]

ACCOUNT = {"AWS": "arn:aws:iam::000000000000:root"}
READ = {"Effect": "Allow", "Action": "es:ESHttpGet", "Resource": "*"}


def denied(user: str, action: str, reason: str) -> tuple[int, dict[str, str]]:
    text = f"User: {user} is not authorized to perform: es:ESHttp{action} {reason}"
    return 403, {"Message": text}


@pytest.fixture
def user(client: Callable[..., Any]) -> Iterator[Callable[..., Credentials]]:
    """``user(name, *statements)`` is the keys of a new user with these in an inline policy."""
    iam = client("iam")
    made = []

    def make(name: str, *statements: dict[str, Any]) -> Credentials:
        iam.create_user(UserName=name)
        made.append(name)
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        if statements:
            iam.put_user_policy(
                UserName=name, PolicyName="own", PolicyDocument=json.dumps(document)
            )
        keys = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"])

    yield make
    for name in made:
        for policy_name in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy_name)
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)


@pytest.mark.fidelity("opensearch.anonymous")
def test_without_a_policy_only_the_account_passes(make_domain: Make) -> None:
    made = make_domain("closed")
    reason = "because no resource-based policy allows the es:ESHttpGet action"
    assert made.ask(None) == denied("anonymous", "Get", reason)
    assert made.ask(ROOT_KEYS)[0] == 200
    # curl, as a learner types it.
    shown = subprocess.run(
        ["curl", "--silent", made.url], capture_output=True, text=True, check=True
    ).stdout
    assert shown == json.dumps(denied("anonymous", "Get", reason)[1], separators=(",", ":"))


@pytest.mark.fidelity("opensearch.access_policy")
def test_anonymous_passes_for_the_methods_paths_and_addresses_that_the_policy_names(
    make_domain: Make, service: Any
) -> None:
    local = {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8"]}}
    document = policy(
        statement("Allow", {"AWS": "*"}, "es:ESHttpGet", "open/logs*", Condition=local)
    )
    made = make_domain("open", AccessPolicies=document)
    assert made.ask(ROOT_KEYS, "PUT", "/logs-1/_doc/1?refresh=true", {"a": 1})[0] == 201
    assert made.ask(None, "GET", "/logs-1/_count")[1]["count"] == 1
    reason = "because no resource-based policy allows the es:ESHttp{} action"
    assert made.ask(None, "GET", "/other/_count") == denied(
        "anonymous", "Get", reason.format("Get")
    )
    asked = made.ask(None, "POST", "/logs-1/_count")
    assert asked == denied("anonymous", "Post", reason.format("Post"))

    elsewhere = {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}
    document = policy(statement("Allow", "*", "es:*", "open/*", Condition=elsewhere))
    service.update_domain_config(DomainName="open", AccessPolicies=document)
    refused = made.ask(None, "GET", "/logs-1/_count")
    assert refused == denied("anonymous", "Get", reason.format("Get"))


@pytest.mark.fidelity("opensearch.access_policy")
def test_an_explicit_deny_wins_over_the_account_itself(make_domain: Make) -> None:
    document = policy(
        statement("Allow", ACCOUNT, "es:*", "denied/*"),
        statement("Deny", "*", "es:ESHttpDelete", "denied/*"),
    )
    made = make_domain("denied", AccessPolicies=document)
    assert made.ask(ROOT_KEYS)[0] == 200
    root = ACCOUNT["AWS"]
    reason = "with an explicit deny in a resource-based policy"
    assert made.ask(ROOT_KEYS, "DELETE", "/x") == denied(root, "Delete", reason)
    assert made.ask(None, "DELETE", "/x") == denied("anonymous", "Delete", reason)


@pytest.mark.fidelity("opensearch.identities")
def test_a_user_passes_by_either_policy(
    make_domain: Make, user: Callable[..., Credentials]
) -> None:
    named, reader, nobody = user("es-named"), user("es-reader", READ), user("es-nobody")
    forbidden = user("es-forbidden", {**READ, "Effect": "Deny"})
    arn = "arn:aws:iam::000000000000:user/es-{}".format
    document = policy(
        statement("Allow", ACCOUNT, "es:*", "users/*"),
        statement("Allow", {"AWS": [arn("named"), arn("forbidden")]}, "es:ESHttpGet", "users/*"),
    )
    made = make_domain("users", AccessPolicies=document)
    assert made.ask(named)[0] == 200
    assert made.ask(reader)[0] == 200
    reason = "because no identity-based policy allows the es:ESHttp{} action"
    # That the account is named leaves it to the user's own policies.
    assert made.ask(nobody) == denied(arn("nobody"), "Get", reason.format("Get"))
    assert made.ask(reader, "DELETE", "/x") == denied(
        arn("reader"), "Delete", reason.format("Delete")
    )
    assert made.ask(forbidden) == denied(
        arn("forbidden"), "Get", "with an explicit deny in an identity-based policy"
    )


@pytest.mark.fidelity("opensearch.identities")
def test_attached_policies_and_those_of_groups_count(
    make_domain: Make, user: Callable[..., Credentials], client: Callable[..., Any]
) -> None:
    iam = client("iam")
    attached, member = user("es-attached"), user("es-member")
    made = make_domain("groups")
    assert (made.ask(attached)[0], made.ask(member)[0]) == (403, 403)
    document = json.dumps({"Version": "2012-10-17", "Statement": [READ]})
    arn = iam.create_policy(PolicyName="es-read", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="es-attached", PolicyArn=arn)
    iam.create_group(GroupName="es-readers")
    iam.put_group_policy(GroupName="es-readers", PolicyName="own", PolicyDocument=document)
    iam.add_user_to_group(GroupName="es-readers", UserName="es-member")
    assert (made.ask(attached)[0], made.ask(member)[0]) == (200, 200)
    iam.detach_user_policy(UserName="es-attached", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    iam.remove_user_from_group(GroupName="es-readers", UserName="es-member")
    iam.delete_group_policy(GroupName="es-readers", PolicyName="own")
    iam.delete_group(GroupName="es-readers")


@pytest.mark.fidelity("opensearch.identities")
def test_a_role_s_session_passes_as_the_role(make_domain: Make, client: Callable[..., Any]) -> None:
    iam, sts = client("iam"), client("sts")
    trust = {"Effect": "Allow", "Principal": ACCOUNT, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="es-role", AssumeRolePolicyDocument=policy(trust))["Role"]
    document = policy(statement("Allow", {"AWS": role["Arn"]}, "es:ESHttpGet", "roles/*"))
    made = make_domain("roles", AccessPolicies=document)
    given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="s1")["Credentials"]
    keys = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert made.ask(keys)[0] == 200
    session = "arn:aws:sts::000000000000:assumed-role/es-role/s1"
    reason = "because no identity-based policy allows the es:ESHttpPut action"
    assert made.ask(keys, "PUT", "/x") == denied(session, "Put", reason)
    iam.put_role_policy(
        RoleName="es-role",
        PolicyName="own",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**READ, "Action": "es:ESHttpP*"}]}
        ),
    )
    assert made.ask(keys, "PUT", "/x")[0] == 200
    iam.delete_role_policy(RoleName="es-role", PolicyName="own")
    iam.delete_role(RoleName="es-role")


@pytest.mark.fidelity("opensearch.identities")
def test_an_unknown_key_of_iam_is_refused(make_domain: Make) -> None:
    made = make_domain("unknown")
    keys = Credentials("AKIAAAAAAAAAAAAAAAAA", "x")
    assert made.ask(keys) == (
        403,
        {"message": "The security token included in the request is invalid."},
    )


@pytest.mark.fidelity("opensearch.forgotten_roles")
def test_a_role_that_iam_does_not_know_passes_as_its_account(
    make_domain: Make, client: Callable[..., Any]
) -> None:
    made = make_domain("forgotten")
    role = "arn:aws:iam::000000000000:role/es-forgotten"
    given = client("sts").assume_role(RoleArn=role, RoleSessionName="s1")["Credentials"]
    keys = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert made.ask(keys)[0] == 200
