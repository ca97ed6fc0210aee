"""Who may do what: each role gets the calls it makes, on the resources it makes them on, and
nothing else.
"""

import names


def trust(service):
    """The service that may take the role on."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def state_machine_policy(region, account, bucket):
    """Look for files, query and judge the lake, run the job, move what is bad, tell of it."""
    glue = f"arn:aws:glue:{region}:{account}"
    return policy(
        *lake(region, account, bucket),
        allow(f"arn:aws:s3:::{bucket}/raw/*", "s3:DeleteObject"),
        allow(
            f"{glue}:dataQualityRuleset/{names.RULESET}",
            "glue:StartDataQualityRulesetEvaluationRun",
            "glue:GetDataQualityRulesetEvaluationRun",
            "glue:GetDataQualityResult",
        ),
        allow(f"arn:aws:iam::{account}:role/{names.JOB_ROLE}", "iam:PassRole"),
        allow(
            f"{glue}:job/{names.JOB}", "glue:StartJobRun", "glue:GetJobRun", "glue:BatchStopJobRun"
        ),
        allow(f"arn:aws:sns:{region}:{account}:{names.TOPIC}", "sns:Publish"),
    )


def job_policy(region, account, bucket):
    """Read the lake and its own script, write what it has joined, and log."""
    logs = f"arn:aws:logs:{region}:{account}:log-group:/aws-glue/*"
    return policy(
        *lake(region, account, bucket),
        allow(logs, "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    )


def schedule_policy(region, account):
    machine = f"arn:aws:states:{region}:{account}:stateMachine:{names.STATE_MACHINE}"
    return policy(allow(machine, "states:StartExecution"))


def lake(region, account, bucket):
    """Athena acts in the name of who calls it, so each role needs the catalog and the files."""
    catalog = f"arn:aws:glue:{region}:{account}"
    yield allow(
        f"arn:aws:athena:{region}:{account}:workgroup/primary",
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:StopQueryExecution",
    )
    yield allow(
        [
            f"{catalog}:catalog",
            f"{catalog}:database/default",  # Athena looks at it whatever the query names
            f"{catalog}:database/{names.DATABASE}",
            f"{catalog}:table/{names.DATABASE}/*",
        ],
        "glue:*Database*",
        "glue:*Table*",
        "glue:*Partition*",
    )
    yield allow(f"arn:aws:s3:::{bucket}", "s3:GetBucketLocation", "s3:ListBucket")
    yield allow(
        f"arn:aws:s3:::{bucket}/*", "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"
    )


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(resources, *actions):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}
