"""Compares what a month costs in us-east-1: Firehose alone, and a provisioned stream of one shard.

python price.py < traffic.json
"""

import json
import sys

SECONDS = 730 * 3600  # a month
GB = 1 << 30
FIREHOSE_GB = 0.029  # dollars for each gigabyte received
STEP = 5 * 1024  # bytes: Firehose rounds each record up to a multiple of it
SHARD_MONTH = 730 * 0.015  # dollars
UNIT = 25 * 1024  # bytes: a record is one unit for each one begun
MILLION_UNITS = 0.014  # dollars


def price(traffic):
    """Dollars a month, for records a second (``records``) of so many bytes (``bytes``)."""
    received = traffic["records"] * SECONDS * traffic["bytes"]
    return {"firehose_usd": round(received / GB * FIREHOSE_GB, 2), "stream_usd": SHARD_MONTH}


if __name__ == "__main__":
    print(json.dumps(price(json.load(sys.stdin))))
