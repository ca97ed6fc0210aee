"""Where IPv4 addresses are: the table of the package ip3country (ISC licence).

The package's own class answers where an address is; here are the ranges themselves, to choose
addresses from. It knows whole blocks of 256 addresses, and no IPv6.
"""

from bisect import bisect_right
from collections import defaultdict
from functools import cache
from importlib.util import find_spec
from ipaddress import IPv4Address
from itertools import accumulate
from random import Random

from lab.i18n import lab_error


@cache
def _blocks() -> dict[str, tuple[list[int], list[int]]]:
    """By country: the first addresses of its ranges, and how many blocks there are up to each
    one's end.
    """
    if find_spec("ip3country") is None:
        raise lab_error("geo-missing")
    from ip3country import CountryLookup  # type: ignore[import-untyped] # it has no types

    table = CountryLookup()
    starts = defaultdict[str, list[int]](list)
    sizes = defaultdict[str, list[int]](list)
    start = 0
    for end, country in zip(table.ipRanges, table.countryCodes, strict=True):
        starts[country].append(start)
        sizes[country].append((end - start) // 256)
        start = end
    return {country: (starts[country], list(accumulate(sizes[country]))) for country in starts}


def address(country: str, random: Random) -> str:
    """An address that was given to the country (ISO 3166 alpha-2), every block as likely as any
    other.
    """
    starts, ends = _blocks()[country]
    block = random.randrange(ends[-1])
    index = bisect_right(ends, block)
    before = ends[index - 1] if index else 0
    return str(IPv4Address(starts[index] + (block - before) * 256 + random.randint(1, 254)))
