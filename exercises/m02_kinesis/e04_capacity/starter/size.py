"""Says how many shards a traffic needs, and what they cost a month.

python size.py < traffic.json
"""

import json
import sys

RECORDS = 1_000  # written to a shard in a second
WRITTEN = 1 << 20  # bytes written to a shard in a second, keys included
READ = 2 << 20  # bytes read from a shard in a second by all who poll it, together
FULL = 0.8  # no shard is planned to be fuller than this

HOURS = 730  # a month
SHARD_HOUR = 0.015  # dollars
MILLION_UNITS = 0.014  # dollars; a record is one unit for each 25 KB begun
UNIT = 25 * 1024
CONSUMER_SHARD_HOUR = 0.015  # dollars for each consumer with enhanced fan-out and each shard
GB_FANNED_OUT = 0.013  # dollars for each gigabyte that such a consumer reads
GB = 1 << 30


def write_shards(traffic):
    """The shards that the writes of the peak need."""
    return round(traffic["peak_records"] / RECORDS)


def shards(traffic):
    """The shards that the stream needs: for its writes, and for those who poll it."""
    return write_shards(traffic)


def usd_per_month(traffic):
    """The price of a month: shards, written units, and consumers with enhanced fan-out."""
    return shards(traffic) * HOURS * SHARD_HOUR


def size(traffic):
    return {
        "write_shards": write_shards(traffic),
        "shards": shards(traffic),
        "usd_per_month": round(usd_per_month(traffic), 2),
    }


if __name__ == "__main__":
    print(json.dumps(size(json.load(sys.stdin))))
