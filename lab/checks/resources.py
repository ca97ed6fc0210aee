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


def _index(bench: Bench, name: str) -> None:
    bench.search.indices.delete(index=name, ignore_unavailable=True)


KINDS: Mapping[str, Callable[[Bench, str], None]] = {
    "kinesis_streams": _stream,
    "s3_buckets": _bucket,
    "lambda_functions": _function,
    "glue_databases": _database,
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
                if error.response["Error"]["Code"] not in GONE:
                    raise
            else:
                deleted.append(name)
    return deleted
