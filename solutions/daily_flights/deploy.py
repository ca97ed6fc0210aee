"""Creates the whole pipeline, in the order in which one thing needs another.

    python deploy.py weather.csv planes.csv

The output is one JSON object with the names and addresses of what was made. It can run again: what
exists is brought up to date. ``teardown.py`` removes everything.

Every morning at six, the schedule starts the state machine for the day before: ``raw/flights/
file_day=YYYY-MM-DD/flights.csv`` in the bucket.
"""

import argparse
import json
import logging
import time
from pathlib import Path

import boto3
import names
import policies

LOG = logging.getLogger("deploy")
HERE = Path(__file__).parent
TABLES = ("database", "raw_flights", "weather", "planes", "flights", "daily_report")


class Deployment:
    """One account and region; a method per resource."""

    def __init__(self):
        self.session = boto3.Session()
        self.region = self.session.region_name
        self.account = self.session.client("sts").get_caller_identity()["Account"]
        self.bucket = names.bucket(self.account)

    def client(self, service):
        return self.session.client(service)

    def create_bucket(self):
        s3 = self.client("s3")
        # us-east-1 is the one region that must not be named here.
        where = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        try:
            s3.create_bucket(Bucket=self.bucket, **({} if self.region == "us-east-1" else where))
        except s3.exceptions.BucketAlreadyOwnedByYou:
            LOG.info("bucket %s was there", self.bucket)

    def upload(self, path, key):
        self.client("s3").upload_file(str(path), self.bucket, key)
        return f"s3://{self.bucket}/{key}"

    def create_role(self, name, service, policy):
        """A role that ``service`` takes on, with one inline policy; returns its ARN."""
        iam = self.client("iam")
        try:
            iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps(policies.trust(service))
            )
        except iam.exceptions.EntityAlreadyExistsException:
            LOG.info("role %s was there", name)
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        return iam.get_role(RoleName=name)["Role"]["Arn"]

    def create_tables(self):
        for table in TABLES:
            text = (HERE / "sql" / f"create_{table}.sql").read_text()
            self.query(filled(text, bucket=self.bucket))

    def query(self, sql):
        athena = self.client("athena")
        place = {"OutputLocation": f"s3://{self.bucket}/athena/"}
        started = athena.start_query_execution(QueryString=sql, ResultConfiguration=place)
        while True:
            execution = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
            status = execution["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return
            if status["State"] in ("FAILED", "CANCELLED"):
                raise SystemExit(f"{status.get('StateChangeReason')}: {sql}")
            time.sleep(0.2)

    def create_ruleset(self):
        glue = self.client("glue")
        rules = (HERE / "quality.dqdl").read_text()
        table = {"DatabaseName": names.DATABASE, "TableName": "raw_flights"}
        try:
            glue.create_data_quality_ruleset(Name=names.RULESET, Ruleset=rules, TargetTable=table)
        except glue.exceptions.AlreadyExistsException:
            glue.update_data_quality_ruleset(Name=names.RULESET, Ruleset=rules)

    def create_job(self, role, script):
        glue = self.client("glue")
        settings = {
            "Role": role,
            "Command": {"Name": "pythonshell", "ScriptLocation": script, "PythonVersion": "3.9"},
            "DefaultArguments": {
                "--bucket": self.bucket,
                "--database": names.DATABASE,
            },
            "MaxCapacity": 0.0625,
            "Timeout": 10,
        }
        try:
            glue.create_job(Name=names.JOB, **settings)
        except glue.exceptions.AlreadyExistsException:
            glue.update_job(JobName=names.JOB, JobUpdate=settings)

    def create_topic(self):
        return self.client("sns").create_topic(Name=names.TOPIC)["TopicArn"]

    def create_state_machine(self, role, job_role, topic):
        states = self.client("stepfunctions")
        definition = filled(
            (HERE / "state_machine.asl.json").read_text(),
            bucket=self.bucket,
            database=names.DATABASE,
            job=names.JOB,
            job_role=job_role,
            ruleset=names.RULESET,
            topic=topic,
        )
        arn = f"arn:aws:states:{self.region}:{self.account}:stateMachine:{names.STATE_MACHINE}"
        try:
            states.update_state_machine(stateMachineArn=arn, definition=definition, roleArn=role)
        except states.exceptions.StateMachineDoesNotExist:
            states.create_state_machine(
                name=names.STATE_MACHINE, definition=definition, roleArn=role
            )
        return arn

    def create_schedule(self, role, machine, poll_seconds):
        scheduler = self.client("scheduler")
        settings = {
            "Name": names.SCHEDULE,
            "ScheduleExpression": "cron(0 6 * * ? *)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": machine,
                "RoleArn": role,
                "Input": json.dumps(
                    {"time": "<aws.scheduler.scheduled-time>", "poll_seconds": poll_seconds}
                ),
            },
        }
        try:
            scheduler.create_schedule(**settings)
        except scheduler.exceptions.ConflictException:
            scheduler.update_schedule(**settings)


def filled(text, **values):
    """The text with its ``${names}`` replaced; other dollars are JSONata's."""
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weather", type=Path)
    parser.add_argument("planes", type=Path)
    parser.add_argument("--poll-seconds", type=int, default=10, help="between two looks at a run")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    made = Deployment()
    made.create_bucket()
    made.upload(arguments.weather, "reference/weather/weather.csv")
    made.upload(arguments.planes, "reference/planes/planes.csv")
    where = (made.region, made.account, made.bucket)
    job_role = made.create_role(names.JOB_ROLE, "glue.amazonaws.com", policies.job_policy(*where))
    made.create_tables()
    made.create_ruleset()
    made.create_job(job_role, made.upload(HERE / "enrich.py", "scripts/enrich.py"))
    topic = made.create_topic()
    role = made.create_role(
        names.STATE_MACHINE_ROLE, "states.amazonaws.com", policies.state_machine_policy(*where)
    )
    machine = made.create_state_machine(role, job_role, topic)
    schedule_role = made.create_role(
        names.SCHEDULE_ROLE,
        "scheduler.amazonaws.com",
        policies.schedule_policy(made.region, made.account),
    )
    made.create_schedule(schedule_role, machine, arguments.poll_seconds)
    outputs = {"bucket": made.bucket, "database": names.DATABASE}
    print(json.dumps({**outputs, "state_machine": machine, "topic": topic}))


if __name__ == "__main__":
    main()
