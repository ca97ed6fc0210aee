"""Removes all that ``deploy.py`` made, what is missing left aside.

python teardown.py
"""

import contextlib
import logging

import boto3
import names
from botocore.exceptions import ClientError

LOG = logging.getLogger("teardown")
ABSENT = (
    *("EntityNotFoundException", "NoSuchBucket", "NoSuchEntity", "ResourceNotFoundException"),
    *("StateMachineDoesNotExist", "NotFound"),
)


@contextlib.contextmanager
def unless_absent(what):
    try:
        yield
        LOG.info("removed %s", what)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ABSENT:
            raise
        LOG.info("%s was not there", what)


def main():
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    session = boto3.Session()
    account = session.client("sts").get_caller_identity()["Account"]
    place = f"{session.region_name}:{account}"
    with unless_absent("the schedule"):
        session.client("scheduler").delete_schedule(Name=names.SCHEDULE)
    with unless_absent("the state machine"):
        arn = f"arn:aws:states:{place}:stateMachine:{names.STATE_MACHINE}"
        session.client("stepfunctions").delete_state_machine(stateMachineArn=arn)
    glue = session.client("glue")
    with unless_absent("the job"):
        glue.delete_job(JobName=names.JOB)
    with unless_absent("the ruleset"):
        glue.delete_data_quality_ruleset(Name=names.RULESET)
    with unless_absent("the database"):
        glue.delete_database(Name=names.DATABASE)
    with unless_absent("the topic"):
        session.client("sns").delete_topic(TopicArn=f"arn:aws:sns:{place}:{names.TOPIC}")
    for role in (names.JOB_ROLE, names.STATE_MACHINE_ROLE, names.SCHEDULE_ROLE):
        with unless_absent(role):
            iam = session.client("iam")
            iam.delete_role_policy(RoleName=role, PolicyName=role)
            iam.delete_role(RoleName=role)
    with unless_absent("the bucket"):
        bucket = session.resource("s3").Bucket(names.bucket(account))
        bucket.objects.delete()
        bucket.delete()


if __name__ == "__main__":
    main()
