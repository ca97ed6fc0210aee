"""One call through each service of a running lab, as a learner makes them; prints a line for each.

Called by ``test_compose.sh`` and ``test_offline.sh``. It uses the lab that ``LAB_PORT``,
``LAB_OPENSEARCH_PORT`` and ``LAB_HOME`` name, leaves nothing behind in it, and fails with the first
answer that is not the expected one.
"""

import contextlib
import io
import json
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import boto3

from lab.config import ACCESS_KEY_ID, ACCOUNT_ID, REGION, SECRET_ACCESS_KEY, load

CONFIG = load()
NAME = f"round-trip-{uuid.uuid4().hex[:8]}"
KEY = "events/day=1/part-0.json"
EVENTS = [{"carrier": carrier, "delay": delay} for carrier, delay in (("UA", 4), ("AA", 10))]
WITHIN = 60.0

# Runs in Lambda: reads S3 and writes to OpenSearch, at the addresses that the lab itself gave.
HANDLER = """
import json
import urllib.request

import boto3


def handler(event, context):
    body = boto3.client("s3").get_object(Bucket=event["bucket"], Key=event["key"])["Body"].read()
    request = urllib.request.Request(
        event["search"] + "/_doc/1?refresh=true",
        method="PUT",
        data=json.dumps({"events": len(body.splitlines())}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["result"]
"""


def client(service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=CONFIG.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )


def check_s3() -> str:
    """An object put through the API is a plain file of the lab's home with the same bytes."""
    s3 = client("s3")
    body = "".join(json.dumps(event) + "\n" for event in EVENTS).encode()
    s3.create_bucket(Bucket=NAME)
    s3.put_object(Bucket=NAME, Key=KEY, Body=body)
    expect("GetObject", s3.get_object(Bucket=NAME, Key=KEY)["Body"].read(), body)
    file = CONFIG.s3_dir / NAME / KEY
    expect(f"the file {KEY}", file.read_bytes(), body)
    return f"{len(body)} bytes, also as a file"


def check_kinesis() -> str:
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=NAME, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=NAME, WaiterConfig={"Delay": 1})
    records = [
        {"Data": json.dumps(event).encode(), "PartitionKey": event["carrier"]} for event in EVENTS
    ]
    failed = kinesis.put_records(StreamName=NAME, Records=records)["FailedRecordCount"]
    expect("FailedRecordCount", failed, 0)
    shard = kinesis.list_shards(StreamName=NAME)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName=NAME, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found = [json.loads(r["Data"]) for r in kinesis.get_records(ShardIterator=iterator)["Records"]]
    kinesis.delete_stream(StreamName=NAME)
    expect("GetRecords", found, EVENTS)
    return f"{len(found)} records"


def check_opensearch() -> str:
    """The endpoint that DescribeDomain gives is a server that indexes and aggregates."""
    url = search_url()
    for number, event in enumerate(EVENTS):
        call("PUT", f"{url}/{NAME}/_doc/{number}?refresh=true", event)
    query = {"size": 0, "aggs": {"mean": {"avg": {"field": "delay"}}}}
    found = call("POST", f"{url}/{NAME}/_search", query)
    call("DELETE", f"{url}/{NAME}")
    expect("the mean delay", found["aggregations"]["mean"]["value"], 7.0)
    return f"{found['hits']['total']['value']} documents at {url}"


def check_lambda() -> str:
    """A function reaches S3 and OpenSearch at the same addresses as this script does."""
    functions, url = client("lambda"), search_url()
    functions.create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Handler="index.handler",
        Role=f"arn:aws:iam::{ACCOUNT_ID}:role/{NAME}",
        Timeout=30,
        Code={"ZipFile": zipped("index.py", HANDLER)},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=NAME, WaiterConfig={"Delay": 1})
    event = {"bucket": NAME, "key": KEY, "search": f"{url}/{NAME}-lambda"}
    answer = functions.invoke(FunctionName=NAME, Payload=json.dumps(event))
    said = json.load(answer["Payload"])
    functions.delete_function(FunctionName=NAME)
    expect("the function's answer", said, "created")
    found = call("GET", f"{url}/{NAME}-lambda/_doc/1")
    call("DELETE", f"{url}/{NAME}-lambda")
    expect("the function's document", found["_source"], {"events": len(EVENTS)})
    return "read S3, wrote to OpenSearch"


