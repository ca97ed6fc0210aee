"""Prints what the queries of the work group analysts cost, as one JSON object.

A statement that changes only the catalog (DDL) is free, and so is a query that failed. The others,
those cancelled included, pay what they have read, rounded up to whole megabytes, and at least 10.
What has read nothing pays nothing here.
"""

import json

import boto3

NAME = "analysts"
MB = 1_000_000  # bytes
TB = 1_000_000  # megabytes
LEAST = 10  # megabytes
DOLLARS_PER_TB = 5


def megabytes(execution):
    """What one execution is charged for."""
    return execution["Statistics"].get("DataScannedInBytes", 0) / MB


def executions(athena):
    """Yield every execution of the group that Athena still remembers."""
    ids = athena.list_query_executions(WorkGroup=NAME)["QueryExecutionIds"]
    yield from athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]


if __name__ == "__main__":
    charged = [mb for one in executions(boto3.client("athena")) if (mb := megabytes(one))]
    total = sum(charged)
    dollars = round(total / TB * DOLLARS_PER_TB, 6)
    print(json.dumps({"queries": len(charged), "megabytes": total, "dollars": dollars}))
