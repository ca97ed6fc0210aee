"""Documents reach a domain of the running lab."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.config import Config
from tests.providers.firehose.conftest import BUCKET, ROLE
from tests.providers.firehose.test_lab import wait

pytestmark = pytest.mark.lab

HINTS = {"SizeInMBs": 1, "IntervalInSeconds": 0}


@pytest.mark.fidelity("firehose.opensearch")
def test_records_are_documents_of_the_domain(full_lab: Config, client_of: Any) -> None:
    domain = client_of(full_lab, "opensearch")
    arn = domain.create_domain(DomainName="hose")["DomainStatus"]["ARN"]
    firehose = client_of(full_lab, "firehose")
    firehose.create_delivery_stream(
        DeliveryStreamName="to-search",
        AmazonopensearchserviceDestinationConfiguration={
            "RoleARN": ROLE,
            "DomainARN": arn,
            "IndexName": "hose",
            "IndexRotationPeriod": "NoRotation",
            "BufferingHints": HINTS,
            "S3Configuration": {"RoleARN": ROLE, "BucketARN": BUCKET, "BufferingHints": HINTS},
        },
    )
    firehose.put_record(DeliveryStreamName="to-search", Record={"Data": b'{"page": "/home"}'})

    def delivered() -> float:
        now = time.time()
        points = client_of(full_lab, "cloudwatch").get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName="DeliveryToAmazonOpenSearchService.Records",
            Dimensions=[{"Name": "DeliveryStreamName", "Value": "to-search"}],
            StartTime=datetime.fromtimestamp(now - 600, UTC),
            EndTime=datetime.fromtimestamp(now + 600, UTC),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    assert wait(delivered) == 1
    firehose.delete_delivery_stream(DeliveryStreamName="to-search")
    domain.delete_domain(DomainName="hose")