def check_athena() -> str:
    database = NAME.replace("-", "_")
    run_query(f"CREATE DATABASE {database}")
    run_query(
        f"CREATE EXTERNAL TABLE {database}.events (carrier string, delay int) "
        "PARTITIONED BY (day int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        f"LOCATION 's3://{NAME}/events/'"
    )
    run_query(f"MSCK REPAIR TABLE {database}.events")
    query = run_query(f"SELECT carrier, delay FROM {database}.events WHERE day = 1 ORDER BY delay")
    athena = client("athena")
    rows = athena.get_query_results(QueryExecutionId=query["QueryExecutionId"])["ResultSet"]["Rows"]
    scanned = query["Statistics"]["DataScannedInBytes"]
    run_query(f"DROP TABLE {database}.events")
    run_query(f"DROP DATABASE {database}")
    found = [[cell["VarCharValue"] for cell in row["Data"]] for row in rows[1:]]
    expect("the rows", found, [["UA", "4"], ["AA", "10"]])
    size = (CONFIG.s3_dir / NAME / KEY).stat().st_size
    expect("DataScannedInBytes", scanned, size)
    return f"{len(found)} rows, {scanned} bytes scanned"


def clean() -> str:
    s3 = client("s3")
    listed = s3.list_objects_v2(Bucket=NAME).get("Contents", [])
    for item in listed:
        s3.delete_object(Bucket=NAME, Key=item["Key"])
    s3.delete_bucket(Bucket=NAME)
    client("opensearch").delete_domain(DomainName=NAME)
    return f"{len(listed)} objects"


def search_url() -> str:
    """The URL of this run's OpenSearch domain, which is created when first asked for."""
    opensearch = client("opensearch")
    with contextlib.suppress(opensearch.exceptions.ResourceAlreadyExistsException):
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "es:ESHttp*",
            "Resource": f"arn:aws:es:{REGION}:{ACCOUNT_ID}:domain/{NAME}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        opensearch.create_domain(DomainName=NAME, AccessPolicies=policy)
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        status = opensearch.describe_domain(DomainName=NAME)["DomainStatus"]
        if not status["Processing"]:
            return f"http://{status['Endpoint']}"
        time.sleep(0.2)
    raise SystemExit(f"The domain is still being processed after {WITHIN:.0f} s.")


def run_query(sql: str) -> dict[str, Any]:
    """Run one statement to its end; the QueryExecution, which must have succeeded."""
    athena = client("athena")
    started = athena.start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": f"s3://{NAME}/results/"}
    )
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        query = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
        status = query["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            expect(f"{sql} ({status.get('StateChangeReason')})", status["State"], "SUCCEEDED")
            return query["QueryExecution"]
        time.sleep(0.05)
    raise SystemExit(f"Athena does not end: {sql}")


def zipped(name: str, text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return packed.getvalue()


def call(method: str, url: str, body: object = None) -> dict[str, Any]:
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=WITHIN) as answer:
        return json.load(answer)


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise SystemExit(f"FAILED: {what}: expected {wanted!r}, found {found!r}")


def main() -> None:
    checks: list[Callable[[], str]] = [
        check_s3,
        check_kinesis,
        check_opensearch,
        check_lambda,
        check_athena,
        clean,
    ]
    for check in checks:
        begun = time.monotonic()
        said = check()
        name = check.__name__.removeprefix("check_")
        print(f"{name:<12}{time.monotonic() - begun:6.2f} s  {said}", flush=True)


if __name__ == "__main__":
    main()
