"""What an exercise may have left in the lab, by kind, and how each kind is deleted.

``exercise.toml`` names what an exercise makes (``[resources]`` with ``kinesis_streams = [...]``);
``lab reset ID`` deletes it. Nothing that is not named is touched.
"""

from collections.abc import Callable, Mapping, Sequence

from botocore.exceptions import ClientError

from lab.checks.bench import Bench

GONE = {
    "ResourceNotFoundException",
    "NoSuchBucket",
    "EntityNotFoundException",
    "NoSuchEntity",
}


def _stream(bench: Bench, name: str) -> None:
    bench.client("kinesis").delete_stream(StreamName=name, EnforceConsumerDeletion=True)
    bench.client("kinesis").get_waiter("stream_not_exists").wait(
        StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def _delivery_stream(bench: Bench, name: str) -> None:
    bench.client("firehose").delete_delivery_stream(DeliveryStreamName=name)


def _bucket(bench: Bench, name: str) -> None:
    s3 = bench.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        if keys:
            s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
    s3.delete_bucket(Bucket=name)


def _function(bench: Bench, name: str) -> None:
    lambda_ = bench.client("lambda")
    for page in lambda_.get_paginator("list_event_source_mappings").paginate(FunctionName=name):
        for mapping in page["EventSourceMappings"]:
            lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
    lambda_.delete_function(FunctionName=name)


def _database(bench: Bench, name: str) -> None:
    bench.client("glue").delete_database(Name=name)


def _work_group(bench: Bench, name: str) -> None:
    bench.client("athena").delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def _index(bench: Bench, name: str) -> None:
    bench.search.indices.delete(index=name, ignore_unavailable=True)


KINDS: Mapping[str, Callable[[Bench, str], None]] = {
    "delivery_streams": _delivery_stream,
    "kinesis_streams": _stream,
    "s3_buckets": _bucket,
    "lambda_functions": _function,
    "glue_databases": _database,
    "athena_work_groups": _work_group,
    "opensearch_indices": _index,
}


def delete(bench: Bench, resources: Mapping[str, Sequence[str]]) -> list[str]:
    """Delete those of ``resources`` that are there; their names."""
    deleted = []
    for kind, names in resources.items():
        for name in names:
            try:
                KINDS[kind](bench, name)
            except ClientError as error:
                if not _gone(error):
                    raise
            else:
                deleted.append(name)
    return deleted


def _gone(error: ClientError) -> bool:
    """Athena has no code of its own for a work group that is not there."""
    said = error.response["Error"]
    return said["Code"] in GONE or said["Message"] == "WorkGroup is not found."
