"""Creates the bookshop's pipeline, in the order in which one thing needs another.

    python deploy.py

An agent sends lines of the access log to a Firehose stream; a function makes documents of them, and
Firehose writes these to OpenSearch, a new index each day, and to S3; what failed is under errors/.
The output is one JSON object with the names and addresses of what was made. It can run again: what
exists is brought up to date. ``teardown.py`` removes everything.
"""

import argparse
import importlib.util
import io
import json
import logging
import time
import zipfile
from pathlib import Path

import boto3
import names
import policies
from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth

LOG = logging.getLogger("deploy")
HERE = Path(__file__).parent
RUNTIME = "python3.13"
LIBRARIES = ("ip3country", "ua_parser", "ua_parser_builtins")
SHOP_HOST = "paper-lantern.example"
BUFFER_SECONDS = 1
ERROR_PREFIX = "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"


class Deployment:
    """One account and region; a method per resource."""

    def __init__(self):
        self.session = boto3.Session()
        self.region = self.session.region_name
        self.account = self.session.client("sts").get_caller_identity()["Account"]
        self.bucket = names.bucket(self.account)

    def arn(self, service, resource):
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def create_bucket(self):
        s3 = self.session.client("s3")
        # us-east-1 is the one region that must not be named here.
        where = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        try:
            s3.create_bucket(Bucket=self.bucket, **({} if self.region == "us-east-1" else where))
        except s3.exceptions.BucketAlreadyOwnedByYou:
            LOG.info("bucket %s was there", self.bucket)

    def create_role(self, name, service, policy):
        """A role that ``service`` takes on, with one inline policy; returns its ARN."""
        iam = self.session.client("iam")
        try:
            iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps(policies.trust(service))
            )
        except iam.exceptions.EntityAlreadyExistsException:
            LOG.info("role %s was there", name)
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        return iam.get_role(RoleName=name)["Role"]["Arn"]

    def create_domain(self, enforce_https):
        """Start to make the domain, which takes a quarter of an hour on AWS."""
        opensearch = self.session.client("opensearch")
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
        opensearch = self.session.client("opensearch")

        def ready():
            status = opensearch.describe_domain(DomainName=names.DOMAIN)["DomainStatus"]
            return status if status.get("Endpoint") and not status.get("Processing") else None

        status = wait_until(ready, f"domain {names.DOMAIN}", seconds=1800)
        enforced = status.get("DomainEndpointOptions", {}).get("EnforceHTTPS", False)
        return f"{'https' if enforced else 'http'}://{status['Endpoint']}"

    def create_template(self, url):
        """Every day's index gets its mapping from here: a guessed one would take dates for text."""
        template = json.loads((HERE / "index_template.json").read_text())
        search(url, self.session).indices.put_index_template(name=names.INDEX, body=template)

    def create_function(self, role):
        functions = self.session.client("lambda")
        variables = {"SHOP_HOST": SHOP_HOST, "NAMESPACE": names.NAMESPACE}
        settings = {
            "FunctionName": names.FUNCTION,
            "Runtime": RUNTIME,
            "Role": role,
            "Handler": "handler.handler",
            "MemorySize": 512,
            "Timeout": 60,
            "Environment": {"Variables": variables},
        }
        package = function_package()

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

    def create_logs(self):
        """Where Firehose says why a delivery failed."""
        logs = self.session.client("logs")
        for create in (
            lambda: logs.create_log_group(logGroupName=names.LOG_GROUP),
            lambda: logs.create_log_stream(
                logGroupName=names.LOG_GROUP, logStreamName="DestinationDelivery"
            ),
        ):
            try:
                create()
            except logs.exceptions.ResourceAlreadyExistsException:
                LOG.info("log group %s was there", names.LOG_GROUP)

    def create_delivery_stream(self, role, archive_seconds):
        firehose = self.session.client("firehose")
        destination = self._destination(role, archive_seconds)

        def describe():
            found = firehose.describe_delivery_stream(DeliveryStreamName=names.DELIVERY_STREAM)
            description = found["DeliveryStreamDescription"]
            return description if description["DeliveryStreamStatus"] == "ACTIVE" else None

        try:
            firehose.create_delivery_stream(
                DeliveryStreamName=names.DELIVERY_STREAM,
                DeliveryStreamType="DirectPut",
                AmazonopensearchserviceDestinationConfiguration=destination,
            )
        except firehose.exceptions.ResourceInUseException:
            LOG.info("delivery stream %s was there", names.DELIVERY_STREAM)
            # What is backed up cannot be changed any more.
            kept = {name: destination[name] for name in destination if name != "S3BackupMode"}
            kept["S3Update"] = kept.pop("S3Configuration")
            found = describe()
            firehose.update_destination(
                DeliveryStreamName=names.DELIVERY_STREAM,
                CurrentDeliveryStreamVersionId=found["VersionId"],
                DestinationId=found["Destinations"][0]["DestinationId"],
                AmazonopensearchserviceDestinationUpdate=kept,
            )
        wait_until(describe, f"delivery stream {names.DELIVERY_STREAM}", seconds=300)

    def _destination(self, role, archive_seconds):
        processor = {
            "LambdaArn": self.arn("lambda", f"function:{names.FUNCTION}:$LATEST"),
            "BufferSizeInMBs": "1",
            # The agent has collected lines for a second already: waiting again gains nothing.
            "BufferIntervalInSeconds": "0",
            "NumberOfRetries": "3",
        }
        parameters = [
            {"ParameterName": name, "ParameterValue": value} for name, value in processor.items()
        ]
        return {
            "RoleARN": role,
            "DomainARN": self.arn("es", f"domain/{names.DOMAIN}"),
            "IndexName": names.INDEX,
            "IndexRotationPeriod": "OneDay",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": BUFFER_SECONDS},
            "RetryOptions": {"DurationInSeconds": 300},
            "S3BackupMode": "AllDocuments",
            "S3Configuration": {
                "RoleARN": role,
                "BucketARN": f"arn:aws:s3:::{self.bucket}",
                "Prefix": "visits/!{timestamp:yyyy/MM/dd/HH}/",
                "ErrorOutputPrefix": ERROR_PREFIX,
                "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": archive_seconds},
                "CompressionFormat": "GZIP",
            },
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [{"Type": "Lambda", "Parameters": parameters}],
            },
            "CloudWatchLoggingOptions": {
                "Enabled": True,
                "LogGroupName": names.LOG_GROUP,
                "LogStreamName": "DestinationDelivery",
            },
        }

    def create_alarm(self, percent):
        """Tell the topic when more than ``percent`` of a minute's requests were answered 5xx."""
        topic = self.session.client("sns").create_topic(Name=names.TOPIC)["TopicArn"]

        def count(name):
            metric = {"Namespace": names.NAMESPACE, "MetricName": name}
            return {"Metric": metric, "Period": 60, "Stat": "Sum"}

        self.session.client("cloudwatch").put_metric_alarm(
            AlarmName=names.ALARM,
            AlarmDescription="The shop answers too many requests with an error of its own",
            Metrics=[
                {"Id": "errors", "MetricStat": count("Errors"), "ReturnData": False},
                {"Id": "requests", "MetricStat": count("Requests"), "ReturnData": False},
                {"Id": "rate", "Expression": "100 * errors / requests", "Label": "Errors (%)"},
            ],
            EvaluationPeriods=1,
            Threshold=percent,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[topic],
            OKActions=[topic],
        )
        return topic


