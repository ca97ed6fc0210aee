"""Text: what Java prints for numbers, splitting, normal forms."""

import math
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, localcontext

from lab.engine.text import shortest_real, sql_double


def double_text(number: float) -> str:
    return sql_double(number)


def real_text(number: float) -> str:
    return sql_double(float(shortest_real(number)))


def from_utf8(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def split_limit(text: str, delimiter: str, limit: int) -> list[str]:
    return text.split(delimiter, limit - 1)


def normalize(text: str, form: str) -> str:
    return unicodedata.normalize(form, text)  # type: ignore[arg-type]  # the compiler checks the form


def replace_invalid(data: bytes, replacement: str) -> str:
    """UTF-8 with each malformed sequence replaced."""
    return data.decode("utf-8", errors="replace").replace("\ufffd", replacement)


SOUNDEX = {
    letter: digit
    for letters, digit in (
        ("BFPV", "1"), ("CGJKQSXZ", "2"), ("DT", "3"), ("L", "4"), ("MN", "5"), ("R", "6"),
    )
    for letter in letters
}  # fmt: skip


def soundex(text: str) -> str | None:
    """American Soundex, as Commons Codec has it: H and W do not part equal letters. None when a
    letter is not one of A to Z.
    """
    letters = [c.upper() for c in text if c.isalpha()]
    if not letters:
        return ""
    if any(not "A" <= letter <= "Z" for letter in letters):
        return None
    code, last = letters[0], SOUNDEX.get(letters[0], "")
    for letter in letters[1:]:
        digit = SOUNDEX.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "HW":
            last = digit
    return code[:4].ljust(4, "0")


DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def from_base(text: str, radix: int) -> int | None:
    """None when it is no number of 64 bits in this radix."""
    if not 2 <= radix <= 36 or not text.lstrip("+-").isalnum() or "_" in text:
        return None
    try:
        value = int(text, radix)
    except ValueError:
        return None
    return value if -(2**63) <= value < 2**63 else None


def to_base(number: int, radix: int) -> str | None:
    if not 2 <= radix <= 36:
        return None
    digits, rest = "", abs(number)
    while rest:
        rest, digit = divmod(rest, radix)
        digits = DIGITS[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


def luhn_check(text: str) -> bool | None:
    """Whether the last digit checks the others; None when there is more than digits."""
    if text == "":
        return False
    if not (text.isascii() and text.isdigit()):
        return None
    total = 0
    for place, character in enumerate(reversed(text)):
        digit = int(character) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def bar(share: float, width: int) -> str:
    """A bar of blocks from red by yellow to green, in the codes of a terminal of 256 colours."""
    filled = int(min(max(share, 0.0), 1.0) * width) if not math.isnan(share) else 0
    blocks = []
    for place in range(filled):
        hue = 2 * place / max(width - 1, 1)
        red, green = (int(min(part, 1.0) * 255 + 0.5) * 6 // 256 for part in (2 - hue, hue))
        blocks.append(f"\x1b[38;5;{16 + 36 * red + 6 * green}m\u2588")
    return "".join(blocks) + "\x1b[0m" + " " * (width - filled)


def levenshtein(first: str, second: str) -> int:
    """The least number of characters to insert, delete or replace."""
    row = list(range(len(second) + 1))
    for place, character in enumerate(first, 1):
        before, row[0] = row[0], place
        for column, other in enumerate(second, 1):
            cost = min(row[column] + 1, row[column - 1] + 1, before + (character != other))
            before, row[column] = row[column], cost
    return row[-1]


def decimal_divide(first: str, second: str, scale: int) -> str | None:
    """The quotient with ``scale`` digits, half away from zero; None beyond 38 digits."""
    a, b = Decimal(first), Decimal(second)
    with localcontext(prec=120):
        quotient = (a / b).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    return f"{quotient:f}" if len(quotient.as_tuple().digits) <= 38 else None
