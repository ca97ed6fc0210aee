"""Binary data and digests. Source: Trino documentation, "Binary functions and operators"."""

from lab.engine import types
from lab.engine.builtins.templates import template
from lab.engine.calls import Call
from lab.engine.values import Value


def _from_hex(call: Call) -> Value:
    text = call.sql(0)
    kind = types.VARBINARY
    bad = call.fail(f"'invalid input length ' || length({text})", kind)
    wrong = call.fail(f"'invalid hex: ' || {text}", kind)
    sql = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN length({text}) % 2 = 1 THEN {bad}"
        f" WHEN NOT regexp_matches({text}, '^[0-9A-Fa-f]*$') THEN {wrong} ELSE unhex({text}) END"
    )
    return Value(sql, kind)


FUNCTIONS = {
    "to_utf8": template("encode({0})"),
    "from_utf8": template("lab_from_utf8({0})"),
    "to_hex": template("hex({0})"),
    "from_hex": _from_hex,
    "to_base64": template("to_base64({0})"),
    "from_base64": template("from_base64({0})"),
    **{
        name: template(f"lab_digest({{0}}, '{name}')")
        for name in ("md5", "sha1", "sha256", "sha512")
    },
    "crc32": template("lab_crc32({0})"),
    "uuid": template("uuid()"),
}
