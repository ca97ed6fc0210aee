"""Hash keys and ranges."""

import pytest

from lab.providers.kinesis.hashing import MAX_HASH_KEY, HashRange, divide, hash_key


def test_hash_key_is_the_md5_digest_as_a_big_endian_integer() -> None:
    assert hash_key(b"abc") == 0x900150983CD24FB0D6963F7D28E17F72
    assert hash_key("é".encode()) == 0x66DDCD97CFDEABB2F6FB8A999B4BC76F


@pytest.mark.parametrize(
    ("count", "ranges"),
    [
        (1, [HashRange(0, MAX_HASH_KEY)]),
        (
            2,
            [
                HashRange(0, 170141183460469231731687303715884105727),
                HashRange(170141183460469231731687303715884105728, MAX_HASH_KEY),
            ],
        ),
        (
            3,
            [
                HashRange(0, 113427455640312821154458202477256070484),
                HashRange(
                    113427455640312821154458202477256070485,
                    226854911280625642308916404954512140969,
                ),
                HashRange(226854911280625642308916404954512140970, MAX_HASH_KEY),
            ],
        ),
    ],
)
def test_ranges_are_equal_and_the_last_takes_the_remainder(
    count: int, ranges: list[HashRange]
) -> None:
    assert divide(count) == ranges
