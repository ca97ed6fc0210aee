"""Binaries: hashes bit by bit, numbers in bytes, malformed input."""

import pytest

from tests.engine.families.tables import BAD_ARGUMENT, Expected, Table, check
from tests.engine.support import Athena

TABLE: Table = (
    ("to_hex(xxhash64(X''))", "EF46DB3751D8E999"),
    ("to_hex(xxhash64(to_utf8('hello')))", "26C7827D889F6DA3"),
    ("to_hex(murmur3(to_utf8('hashme')))", "93192FE805BE23041C8318F67EC4F2BC"),
    ("to_hex(spooky_hash_v2_32(to_utf8('hello')))", "D382E6CA"),
    ("to_hex(spooky_hash_v2_64(to_utf8('hello')))", "3768826AD382E6CA"),
    ("crc32(to_utf8('a'))", "3904355907"),
    (
        "to_hex(hmac_sha256(to_utf8('data'), to_utf8('key')))",
        "5031FE3D989C6D1537A013FA6E739DA23463FDAEC3B70137D828E36ACE221BD0",
    ),
    ("from_big_endian_64(X'8000000000000000')", "-9223372036854775808"),
    ("from_big_endian_32(X'FFFFFFFE')", "-2"),
    ("from_big_endian_32(X'01')", BAD_ARGUMENT),
    ("to_big_endian_64(-1)", "ff ff ff ff ff ff ff ff"),
    ("to_big_endian_32(16)", "00 00 00 10"),
    ("to_ieee754_64(1.0E0)", "3f f0 00 00 00 00 00 00"),
    ("from_ieee754_32(X'3FC00000')", "1.5"),
    ("from_ieee754_64(X'00')", BAD_ARGUMENT),
    ("to_base64url(X'FBFF')", "-_8="),
    ("from_base64url('-_8=')", "fb ff"),
    ("from_base64('aGVsbG8')", "68 65 6c 6c 6f"),
    ("from_base64('***')", BAD_ARGUMENT),
    ("to_base32(X'616263')", "MFRGG==="),
    ("from_base32('MFRGG===')", "61 62 63"),
    ("from_utf8(X'61FF62', '?')", "a?b"),
    ("from_utf8(X'61FF62')", "a�b"),
)


@pytest.mark.fidelity("athena_sql.hashes")
@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_expression(engine: Athena, expression: str, expected: Expected) -> None:
    check(engine, expression, expected)
