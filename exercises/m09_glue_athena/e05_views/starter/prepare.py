"""Keeps the statement worst_days in the work group primary. It may be run again at any time."""

from pathlib import Path

import boto3

NAME = "worst_days"
GROUP = "primary"


def prepare(athena, sql):
    """Create the prepared statement, or replace it if there is one."""
    ...


if __name__ == "__main__":
    prepare(boto3.client("athena"), Path("worst_days.sql").read_text())
