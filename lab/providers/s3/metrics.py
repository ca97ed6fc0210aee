"""What CloudWatch is told of buckets, under AWS/S3: each day what they hold, and each request where
a bucket has a metrics configuration.

The figures of the running day are those of the moment at which they are read; AWS measures once a
day. FirstByteLatency is until the answer begins; TotalRequestLatency is not told.

Source: Amazon S3 User Guide, "Metrics and dimensions".
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from localstack.aws.api import RequestContext, ServiceException
from localstack.services.s3.models import S3Bucket, S3Object

from lab.providers.cloudwatch import Metric, Source, publisher
from lab.providers.cloudwatch import install as install_publisher
from lab.providers.cloudwatch.database import Point, Series, database
from lab.providers.s3.models import all_buckets, find_bucket, object_tags, versions_of

NAMESPACE = "AWS/S3"
DAY = 86_400
LOOK_SECONDS = 2.0
"""How long what was counted is good for, whoever reads it how often."""

STORAGE_TYPES = {
    "STANDARD": "StandardStorage",
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
    "GLACIER": "GlacierStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
}
ALL = Metric("AllRequests")
BY_METHOD = {
    "GET": Metric("GetRequests"),
    "PUT": Metric("PutRequests"),
    "DELETE": Metric("DeleteRequests"),
    "HEAD": Metric("HeadRequests"),
    "POST": Metric("PostRequests"),
}
LIST = Metric("ListRequests")
CLIENT_ERRORS, SERVER_ERRORS = Metric("4xxErrors"), Metric("5xxErrors")
DOWNLOADED, UPLOADED = Metric("BytesDownloaded", "Bytes"), Metric("BytesUploaded", "Bytes")
LATENCY = Metric("FirstByteLatency", "Milliseconds")

Answer = Callable[[RequestContext, Any], Any]


def install() -> None:
    """Once, when S3 is loaded."""
    install_publisher()
    publisher().before_flush(Storage().tell)


class Storage:
    """Tells what buckets hold today, anew whenever metrics are read."""

    def __init__(self) -> None:
        self._looked = 0.0

    def tell(self) -> None:
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        today = int(time.time()) // DAY * DAY
        points = [point for bucket in all_buckets() for point in _points(bucket, today)]
        if points:
            database().replace(points)


def _points(bucket: S3Bucket, day: int) -> Iterator[Point]:
    sizes: defaultdict[str, int] = defaultdict(int)
    count = 0
    for key in list(bucket.objects._store):
        for version in versions_of(bucket, key):
            count += 1
            if isinstance(version, S3Object):
                sizes[STORAGE_TYPES.get(version.storage_class, "StandardStorage")] += version.size
    if count:
        yield _point(bucket, day, Metric("NumberOfObjects"), "AllStorageTypes", count)
    for storage, size in sizes.items():
        yield _point(bucket, day, Metric("BucketSizeBytes", "Bytes"), storage, size)


def _point(bucket: S3Bucket, day: int, metric: Metric, storage: str, value: float) -> Point:
    dimensions = (("BucketName", bucket.name), ("StorageType", storage))
    whose = (bucket.bucket_account_id, bucket.bucket_region)
    series = Series(*whose, NAMESPACE, metric.name, dimensions)
    return Point(series, day, metric.unit, 1, value, value, value)


def measured(operation: str, answer: Answer) -> Answer:
    """The handler of an operation, which tells of its requests where the bucket asks for that."""

    def answer_then_tell(context: RequestContext, request: Any) -> Any:
        bucket = find_bucket(request["Bucket"]) if request.get("Bucket") else None
        if bucket is None or not bucket.metric_configurations:
            return answer(context, request)
        started = time.perf_counter()
        status, response = 200, None
        try:
            response = answer(context, request)
        except ServiceException as error:
            status = error.status_code
            raise
        finally:
            samples = list(_samples(operation, context, response, status))
            samples.append((LATENCY, (time.perf_counter() - started) * 1000))
            for name in _filters(bucket, request.get("Key")):
                publisher().add(_source(bucket, name), samples)
        return response

    return answer_then_tell


def _source(bucket: S3Bucket, name: str) -> Source:
    dimensions = (("BucketName", bucket.name), ("FilterId", name))
    return Source(NAMESPACE, bucket.bucket_account_id, bucket.bucket_region, dimensions)


def _samples(
    operation: str, context: RequestContext, response: Any, status: int
) -> Iterator[tuple[Metric, float]]:
    yield ALL, 1
    if operation.startswith("List"):
        yield LIST, 1
    elif "Object" in operation or "Part" in operation or "Upload" in operation:
        yield BY_METHOD[context.request.method], 1
    yield CLIENT_ERRORS, float(400 <= status < 500)
    yield SERVER_ERRORS, float(status >= 500)
    if operation == "GetObject" and response:
        yield DOWNLOADED, float(response.get("ContentLength") or 0)
    if operation in ("PutObject", "UploadPart"):
        yield UPLOADED, float(context.request.content_length or 0)


def _filters(bucket: S3Bucket, key: str | None) -> Iterator[str]:
    """The ids of the configurations that a request belongs to; those of objects have a filter."""
    for name, configuration in list(bucket.metric_configurations.items()):
        if _belongs(bucket, key, configuration.get("Filter") or {}):
            yield name


def _belongs(bucket: S3Bucket, key: str | None, chosen: dict[str, Any]) -> bool:
    wanted = {**chosen, **(chosen.get("And") or {})}
    if wanted.get("AccessPointArn"):
        return False
    if not (key or "").startswith(wanted.get("Prefix") or ""):
        return False
    tags = [wanted["Tag"]] if wanted.get("Tag") else list(wanted.get("Tags") or ())
    if not tags:
        return True
    found = object_tags(bucket, key, None) if key else {}
    return all(found.get(each["Key"]) == each["Value"] for each in tags)
