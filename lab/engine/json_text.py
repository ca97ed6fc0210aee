"""The canonical text of JSON: what Trino prints for a value of type json."""

import json
from decimal import Decimal
from typing import Any


class _Number:
    """A number exactly as it was written."""

    def __init__(self, written: str) -> None:
        self.written = written


def canonical(text: str) -> str:
    """The same JSON without spaces and with its keys in order. ValueError when ``text`` is no
    JSON.
    """
    parsed = json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_refuse)
    return _write(parsed)


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _write(value: Any) -> str:
    match value:
        case dict():
            pairs = (f"{_write(key)}:{_write(value[key])}" for key in sorted(value))
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(map(_write, value)) + "]"
        case _Number():
            return _number(value.written)
    return json.dumps(value, ensure_ascii=False)


def _number(written: str) -> str:
    if written.lstrip("-").isdigit():
        return str(int(written))
    from lab.engine.text import java_double

    number = Decimal(written)
    return java_double(float(number))
