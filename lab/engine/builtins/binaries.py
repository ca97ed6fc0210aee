"""Binary data and digests. Source: Trino documentation, "Binary functions and operators"."""

from lab.engine import types
from lab.engine.builtins.templates import Function, by_count, template
from lab.engine.calls import Call
from lab.engine.errors import unsupported
from lab.engine.values import Value


def _from_hex(call: Call) -> Value:
    text = call.sql(0)
    if call.args[0].type.name == "varbinary":
        text = f"decode({text})"
    kind = types.VARBINARY
    bad = call.fail(f"'invalid input length ' || length({text})", kind)
    wrong = call.fail(f"'invalid hex: ' || {text}", kind)
    sql = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN length({text}) % 2 = 1 THEN {bad}"
        f" WHEN NOT regexp_matches({text}, '^[0-9A-Fa-f]*$') THEN {wrong} ELSE unhex({text}) END"
    )
    return Value(sql, kind)


def _from_base64(call: Call) -> Value:
    """Of binaries too, which then hold the text; the padding may be missing."""
    text = call.sql(0)
    if call.args[0].type.name == "varbinary":
        text = f"decode({text})"
    plain = f"replace(replace({text}, '-', '+'), '_', '/')" if call.name.endswith("url") else text
    bad = call.fail("'Illegal base64 character, or the wrong number of them'", types.VARBINARY)
    bare = f"rtrim({plain}, '=')"
    good = f"from_base64(rpad({bare}, CAST((length({bare}) + 3) // 4 * 4 AS INTEGER), '='))"
    sql = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN length({bare}) % 4 = 1 OR length({plain}) -"
        f" length({bare}) > 2 OR NOT regexp_matches({bare}, '^[A-Za-z0-9+/]*$') THEN {bad}"
        f" ELSE {good} END"
    )
    return Value(sql, types.VARBINARY)


def _from_utf8(call: Call) -> Value:
    """With a replacement for what is malformed: a text, or a code point."""
    new = call.sql(1)
    if call.args[1].type.name != "varchar":
        new = f"chr(CAST({new} AS INTEGER))"
    bad = call.fail(
        "'Replacement character string must empty or a single character'", types.VARCHAR
    )
    sql = (
        f"CASE WHEN length({new}) > 1 THEN {bad} ELSE lab_replace_invalid({call.sql(0)}, {new}) END"
    )
    return Value(sql, types.VARCHAR)


def _checked(text: str, message: str) -> Function:
    """A function in Python that answers None for what it cannot read."""

    def write(call: Call) -> Value:
        if call.returns is None:
            raise unsupported(call.name, call.node)
        source = call.sql(0)
        if call.name == "from_base32" and call.args[0].type.name == "varbinary":
            source = f"decode({source})"
        bad = call.fail(types.text(message), call.returns)
        sql = (
            f"CASE WHEN {source} IS NULL THEN NULL ELSE coalesce({text.format(source)}, {bad}) END"
        )
        return Value(f"CAST({sql} AS {types.duckdb(call.returns)})", call.returns)

    return write


def _big_endian(size: int) -> Function:
    def write(call: Call) -> Value:
        data = call.sql(0)
        kind = types.INTEGER if size == 4 else types.BIGINT
        bad = call.fail(
            f"'expected {size}-byte input, but got instead: ' || octet_length({data})", kind
        )
        number = f"CAST(CAST('0x' || hex({data}) AS UBIGINT) AS HUGEINT)"
        half, whole = (f"CAST('{2**bits}' AS HUGEINT)" for bits in (size * 8 - 1, size * 8))
        sql = f"CASE WHEN {number} >= {half} THEN {number} - {whole} ELSE {number} END"
        sql = (
            f"CASE WHEN {data} IS NULL THEN NULL WHEN octet_length({data}) <> {size} THEN {bad}"
            f" ELSE CAST({sql} AS {types.duckdb(kind)}) END"
        )
        return Value(sql, kind)

    return write


FUNCTIONS = {
    "to_utf8": template("encode({0})"),
    "from_utf8": by_count(n1=template("lab_from_utf8({0})"), n2=_from_utf8),
    "to_hex": template("hex({0})"),
    "from_hex": _from_hex,
    "to_base64": template("to_base64({0})"),
    "to_base64url": template("replace(replace(to_base64({0}), '+', '-'), '/', '_')"),
    "from_base64": _from_base64,
    "from_base64url": _from_base64,
    "to_base32": template("lab_base32({0})"),
    "from_base32": _checked("lab_unbase32({0})", "Invalid base 32"),
    "to_big_endian_32": template("unhex(printf('%08x', {0} & 4294967295))"),
    "to_big_endian_64": template("unhex(printf('%016x', {0}))"),
    "from_big_endian_32": _big_endian(4),
    "from_big_endian_64": _big_endian(8),
    "to_ieee754_32": template("lab_ieee32({0})"),
    "to_ieee754_64": template("lab_ieee64({0})"),
    "from_ieee754_32": _checked(
        "lab_unieee32({0})", "Input floating-point value must be exactly 4 bytes long"
    ),
    "from_ieee754_64": _checked(
        "lab_unieee64({0})", "Input floating-point value must be exactly 8 bytes long"
    ),
    "xxhash64": template("lab_xxhash64({0})"),
    "murmur3": template("lab_murmur3({0})"),
    "spooky_hash_v2_32": template("lab_spooky32({0})"),
    "spooky_hash_v2_64": template("lab_spooky64({0})"),
    **{
        f"hmac_{name}": template(f"lab_hmac({{0}}, {{1}}, '{name}')")
        for name in ("md5", "sha1", "sha256", "sha512")
    },
    **{
        name: template(f"lab_digest({{0}}, '{name}')")
        for name in ("md5", "sha1", "sha256", "sha512")
    },
    "crc32": template("lab_crc32({0})"),
    "uuid": template("uuid()"),
}
