"""A Glue job: joins a month of flights with the weather at departure and the planes.

Arguments: --bucket, --database, --month (2013-01). It writes the month's partition of the table
``enriched_flights`` anew, so that it may run again.
"""

import sys
import time

import boto3
from awsglue.utils import getResolvedOptions

TABLE = """
CREATE EXTERNAL TABLE IF NOT EXISTS {database}.enriched_flights (
    flight_date date,
    carrier string,
    flight int,
    tailnum string,
    origin string,
    dest string,
    dep_delay int,
    arr_delay int,
    temp double,
    wind_speed double,
    visib double,
    manufacturer string,
    seats int
)
PARTITIONED BY (month string)
STORED AS PARQUET
LOCATION 's3://{bucket}/enriched/'
"""

FORGOTTEN = """
ALTER TABLE {database}.enriched_flights DROP IF EXISTS PARTITION (month = '{month}')
"""

JOINED = """
INSERT INTO {database}.enriched_flights
SELECT
    f.flight_date,
    f.carrier,
    f.flight,
    f.tailnum,
    f.origin,
    f.dest,
    f.dep_delay,
    f.arr_delay,
    w.temp,
    w.wind_speed,
    w.visib,
    p.manufacturer,
    p.seats,
    f.month
FROM {database}.flights AS f
LEFT JOIN {database}.weather AS w
    ON w.origin = f.origin
    AND w.month = month(f.flight_date)
    AND w.day = day(f.flight_date)
    AND w.hour = f.hour
LEFT JOIN {database}.planes AS p ON p.tailnum = f.tailnum
WHERE f.month = '{month}'
"""


def query(athena, sql, bucket):
    """Run a statement to its end."""
    place = {"OutputLocation": f"s3://{bucket}/athena/"}
    started = athena.start_query_execution(QueryString=sql, ResultConfiguration=place)
    while True:
        execution = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
        status = execution["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in ("FAILED", "CANCELLED"):
            raise RuntimeError(status.get("StateChangeReason"))
        time.sleep(0.1)


def main():
    arguments = getResolvedOptions(sys.argv, ["bucket", "database", "month"])
    bucket = arguments["bucket"]
    athena = boto3.client("athena")
    boto3.resource("s3").Bucket(bucket).objects.filter(
        Prefix=f"enriched/month={arguments['month']}/"
    ).delete()
    for statement in (TABLE, FORGOTTEN, JOINED):
        query(athena, statement.format(**arguments), bucket)
    print(f"The flights of {arguments['month']} are joined")


main()
