"""What Athena charges for a query (Amazon Athena pricing, SQL queries per terabyte scanned,
us-east-1).
"""

import math

DOLLARS_PER_TB = 5.0
MB = 1024**2
MB_PER_TB = 1024**2
MINIMUM_MB = 10


def charged_megabytes(scanned: int) -> int:
    """Scanned bytes, rounded up to the megabyte, at least 10 of them."""
    return max(MINIMUM_MB, math.ceil(scanned / MB))


def dollars(scanned: int) -> float:
    return charged_megabytes(scanned) / MB_PER_TB * DOLLARS_PER_TB
