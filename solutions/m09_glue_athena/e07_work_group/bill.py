"""Prints what the queries of the work group analysts cost, as one JSON object.

A statement that changes only the catalog (DDL) is free, and so is a query that failed. The others,
those cancelled included, pay what they have read, rounded up to whole megabytes, and at least 10.
What has read nothing pays nothing here.
"""

import json
from itertools import batched

import boto3

NAME = "analysts"
MB = 1_000_000  # bytes
TB = 1_000_000  # megabytes
LEAST = 10  # megabytes
DOLLARS_PER_TB = 5


def megabytes(execution):
    """What one execution is charged for."""
    scanned = execution["Statistics"].get("DataScannedInBytes", 0)
    ended = execution["Status"]["State"] in ("SUCCEEDED", "CANCELLED")
    if not ended or execution["StatementType"] != "DML" or scanned == 0:
        return 0
    return max(LEAST, -(-scanned // MB))


def executions(athena):
    """Yield every execution of the group that Athena still remembers."""
    pages = athena.get_paginator("list_query_executions").paginate(WorkGroup=NAME)
    ids = [query_id for page in pages for query_id in page["QueryExecutionIds"]]
    for some in batched(ids, 50):
        answer = athena.batch_get_query_execution(QueryExecutionIds=list(some))
        yield from answer["QueryExecutions"]


if __name__ == "__main__":
    charged = [mb for one in executions(boto3.client("athena")) if (mb := megabytes(one))]
    total = sum(charged)
    dollars = round(total / TB * DOLLARS_PER_TB, 6)
    print(json.dumps({"queries": len(charged), "megabytes": total, "dollars": dollars}))
