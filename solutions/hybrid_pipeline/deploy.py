"""Creates the whole pipeline, in the order in which one thing needs another.

    python deploy.py reference.json.gz --rate 5000

The output is one JSON object with the names and addresses of what was made. It can run again: what
exists is brought up to date. ``teardown.py`` removes everything.
"""

import argparse
import io
import json
import logging
import math
import re
import time
import zipfile
from pathlib import Path

import boto3
import names
import policies
from search import Search, SearchError

LOG = logging.getLogger("deploy")
HERE = Path(__file__).parent
RUNTIME = "python3.13"
BATCH_SIZE = 1_000
EVENT_BYTES = 300


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

    def create_stream(self, shards):
        """Start to make the stream. A stream that exists keeps its shards."""
        kinesis = self.client("kinesis")
        try:
            kinesis.create_stream(StreamName=names.STREAM, ShardCount=shards)
        except kinesis.exceptions.ResourceInUseException:
            LOG.info("stream %s was there", names.STREAM)

    def wait_for_stream(self):
        kinesis = self.client("kinesis")
        waiter = kinesis.get_waiter("stream_exists")
        waiter.wait(StreamName=names.STREAM, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        summary = kinesis.describe_stream_summary(StreamName=names.STREAM)
        return summary["StreamDescriptionSummary"]

    def create_domain(self, enforce_https):
        """Start to make the domain, which takes a quarter of an hour on AWS."""
        opensearch = self.client("opensearch")
        try:
            opensearch.create_domain(
                DomainName=names.DOMAIN,
                ClusterConfig={"InstanceType": "t3.small.search", "InstanceCount": 1},
                EBSOptions={"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 10},
                AccessPolicies=json.dumps(policies.domain_policy(self.region, self.account)),
                **({"DomainEndpointOptions": {"EnforceHTTPS": True}} if enforce_https else {}),
            )
        except opensearch.exceptions.ResourceAlreadyExistsException:
            LOG.info("domain %s was there", names.DOMAIN)

    def wait_for_domain(self):
        """The URL of the domain. There is no waiter for it in boto3."""
        opensearch = self.client("opensearch")

        def ready():
            status = opensearch.describe_domain(DomainName=names.DOMAIN)["DomainStatus"]
            return status if status.get("Endpoint") and not status.get("Processing") else None

        status = wait_until(ready, f"domain {names.DOMAIN}", seconds=1800)
        enforced = status.get("DomainEndpointOptions", {}).get("EnforceHTTPS", False)
        return f"{'https' if enforced else 'http'}://{status['Endpoint']}"

    def create_index(self, url):
        """With its mapping made by hand: a guessed one would take dates for text, and coordinates
        for numbers.
        """
        search = Search(url, self.region)
        try:
            search.request("PUT", f"/{names.INDEX}", json.loads((HERE / "index.json").read_text()))
        except SearchError as error:
            if "resource_already_exists_exception" not in str(error):
                raise
            LOG.info("index %s was there", names.INDEX)

    def create_function(self, role, package, environment):
        functions = self.client("lambda")
        settings = {
            "FunctionName": names.FUNCTION,
            "Runtime": RUNTIME,
            "Role": role,
            "Handler": "handler.handler",
            "MemorySize": 512,
            "Timeout": 60,
            "Environment": {"Variables": environment},
        }

        def create():
            try:
                return functions.create_function(**settings, Code={"ZipFile": package})
            except functions.exceptions.ResourceConflictException:
                functions.update_function_code(FunctionName=names.FUNCTION, ZipFile=package)
                functions.get_waiter("function_updated_v2").wait(FunctionName=names.FUNCTION)
                return functions.update_function_configuration(**settings)
            except functions.exceptions.InvalidParameterValueException as error:
                if "cannot be assumed" not in str(error):
                    raise
                return None  # IAM needs some seconds until other services know a new role

        wait_until(create, f"role of {names.FUNCTION}", seconds=60)
        waiter = functions.get_waiter("function_active_v2")
        waiter.wait(FunctionName=names.FUNCTION, WaiterConfig={"Delay": 1, "MaxAttempts": 120})

    def connect(self, stream_arn):
        """Let Lambda poll the stream. From the oldest record on, and again up to ten times when a
        batch fails.
        """
        functions = self.client("lambda")
        try:
            mapping = functions.create_event_source_mapping(
                EventSourceArn=stream_arn,
                FunctionName=names.FUNCTION,
                StartingPosition="TRIM_HORIZON",
                BatchSize=BATCH_SIZE,
                # Every batch costs an invocation, a request to OpenSearch and a few to S3, whatever
                # its size: collect for a second. The live side is a second later for it.
                MaximumBatchingWindowInSeconds=1,
                MaximumRetryAttempts=10,
            )
        except functions.exceptions.ResourceConflictException:
            LOG.info("event source mapping was there")
            return

        def enabled():
            return functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled"

        wait_until(enabled, "event source mapping", seconds=120)

    def create_state_machine(self, role):
        """Put the statements of sql/ in the definition; returns the ARN."""
        machines = self.client("stepfunctions")
        definition = state_machine_definition(self.bucket)
        settings = {"definition": definition, "roleArn": role}
        try:
            answer = machines.create_state_machine(name=names.STATE_MACHINE, **settings)
            return answer["stateMachineArn"]
        except machines.exceptions.StateMachineAlreadyExists:
            arn = f"arn:aws:states:{self.region}:{self.account}:stateMachine:{names.STATE_MACHINE}"
            machines.update_state_machine(stateMachineArn=arn, **settings)
            return arn


def state_machine_definition(bucket):
    """The ASL with its ${names} replaced: those in small letters by the files of sql/."""
    statements = {
        path.stem: statement(path.read_text(), {"Database": names.DATABASE, "Bucket": bucket})
        for path in (HERE / "sql").glob("*.sql")
    }
    values = {
        **statements,
        "ResultLocation": f"s3://{bucket}/athena-results/",
        "ParquetLocation": f"s3://{bucket}/parquet/",
    }
    quoted = {name: json.dumps(value)[1:-1] for name, value in values.items()}
    return substitute((HERE / "state_machine.asl.json").read_text(), quoted)


def statement(text, values):
    """The SQL without the comments, which are for who reads the file."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return substitute("\n".join(lines), values)


def substitute(text, values):
    """Replace ``${Name}``, as SAM's DefinitionSubstitutions do. An unknown name is an error."""
    return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], text)


