"""Removes everything that deploy.py and the pipeline made, data included. What is not there is no
error.

    python teardown.py [--keep-domain]

A domain takes a quarter of an hour to make on AWS, and costs money every hour: ``--keep-domain``
keeps it and removes only the indices.
"""

import argparse
import logging
import time

import boto3
import names
from deploy import search
from opensearchpy.exceptions import NotFoundError

LOG = logging.getLogger("teardown")


def delete_delivery_stream(firehose):
    """First of all: nothing must come out of it any more."""
    try:
        firehose.delete_delivery_stream(DeliveryStreamName=names.DELIVERY_STREAM)
        for _ in range(300):
            firehose.describe_delivery_stream(DeliveryStreamName=names.DELIVERY_STREAM)
            time.sleep(0.2)
        raise SystemExit(f"{names.DELIVERY_STREAM} is still there")
    except firehose.exceptions.ResourceNotFoundException:
        LOG.info("delivery stream %s is gone", names.DELIVERY_STREAM)


def delete_function(functions):
    try:
        functions.delete_function(FunctionName=names.FUNCTION)
    except functions.exceptions.ResourceNotFoundException:
        LOG.info("no function %s", names.FUNCTION)


def delete_logs(logs):
    """A log group outlives what wrote it."""
    for group in (f"/aws/lambda/{names.FUNCTION}", names.LOG_GROUP):
        try:
            logs.delete_log_group(logGroupName=group)
        except logs.exceptions.ResourceNotFoundException:
            LOG.info("no log group %s", group)


def delete_alarm(session, account):
    session.client("cloudwatch").delete_alarms(AlarmNames=[names.ALARM])
    topic = f"arn:aws:sns:{session.region_name}:{account}:{names.TOPIC}"
    session.client("sns").delete_topic(TopicArn=topic)


def delete_bucket(s3, bucket):
    """A bucket must be empty first. A page of the listing and a DeleteObjects request both hold
    1,000 keys.
    """
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        s3.delete_bucket(Bucket=bucket)
    except s3.exceptions.NoSuchBucket:
        LOG.info("no bucket %s", bucket)


def delete_indices(session):
    opensearch = session.client("opensearch")
    try:
        status = opensearch.describe_domain(DomainName=names.DOMAIN)["DomainStatus"]
    except opensearch.exceptions.ResourceNotFoundException:
        return
    if not status.get("Endpoint"):
        return
    enforced = status.get("DomainEndpointOptions", {}).get("EnforceHTTPS", False)
    indices = search(f"{'https' if enforced else 'http'}://{status['Endpoint']}", session).indices
    try:
        # One by one: many domains refuse to delete by a pattern.
        for index in indices.get(index=f"{names.INDEX}-*"):
            indices.delete(index=index)
        indices.delete_index_template(name=names.INDEX)
    except NotFoundError:
        LOG.info("no template %s", names.INDEX)


def delete_domain(opensearch):
    try:
        opensearch.delete_domain(DomainName=names.DOMAIN)
    except opensearch.exceptions.ResourceNotFoundException:
        LOG.info("no domain %s", names.DOMAIN)


def delete_role(iam, name):
    try:
        iam.delete_role_policy(RoleName=name, PolicyName=name)
        iam.delete_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        LOG.info("no role %s", name)


def teardown(keep_domain):
    session = boto3.Session()
    account = session.client("sts").get_caller_identity()["Account"]
    delete_delivery_stream(session.client("firehose"))
    delete_function(session.client("lambda"))
    delete_alarm(session, account)
    delete_bucket(session.client("s3"), names.bucket(account))
    delete_indices(session)
    if not keep_domain:
        delete_domain(session.client("opensearch"))
    delete_logs(session.client("logs"))
    for role in (names.DELIVERY_ROLE, names.FUNCTION_ROLE):
        delete_role(session.client("iam"), role)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep-domain", action="store_true")
    logging.basicConfig(format="%(message)s")
    LOG.setLevel(logging.INFO)
    teardown(parser.parse_args().keep_domain)


if __name__ == "__main__":
    main()
