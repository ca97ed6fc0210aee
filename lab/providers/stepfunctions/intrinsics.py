"""Intrinsic functions of JSONPath, where LocalStack's differ from AWS's: ``States.Format`` hands
its text to Python's formatter, and ``States.MathRandom`` includes its end.

Source: AWS Step Functions Developer Guide, "Intrinsic functions for JSONPath states".
"""

import random
import re
from collections.abc import Callable
from typing import Any

from localstack.services.stepfunctions.asl.component.intrinsic.function.statesfunction.generic.string_format import (  # noqa: E501  LocalStack's path
    StringFormat,
)
from localstack.services.stepfunctions.asl.component.intrinsic.function.statesfunction.math_operations.math_random import (  # noqa: E501  LocalStack's path
    MathRandom,
)
from localstack.services.stepfunctions.asl.parse.intrinsic.preprocessor import Preprocessor
from localstack.utils.patch import patch

PLACES = re.compile(r"\\([{}\\])|\{\}")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def install() -> None:
    """Once, when Step Functions is loaded."""
    Preprocessor._replace_escaped_characters = staticmethod(_unescape)
    patch(StringFormat._eval_body)(_format)
    patch(MathRandom._eval_body)(_random)


def _unescape(found: "re.Match[str]") -> str:
    """What belongs to ``States.Format`` stays."""
    character = found[1]
    if character.isalpha():
        return ESCAPES.get(character, character)
    return character if character in "\"'" else found[0]


def _format(_original: Callable[..., None], function: Any, env: Any) -> None:
    function.argument_list.eval(env=env)
    text, *values = env.stack.pop()
    shown = iter([StringFormat._to_str_repr(value) for value in values])
    places = sum(1 for found in PLACES.finditer(text) if not found[1])
    if places != len(values):
        raise ValueError(
            f"Invalid arguments in States.Format: {places} places for {len(values)} values."
        )
    env.stack.append(PLACES.sub(lambda found: found[1] or next(shown), text))


def _random(_original: Callable[..., None], function: Any, env: Any) -> None:
    function.argument_list.eval(env=env)
    start, end, *seed = env.stack.pop()
    source = random.Random(*seed)  # noqa: S311 - not for secrets
    env.stack.append(source.randrange(round(start), round(end)))
