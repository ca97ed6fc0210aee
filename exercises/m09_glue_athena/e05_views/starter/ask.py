"""Prints the worst days of an airline, by the statement that is kept.

python ask.py "Delta Air Lines Inc." 20
"""

import sys

import boto3
from query import rows, start, wait


def ask(athena, airline, minutes):
    """Yield each row as a list of texts, the header first."""
    # This puts what a user has typed into the statement. Who types an apostrophe writes SQL.
    query_id = start(
        athena,
        f"SELECT day, flights, mean_delay FROM analytics.delays "
        f"WHERE airline = '{airline}' AND mean_delay >= {minutes} "
        f"ORDER BY mean_delay DESC, day",
    )
    wait(athena, query_id)
    yield from rows(athena, query_id)


if __name__ == "__main__":
    for row in ask(boto3.client("athena"), *sys.argv[1:3]):
        print("\t".join(row))
