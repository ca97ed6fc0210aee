"""A Glue job: joins a month of flights with the weather at departure and the planes.

Arguments: --bucket, --database, --month (2013-01). It writes the month's partition of the table
``enriched_flights`` anew, so that it may run again.
"""

import sys

import awswrangler as wr
from awsglue.utils import getResolvedOptions

JOINED = """
SELECT
    f.*,
    w.temp,
    w.wind_speed,
    w.visib,
    p.manufacturer,
    p.seats
FROM flights AS f
LEFT JOIN weather AS w
    ON w.origin = f.origin
    AND w.month = month(f.flight_date)
    AND w.day = day(f.flight_date)
    AND w.hour = f.hour
LEFT JOIN planes AS p ON p.tailnum = f.tailnum
WHERE f.month = :month
"""


def main():
    arguments = getResolvedOptions(sys.argv, ["bucket", "database", "month"])
    place = f"s3://{arguments['bucket']}"
    joined = wr.athena.read_sql_query(
        JOINED,
        database=arguments["database"],
        params={"month": arguments["month"]},
        ctas_approach=False,
        s3_output=f"{place}/athena/",
    )
    wr.s3.to_parquet(
        joined,
        path=f"{place}/enriched/",
        dataset=True,
        mode="overwrite_partitions",
        database=arguments["database"],
        table="enriched_flights",
        partition_cols=["month"],
    )
    print(f"{len(joined)} flights of {arguments['month']} joined")


main()
