"""Keeps the statement worst_days in the work group primary. It may be run again at any time."""

from pathlib import Path

import boto3

NAME = "worst_days"
GROUP = "primary"


def prepare(athena, sql):
    """Create the prepared statement, or replace it if there is one."""
    given = {"StatementName": NAME, "WorkGroup": GROUP, "QueryStatement": sql}
    try:
        athena.get_prepared_statement(StatementName=NAME, WorkGroup=GROUP)
    except athena.exceptions.ResourceNotFoundException:
        athena.create_prepared_statement(**given)
    else:
        athena.update_prepared_statement(**given)


if __name__ == "__main__":
    prepare(boto3.client("athena"), Path("worst_days.sql").read_text())
