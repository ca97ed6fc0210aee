"""Makes the work group analysts what it must be, whatever it is now. It may be run again."""

import boto3

NAME = "analysts"
CUTOFF = 10_000_000  # bytes a query; the least that Athena allows


def configuration(account):
    """What the group imposes on each of its queries."""
    return {
        "ResultConfiguration": {"OutputLocation": f"s3://costs-lake-{account}/results/analysts/"},
    }


def make(athena, wanted):
    """Create the group, or give it the configuration again if it is there."""
    ...


if __name__ == "__main__":
    mine = boto3.client("sts").get_caller_identity()["Account"]
    make(boto3.client("athena"), configuration(mine))
