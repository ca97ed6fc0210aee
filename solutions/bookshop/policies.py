"""Who may do what: each role gets the calls it makes, on the resources it makes them on, and
nothing else.
"""

import names


def trust(service):
    """The service that may take the role on."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def delivery_policy(region, account, bucket):
    """Call the function, write documents, keep copies and failures, and log."""
    domain = f"arn:aws:es:{region}:{account}:domain/{names.DOMAIN}"
    return policy(
        allow(
            f"arn:aws:lambda:{region}:{account}:function:{names.FUNCTION}*",
            "lambda:InvokeFunction",
            "lambda:GetFunctionConfiguration",
        ),
        allow(
            domain,
            "es:DescribeDomain",
            "es:DescribeDomains",
            "es:DescribeDomainConfig",
        ),
        allow(f"{domain}/*", "es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"),
        allow(
            [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            "s3:AbortMultipartUpload",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:PutObject",
        ),
        allow(
            f"arn:aws:logs:{region}:{account}:log-group:{names.LOG_GROUP}:*", "logs:PutLogEvents"
        ),
    )


def function_policy(region, account):
    """Log and count. PutMetricData has no resources, but a condition may name the namespace."""
    count = allow("*", "cloudwatch:PutMetricData")
    count["Condition"] = {"StringEquals": {"cloudwatch:namespace": names.NAMESPACE}}
    return policy(
        count,
        allow(
            f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{names.FUNCTION}:*",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
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
