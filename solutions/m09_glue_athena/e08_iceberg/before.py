"""Prints what schedule.flights was before its last change, as one JSON object."""

import json

import boto3
from query import rows, start, wait

STATE = """
SELECT count(*), coalesce(sum(dep_delay), 0)
FROM schedule.flights FOR VERSION AS OF {}
"""


def ask(athena, sql):
    """The rows of a statement, without the header."""
    query_id = start(athena, sql)
    wait(athena, query_id)
    _header, *found = rows(athena, query_id)
    return found


def version_before(athena):
    """The id of the snapshot before the present one."""
    # The newest snapshot is the table as it is; the one before it is what it was.
    newest = ask(
        athena,
        'SELECT snapshot_id FROM schedule."flights$snapshots" ORDER BY committed_at DESC LIMIT 2',
    )
    return newest[1][0]


def state(athena, version):
    """The number of flights and the sum of their delays at that version."""
    [[flights, delay]] = ask(athena, STATE.format(int(version)))
    return {"flights": int(flights), "delay": int(delay)}


if __name__ == "__main__":
    client = boto3.client("athena")
    print(json.dumps(state(client, version_before(client))))
