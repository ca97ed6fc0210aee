"""Accepted records outlast a ``kill -9`` of the lab."""

import os
import signal
from typing import Any

import pytest

from lab.stack import embedded
from lab.stack.processes import Server
from tests.providers.firehose.conftest import ROLE
from tests.providers.firehose.test_lab import contents, wait

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("firehose.at_least_once")
def test_nothing_is_lost(make_lab: Any, client_of: Any) -> None:
    with make_lab("firehose-crash") as config:
        embedded.up(config, names=("localstack",))
        client_of(config, "s3").create_bucket(Bucket="crash")
        firehose = client_of(config, "firehose")
        firehose.create_delivery_stream(
            DeliveryStreamName="s",
            ExtendedS3DestinationConfiguration={
                "RoleARN": ROLE,
                "BucketARN": "arn:aws:s3:::crash",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 5},
            },
        )
        records = [{"Data": b"%d," % number} for number in range(500)]
        firehose.put_record_batch(DeliveryStreamName="s", Records=records)
        process = Server("localstack", config).process()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        embedded.up(config, names=("localstack",))
        found = wait(lambda: contents(client_of(config, "s3"), "crash"))
        assert found == b"".join(record["Data"] for record in records)
