"""The canonical text of JSON: what Trino prints for a value of type json."""

import json
from decimal import Decimal
from typing import Any


class _Number:
    """A number exactly as it was written."""

    def __init__(self, written: str) -> None:
        self.written = written


def canonical(text: str, in_order: bool = True) -> str:
    """The same JSON without spaces and, ``in_order``, with its keys in order. ValueError when
    ``text`` is no JSON.
    """
    parsed = json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_refuse)
    return _write(parsed, in_order)


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _write(value: Any, in_order: bool) -> str:
    match value:
        case dict():
            names = sorted(value) if in_order else value
            pairs = (
                f"{json.dumps(key, ensure_ascii=False)}:{_write(value[key], in_order)}"
                for key in names
            )
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(_write(item, in_order) for item in value) + "]"
        case _Number():
            return _number(value.written)
    return json.dumps(value, ensure_ascii=False)


def _number(written: str) -> str:
    if written.lstrip("-").isdigit():
        return str(int(written))
    from lab.engine.text import java_double

    number = Decimal(written)
    return java_double(float(number))
