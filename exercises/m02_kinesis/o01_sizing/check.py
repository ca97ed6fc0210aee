"""Decides with policy.json what the producers' role may do, and what it must not."""

from lab.checks import Bench, policies, task
from lab.checks.policies import Request

HERE = "eu-west-3:111122223333"
STREAM = f"arn:aws:kinesis:{HERE}:stream/airport-events"
KEY = f"arn:aws:kms:{HERE}:key/1f0c2c6e-8d5b-4a57-9a0e-3d1c5b7a9e42"
NEEDED = [
    Request("kinesis:PutRecord", STREAM),
    Request("kinesis:PutRecords", STREAM),
    Request("kms:GenerateDataKey", KEY),
]
TOO_MUCH = [
    Request("kinesis:GetRecords", STREAM),
    Request("kinesis:GetShardIterator", STREAM),
    Request("kinesis:UpdateShardCount", STREAM),
    Request("kinesis:DeleteStream", STREAM),
    Request("kinesis:PutRecords", f"{STREAM}-test"),
    Request("kinesis:PutRecords", f"arn:aws:kinesis:{HERE}:stream/card-payments"),
    Request("kms:Decrypt", KEY),
    Request("kms:GenerateDataKey", f"arn:aws:kms:{HERE}:key/77aa0000-0000-4000-8000-000000000000"),
    Request("kms:ScheduleKeyDeletion", KEY),
    Request("s3:GetObject", "arn:aws:s3:::airport-archive/2013/01/01"),
    Request("iam:PassRole", "arn:aws:iam::111122223333:role/consumer"),
]


@task(
    1,
    points=2,
    fr="policy.json permet d'écrire dans le flux chiffré, et rien d'autre",
    en="policy.json permits writing to the encrypted stream, and nothing else",
)
def producers_write_and_nothing_else(bench: Bench) -> None:
    policy = policies.read(bench.work / "policy.json", code="policy")
    policies.expect(
        policy,
        allows=NEEDED,
        code="too-little",
        fr="le rôle peut écrire dans airport-events et faire chiffrer ce qu'il écrit",
        en="the role may write to airport-events and have encrypted what it writes",
    )
    policies.expect(
        policy,
        refuses=TOO_MUCH,
        code="too-much",
        fr="le rôle ne peut rien faire d'autre",
        en="the role may do nothing else",
    )
