"""Bitwise functions. Source: Trino documentation, "Bitwise functions"."""

from lab.engine import types
from lab.engine.builtins.templates import Function, template
from lab.engine.calls import Call
from lab.engine.types import Type
from lab.engine.values import Value

WIDTHS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}


def _count(call: Call) -> Value:
    """Ones of a number in two's complement of so many bits."""
    number, bits = call.sql(0), call.sql(1)
    bad = call.fail(
        f"'Bits specified in bit_count must be between 2 and 64, got ' || {bits}", types.BIGINT
    )
    narrow = call.fail(
        f"'Number must be representable with the bits specified. ' || {number} ||"
        f" ' cannot be represented with ' || {bits} || ' bits'",
        types.BIGINT,
    )
    limit = f"(CAST(1 AS HUGEINT) << CAST({bits} - 1 AS INTEGER))"
    mask = f"CAST(({limit} * 2 - 1) AS HUGEINT)"
    ones = f"bit_count(CAST({number} AS HUGEINT) & {mask})"
    sql = (
        f"CASE WHEN {number} IS NULL OR {bits} IS NULL THEN NULL"
        f" WHEN {bits} NOT BETWEEN 2 AND 64 THEN {bad}"
        f" WHEN {number} NOT BETWEEN -{limit} AND {limit} - 1 THEN {narrow}"
        f" ELSE CAST({ones} AS BIGINT) END"
    )
    return Value(sql, types.BIGINT)


def _shift(write: str) -> Function:
    """Over the width of the type: nothing is left of a number beyond 64 places but its sign, and a
    negative distance counts modulo 64, as in Java.
    """

    def shift(call: Call) -> Value:
        kind: Type = call.args[0].type
        width = WIDTHS[kind.name]
        turn = f"(CAST({call.sql(1)} AS HUGEINT) & 63)"
        whole = f"CAST('{2**width}' AS HUGEINT)"
        number = f"CAST({call.sql(0)} AS HUGEINT)"
        unsigned = f"(CASE WHEN {number} < 0 THEN {number} + {whole} ELSE {number} END)"
        sql = write.format(
            n=call.sql(0),
            u=unsigned,
            w=whole,
            t=turn,
            half=f"CAST('{2 ** (width - 1)}' AS HUGEINT)",
        )
        gone = f"CASE WHEN {call.sql(0)} < 0 THEN -1 ELSE 0 END" if "arith" in call.name else "0"
        far = f"CASE WHEN {call.sql(1)} >= 64 AND {call.sql(0)} IS NOT NULL THEN {gone}"
        return Value(f"CAST({far} ELSE {sql} END AS {types.duckdb(kind)})", kind)

    return shift


LEFT = (
    "CAST((CAST({u} AS UHUGEINT) * (CAST(1 AS UHUGEINT) << CAST({t} AS UHUGEINT))) % CAST({w} AS"
    " UHUGEINT) AS HUGEINT)"
)
FUNCTIONS = {
    "bit_count": _count,
    "bitwise_left_shift": _shift(f"(({LEFT} + {{half}}) % {{w}} - {{half}})"),
    "bitwise_right_shift": _shift("CASE WHEN {t} = 0 THEN {n} ELSE ({u} >> {t}) END"),
    "bitwise_right_shift_arithmetic": _shift(
        "CASE WHEN {n} < 0 THEN ~(CAST(~{n} AS HUGEINT) >> {t}) ELSE CAST({n} AS HUGEINT) >> {t}"
        " END"
    ),
    "bitwise_and": template("({0} & {1})"),
    "bitwise_or": template("({0} | {1})"),
    "bitwise_xor": template("xor({0}, {1})"),
    "bitwise_not": template("(~{0})"),
}
