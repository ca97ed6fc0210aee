"""Who may do what: each role gets the calls it makes, on the resources it makes them on, and
nothing else.
"""

import names


def trust(service):
    """The service that may take the role on."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def function_policy(region, account, bucket):
    """Read the stream, write the two stores, and log."""
    return policy(
        allow(
            f"arn:aws:kinesis:{region}:{account}:stream/{names.STREAM}",
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ),
        allow(
            [f"arn:aws:s3:::{bucket}/archive/*", f"arn:aws:s3:::{bucket}/errors/*"], "s3:PutObject"
        ),
        allow(f"arn:aws:es:{region}:{account}:domain/{names.DOMAIN}/*", "es:ESHttpPost"),
        allow(
            f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{names.FUNCTION}:*",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ),
    )


def state_machine_policy(region, account, bucket):
    """Athena acts in the name of who calls it, so the role also needs the catalog and the files."""
    catalog = f"arn:aws:glue:{region}:{account}"
    return policy(
        allow(
            f"arn:aws:athena:{region}:{account}:workgroup/primary",
            "athena:StartQueryExecution",
            "athena:GetQueryExecution",
            "athena:StopQueryExecution",
        ),
        allow(
            [
                f"{catalog}:catalog",
                f"{catalog}:database/default",  # Athena looks at it whatever the query names
                f"{catalog}:database/{names.DATABASE}",
                f"{catalog}:table/{names.DATABASE}/*",
            ],
            "glue:*Database*",
            "glue:*Table*",
            "glue:*Partition*",
        ),
        allow(f"arn:aws:s3:::{bucket}", "s3:GetBucketLocation", "s3:ListBucket"),
        allow(
            f"arn:aws:s3:::{bucket}/*",
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
        ),
    )


def domain_policy(region, account):
    """Who of this account may use the domain is left to their own policies."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "es:ESHttp*",
            "Resource": f"arn:aws:es:{region}:{account}:domain/{names.DOMAIN}/*",
        }
    )


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(resource, *actions):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
