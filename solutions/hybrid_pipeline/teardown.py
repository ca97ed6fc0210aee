"""Removes everything that deploy.py, the function and Athena made, data included. What is not there
is no error.

    python teardown.py [--keep-domain]

A domain takes a quarter of an hour to make on AWS, and costs money every hour: ``--keep-domain``
keeps it and removes only the index.
"""

import argparse
import logging
import time

import boto3
import names
from search import Search, SearchError

LOG = logging.getLogger("teardown")


def delete_mappings(functions):
    """First of all: nothing must come out of the stream any more."""
    try:
        found = functions.list_event_source_mappings(FunctionName=names.FUNCTION)
    except functions.exceptions.ResourceNotFoundException:
        return
    for mapping in found["EventSourceMappings"]:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])
        wait_until_gone(
            functions.get_event_source_mapping,
            functions.exceptions.ResourceNotFoundException,
            UUID=mapping["UUID"],
        )


def delete_function(functions):
    try:
        functions.delete_function(FunctionName=names.FUNCTION)
    except functions.exceptions.ResourceNotFoundException:
        LOG.info("no function %s", names.FUNCTION)


def delete_logs(logs):
    """A log group outlives its function."""
    try:
        logs.delete_log_group(logGroupName=f"/aws/lambda/{names.FUNCTION}")
    except logs.exceptions.ResourceNotFoundException:
        LOG.info("no log group")


def delete_stream(kinesis):
    try:
        kinesis.delete_stream(StreamName=names.STREAM, EnforceConsumerDeletion=True)
    except kinesis.exceptions.ResourceNotFoundException:
        LOG.info("no stream %s", names.STREAM)
        return
    waiter = kinesis.get_waiter("stream_not_exists")
    waiter.wait(StreamName=names.STREAM, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def delete_state_machine(machines, region, account):
    arn = f"arn:aws:states:{region}:{account}:stateMachine:{names.STATE_MACHINE}"
    machines.delete_state_machine(stateMachineArn=arn)
    try:
        wait_until_gone(
            machines.describe_state_machine,
            machines.exceptions.StateMachineDoesNotExist,
            stateMachineArn=arn,
        )
    except machines.exceptions.StateMachineDoesNotExist:
        LOG.info("no state machine %s", names.STATE_MACHINE)


def delete_database(glue):
    """The catalog only; the files of the tables are in the bucket."""
    try:
        glue.delete_database(Name=names.DATABASE)
    except glue.exceptions.EntityNotFoundException:
        LOG.info("no database %s", names.DATABASE)


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


def delete_index(opensearch, region):
    try:
        status = opensearch.describe_domain(DomainName=names.DOMAIN)["DomainStatus"]
    except opensearch.exceptions.ResourceNotFoundException:
        return
    if not status.get("Endpoint"):
        return
    enforced = status.get("DomainEndpointOptions", {}).get("EnforceHTTPS", False)
    search = Search(f"{'https' if enforced else 'http'}://{status['Endpoint']}", region)
    try:
        search.request("DELETE", f"/{names.INDEX}")
    except SearchError as error:
        if error.status != 404:
            raise


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


def wait_until_gone(describe, not_found, **arguments):
    """Deleting is asynchronous in many services: ask until the answer is that there is nothing."""
    for _ in range(300):
        try:
            describe(**arguments)
        except not_found:
            return
        time.sleep(0.2)
    raise SystemExit(f"{arguments} is still there")


def teardown(keep_domain):
    session = boto3.Session()
    account = session.client("sts").get_caller_identity()["Account"]
    functions = session.client("lambda")
    delete_mappings(functions)
    delete_function(functions)
    delete_stream(session.client("kinesis"))
    delete_state_machine(session.client("stepfunctions"), session.region_name, account)
    delete_database(session.client("glue"))
    delete_bucket(session.client("s3"), names.bucket(account))
    opensearch = session.client("opensearch")
    delete_index(opensearch, session.region_name)
    if not keep_domain:
        delete_domain(opensearch)
    delete_logs(session.client("logs"))
    for role in (names.FUNCTION_ROLE, names.STATE_MACHINE_ROLE):
        delete_role(session.client("iam"), role)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep-domain", action="store_true")
    logging.basicConfig(format="%(message)s")
    LOG.setLevel(logging.INFO)
    teardown(parser.parse_args().keep_domain)


if __name__ == "__main__":
    main()
