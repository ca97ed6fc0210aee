"""The short way of PutRecords from HTTP to the provider, against LocalStack's long one."""

import json
from typing import Any

import pytest
from localstack.aws.protocol.parser import create_parser
from localstack.aws.spec import load_service
from localstack.http import Request

from lab.providers.kinesis.wire import JSON, PUT_RECORDS, parse_put_records

RECORD = {"Data": "AP8=", "PartitionKey": "clé", "ExplicitHashKey": "7"}


@pytest.mark.parametrize(
    "request_",
    [
        {"StreamName": "s", "Records": [RECORD, {"Data": "", "PartitionKey": "k"}]},
        {"StreamARN": "arn", "Records": []},
    ],
)
def test_both_ways_give_the_same_request(request_: dict[str, Any]) -> None:
    body = json.dumps(request_).encode()
    headers = {"Content-Type": JSON, "X-Amz-Target": PUT_RECORDS}
    _, expected = create_parser(load_service("kinesis"), "json").parse(
        Request("POST", "/", headers=headers, body=body)
    )
    assert parse_put_records(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"StreamName": "s"}',
        b'{"StreamName": 7, "Records": []}',
        b'{"Records": [7]}',
        b'{"Records": [{"Data": null, "PartitionKey": "k"}]}',
        b'{"Records": [{"Data": "", "PartitionKey": 7}]}',
        b'{"Records": [{"Data": "", "PartitionKey": "k", "Other": ""}]}',
        b'{"Records": [], "Other": ""}',
    ],
)
def test_what_is_unusual_takes_the_long_way(body: bytes) -> None:
    assert parse_put_records(body) is None
