"""Runs SQL files on Athena, one statement a file, and prints what they return.

python query.py                            the numbered .sql files of this folder, in order
python query.py one_day.sql "'2013-01-05'"  one file; what follows takes the places of its ?
"""

import sys
import time
from pathlib import Path

import boto3


def start(athena, sql, parameters=()):
    """Start a statement, ${account} in it replaced by the account; the execution's id."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    region = athena.meta.region_name
    asked = {
        "QueryString": sql.replace("${account}", account),
        "ResultConfiguration": {
            "OutputLocation": f"s3://aws-athena-query-results-{account}-{region}/"
        },
    }
    if parameters:
        asked["ExecutionParameters"] = list(parameters)
    return athena.start_query_execution(**asked)["QueryExecutionId"]


def wait(athena, query_id):
    """The QueryExecution once it has ended; exit with Athena's reason if it did not succeed."""
    pause = 0.05
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        status = execution["Status"]
        if status["State"] == "SUCCEEDED":
            return execution
        if status["State"] in ("FAILED", "CANCELLED"):
            sys.exit(f"{status['State']}: {status['StateChangeReason']}")
        time.sleep(pause)
        pause = min(2 * pause, 1)  # soon for short queries, seldom for long ones


def rows(athena, query_id):
    """Yield each row as a list of texts, the header first, NULL as an empty text."""
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id):
        for row in page["ResultSet"]["Rows"]:
            yield [value.get("VarCharValue", "") for value in row["Data"]]


def run(athena, file, parameters=()):
    """Run a file: its rows on the standard output, the bytes that it scanned on stderr."""
    query_id = start(athena, Path(file).read_text(), parameters)
    execution = wait(athena, query_id)
    for row in rows(athena, query_id):
        print("\t".join(row))
    scanned = execution["Statistics"]["DataScannedInBytes"]
    print(f"{Path(file).name}: {scanned} bytes scanned", file=sys.stderr)


if __name__ == "__main__":
    client = boto3.client("athena")
    if len(sys.argv) > 1:
        run(client, sys.argv[1], sys.argv[2:])
    else:
        for name in sorted(Path().glob("[0-9]*.sql")):
            run(client, name)
