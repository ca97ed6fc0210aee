"""Makes the work group analysts what it must be, whatever it is now. It may be run again."""

import boto3

NAME = "analysts"
CUTOFF = 10_000_000  # bytes a query; the least that Athena allows


def configuration(account):
    """What the group imposes on each of its queries."""
    return {
        "ResultConfiguration": {"OutputLocation": f"s3://costs-lake-{account}/results/analysts/"},
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "BytesScannedCutoffPerQuery": CUTOFF,
    }


def make(athena, wanted):
    """Create the group, or give it the configuration again if it is there."""
    try:
        athena.create_work_group(Name=NAME, Configuration=wanted)
    except athena.exceptions.InvalidRequestException as refused:
        if "already created" not in str(refused):
            raise
    # Of a group that is there, the location of the results has another name.
    updates = dict(wanted)
    updates["ResultConfigurationUpdates"] = updates.pop("ResultConfiguration")
    athena.update_work_group(WorkGroup=NAME, ConfigurationUpdates=updates)


if __name__ == "__main__":
    mine = boto3.client("sts").get_caller_identity()["Account"]
    make(boto3.client("athena"), configuration(mine))
