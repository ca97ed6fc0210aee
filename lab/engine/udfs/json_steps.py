"""The steps of a JSON path, each from items to items: in lax mode they pass over what is not there,
in strict mode they fail. See ``json_path``, which reads the paths.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

Items = list[Any]
Step = Callable[["Evaluation", Items], Items]
NUMBERS = (int, float)


class PathError(ValueError):
    """A path that is none, or that a strict document does not have."""


class Evaluation:
    """One document and what the path may mention."""

    def __init__(self, root: Any, strict: bool, variables: dict[str, Any]) -> None:
        self.root = root
        self.strict = strict
        self.variables = variables
        self.current: Any = root
        self.last = 0

    def run(self, steps: tuple[Step, ...], items: Items) -> Items:
        for step in steps:
            items = step(self, items)
        return items

    def unwrapped(self, items: Items) -> Items:
        """In lax mode, arrays are replaced by their elements."""
        if self.strict:
            return items
        return [x for item in items for x in (item if isinstance(item, list) else [item])]


def variable(evaluation: Evaluation, name: str) -> Any:
    if name not in evaluation.variables:
        raise PathError(name)
    return evaluation.variables[name]


def constant(value: Any) -> Step:
    return lambda _e, _items: [value]


def member(name: str) -> Step:
    def step(e: Evaluation, items: Items) -> Items:
        result = []
        for item in e.unwrapped(items):
            if isinstance(item, dict) and name in item:
                result.append(item[name])
            elif e.strict:
                raise PathError(name)
        return result

    return step


def all_members(e: Evaluation, items: Items) -> Items:
    result: Items = []
    for item in e.unwrapped(items):
        if isinstance(item, dict):
            result += item.values()
        elif e.strict:
            raise PathError("*")
    return result


def all_elements(e: Evaluation, items: Items) -> Items:
    result = []
    for item in items:
        if e.strict and not isinstance(item, list):
            raise PathError("[*]")
        result += item if isinstance(item, list) else [item]
    return result


def elements(ranges: list[tuple[Any, Any]]) -> Step:
    def step(e: Evaluation, items: Items) -> Items:
        result = []
        for item in items:
            if e.strict and not isinstance(item, list):
                raise PathError("[]")
            array = item if isinstance(item, list) else [item]
            outer, e.last = e.last, len(array) - 1
            for low, high in ranges:
                first, final = _index(e, low, item), _index(e, high, item)
                if e.strict and not 0 <= first <= final < len(array):
                    raise PathError("[]")
                result += array[max(first, 0) : max(final + 1, 0)]
            e.last = outer
        return result

    return step


def _index(e: Evaluation, steps: tuple[Step, ...], item: Any) -> int:
    found = e.run(steps, [item])
    if len(found) != 1 or isinstance(found[0], bool) or not isinstance(found[0], NUMBERS):
        raise PathError("[]")
    return math.trunc(found[0])


def descendants(name: str) -> Step:
    def walk(item: Any) -> Items:
        children = item.values() if isinstance(item, dict) else item
        if not isinstance(item, dict | list):
            return []
        own = [item[name]] if isinstance(item, dict) and name in item else []
        return own + [found for child in children for found in walk(child)]

    return lambda _e, items: [found for item in items for found in walk(item)]


def filtered(test: Any) -> Step:
    def step(e: Evaluation, items: Items) -> Items:
        result = []
        for item in e.unwrapped(items):
            outer, e.current = e.current, item
            if test(e) is True:
                result.append(item)
            e.current = outer
        return result

    return step


def _number(item: Any) -> Any:
    if isinstance(item, bool) or not isinstance(item, NUMBERS):
        raise PathError(str(item))
    return item


TYPES = ((bool, "boolean"), (dict, "object"), (list, "array"), (str, "string"), (NUMBERS, "number"))


METHODS: dict[str, Callable[[Any], Any]] = {
    "double": lambda item: float(item if isinstance(item, str) else _number(item)),
    "ceiling": lambda item: math.ceil(_number(item)),
    "floor": lambda item: math.floor(_number(item)),
    "abs": lambda item: abs(_number(item)),
}


def method(name: str) -> Step:
    if name == "type":
        return lambda _e, items: [
            next((t for kind, t in TYPES if isinstance(item, kind)), "null") for item in items
        ]
    if name == "size":
        return lambda e, items: [_size(e, item) for item in items]
    if name == "keyvalue":
        return _key_values
    if name not in METHODS:
        raise PathError(name)
    return lambda e, items: [METHODS[name](item) for item in e.unwrapped(items)]


def _size(e: Evaluation, item: Any) -> int:
    if e.strict and not isinstance(item, list):
        raise PathError("size")
    return len(item) if isinstance(item, list) else 1


def _key_values(e: Evaluation, items: Items) -> Items:
    result: Items = []
    for number, item in enumerate(e.unwrapped(items)):
        if not isinstance(item, dict):
            raise PathError("keyvalue")
        result += [{"name": k, "value": v, "id": number} for k, v in item.items()]
    return result


def arithmetic(symbol: str, left: tuple[Step, ...], right: tuple[Step, ...]) -> Step:
    def step(e: Evaluation, items: Items) -> Items:
        x, y = (e.unwrapped(e.run(side, items)) for side in (left, right))
        if len(x) != 1 or len(y) != 1:
            raise PathError(symbol)
        a, b = _number(x[0]), _number(y[0])
        match symbol:
            case "+":
                return [a + b]
            case "-":
                return [a - b]
            case "*":
                return [a * b]
        if b == 0:
            raise PathError("Division by zero")
        if isinstance(a, int) and isinstance(b, int):
            quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
            return [quotient if symbol == "/" else a - b * quotient]
        return [a / b if symbol == "/" else float(Decimal(a) % Decimal(b))]

    return step


def exists(e: Evaluation, steps: tuple[Step, ...]) -> bool | None:
    try:
        return bool(e.run(steps, [e.current]))
    except PathError:
        return None


def compared(symbol: str, left: tuple[Step, ...], right: tuple[Step, ...]) -> Any:
    def test(e: Evaluation) -> bool | None:
        try:
            x, y = (e.unwrapped(e.run(side, [e.current])) for side in (left, right))
        except PathError:
            return None
        return any_of([_pair(symbol, a, b) for a in x for b in y])

    return test


def _pair(symbol: str, a: Any, b: Any) -> bool | None:  # noqa: PLR0911  one return per kind
    kinds = [next((t for kind, t in TYPES if isinstance(v, kind)), "null") for v in (a, b)]
    if "null" in kinds:
        return {"==": a is b, "<>": a is not b, "!=": a is not b}.get(symbol, False)
    if kinds[0] != kinds[1] or kinds[0] in ("object", "array"):
        return None
    match symbol:
        case "starts":
            return a.startswith(b) if isinstance(a, str) else None
        case "==":
            return bool(a == b)
        case "<>" | "!=":
            return bool(a != b)
        case "<":
            return bool(a < b)
        case "<=":
            return bool(a <= b)
        case ">":
            return bool(a > b)
    return bool(a >= b)


def any_of(found: list[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def all_of(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True
