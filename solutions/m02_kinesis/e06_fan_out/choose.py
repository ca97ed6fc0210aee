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
    consumers = case["consumers"]
    poll_every_ms = 1000 * consumers / CALLS
    poll_mib = READ_MIB / consumers
    shard_hours = case["shards"] * HOURS
    served = shard_hours * CONSUMER_SHARD_HOUR + case["gb_a_month"] * GB_FANNED_OUT
    soon_enough = poll_every_ms <= case["delay_ms"]
    fast_enough = case["shard_mib"] <= poll_mib
    return {
        "poll_every_ms": poll_every_ms,
        "poll_mib": poll_mib,
        "fan_out_usd": round(consumers * served, 2),
        "choice": "polling" if soon_enough and fast_enough else "fan_out",
    }


if __name__ == "__main__":
    print(json.dumps(choose(json.load(sys.stdin))))
