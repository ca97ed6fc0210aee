"""Prints the worst days of an airline, by the statement that is kept.

python ask.py "Delta Air Lines Inc." 20
"""

import sys

import boto3
from query import rows, start, wait


def text(value):
    """A text as SQL has it: between apostrophes, those within it doubled."""
    return "'" + value.replace("'", "''") + "'"


def ask(athena, airline, minutes):
    """Yield each row as a list of texts, the header first."""
    # Values travel apart from the statement, so that none of them becomes a part of it.
    query_id = start(athena, "EXECUTE worst_days", [text(airline), str(int(minutes))])
    wait(athena, query_id)
    yield from rows(athena, query_id)


if __name__ == "__main__":
    for row in ask(boto3.client("athena"), *sys.argv[1:3]):
        print("\t".join(row))