def search(url, session):
    """OpenSearch's own API at the domain's endpoint, with signed requests."""
    return OpenSearch(
        url,
        http_auth=Urllib3AWSV4SignerAuth(session.get_credentials(), session.region_name, "es"),
        timeout=30,
    )


def function_package():
    """The zip of the function: its module and the libraries, which are pure Python."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(HERE / "handler.py", "handler.py")
        for library in LIBRARIES:
            folder = Path(importlib.util.find_spec(library).origin).parent
            for file in sorted(folder.rglob("*")):
                if file.is_file() and file.suffix != ".pyc":
                    archive.write(file, file.relative_to(folder.parent))
    return packed.getvalue()


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


def deploy(error_percent=5.0, archive_seconds=60, enforce_https=False):
    """Make everything; returns the outputs. What takes long on AWS is begun first and waited for
    last.
    """
    deployment = Deployment()
    region, account, bucket = deployment.region, deployment.account, deployment.bucket
    deployment.create_domain(enforce_https)
    deployment.create_bucket()
    deployment.create_logs()
    function_role = deployment.create_role(
        names.FUNCTION_ROLE, "lambda.amazonaws.com", policies.function_policy(region, account)
    )
    delivery_role = deployment.create_role(
        names.DELIVERY_ROLE,
        "firehose.amazonaws.com",
        policies.delivery_policy(region, account, bucket),
    )
    deployment.create_function(function_role)
    topic = deployment.create_alarm(error_percent)
    url = deployment.wait_for_domain()
    deployment.create_template(url)
    deployment.create_delivery_stream(delivery_role, archive_seconds)
    return {
        "delivery_stream": names.DELIVERY_STREAM,
        "function": names.FUNCTION,
        "bucket": bucket,
        "opensearch_url": url,
        "index": f"{names.INDEX}-*",
        "alarm": names.ALARM,
        "topic_arn": topic,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--error-percent", type=float, default=5.0, help="when the alarm goes off")
    parser.add_argument(
        "--archive-seconds", type=int, default=60, help="how often copies and failures go to S3"
    )
    parser.add_argument("--enforce-https", action="store_true", help="do, when this is AWS")
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    LOG.setLevel(logging.INFO)
    print(json.dumps(deploy(options.error_percent, options.archive_seconds, options.enforce_https)))


if __name__ == "__main__":
    main()