def function_package(reference):
    """The zip of the function: its two modules and the tables it joins with."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for module in ("handler.py", "search.py"):
            archive.write(HERE / module, module)
        archive.write(reference, "reference.json.gz")
    return packed.getvalue()


def shards_for(rate, event_bytes=EVENT_BYTES):
    """A shard takes 1,000 records and 1 MB per second, whichever is reached first."""
    return max(1, math.ceil(rate / 1_000), math.ceil(rate * event_bytes / 1_000_000))


def wait_until(check, what, seconds):
    """Call ``check`` until it returns something true, less and less often; returns that."""
    give_up_at = time.monotonic() + seconds
    pause = 0.1
    while time.monotonic() < give_up_at:
        if result := check():
            return result
        time.sleep(pause)
        pause = min(pause * 1.5, 10.0)
    raise SystemExit(f"{what} is not ready after {seconds} seconds")


def deploy(reference, rate, enforce_https=False):
    """Make everything; returns the outputs. What takes long on AWS is begun first and waited for
    last.
    """
    deployment = Deployment()
    region, account, bucket = deployment.region, deployment.account, deployment.bucket
    deployment.create_domain(enforce_https)
    deployment.create_stream(shards_for(rate))
    deployment.create_bucket()
    function_role = deployment.create_role(
        names.FUNCTION_ROLE,
        "lambda.amazonaws.com",
        policies.function_policy(region, account, bucket),
    )
    machine_role = deployment.create_role(
        names.STATE_MACHINE_ROLE,
        "states.amazonaws.com",
        policies.state_machine_policy(region, account, bucket),
    )
    machine = deployment.create_state_machine(machine_role)
    url = deployment.wait_for_domain()
    deployment.create_index(url)
    environment = {"BUCKET": bucket, "INDEX": names.INDEX, "OPENSEARCH_URL": url}
    deployment.create_function(function_role, function_package(reference), environment)
    stream = deployment.wait_for_stream()
    deployment.connect(stream["StreamARN"])
    return {
        "stream": names.STREAM,
        "shards": stream["OpenShardCount"],
        "bucket": bucket,
        "function": names.FUNCTION,
        "opensearch_url": url,
        "index": names.INDEX,
        "database": names.DATABASE,
        "state_machine_arn": machine,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("reference", type=Path, help="the tables to join with, gzip JSON")
    parser.add_argument("--rate", type=int, default=5_000, help="events per second to be ready for")
    parser.add_argument("--enforce-https", action="store_true", help="do, when this is AWS")
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    LOG.setLevel(logging.INFO)
    print(json.dumps(deploy(options.reference, options.rate, options.enforce_https)))


if __name__ == "__main__":
    main()
