"""JSONata, evaluated in Python.

LocalStack fetches a Java library and a Java at the first expression, and hands it all variables as
text, unescaped. Here an expression is compiled once, and variables are bound as they are.
``$partition``, ``$range``, ``$hash``, ``$random``, ``$uuid`` and ``$parse`` are Step Functions'
own; ``$eval`` is refused, as on AWS.
Source: AWS Step Functions Developer Guide, "Transforming data with JSONata in Step Functions".
"""

import copy
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jsonata import Jsonata  # type: ignore[import-untyped]  # no types
from jsonata.jexception import JException  # type: ignore[import-untyped]  # no types
from jsonata.utils import Utils  # type: ignore[import-untyped]  # no types
from localstack.aws.api.stepfunctions import HistoryEventType
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (  # noqa: E501  LocalStack's path
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from localstack.utils.patch import patch

EXPRESSIONS = 2048
TIMEOUT_MILLISECONDS = 10_000
MAX_RANGE = 1000
UNDEFINED = object()
EVAL = re.compile(r"\$eval\s*\(")
ALGORITHMS = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


class ExpressionError(Exception):
    """An expression that cannot be evaluated; the reason begins with JSONata's code."""


def install() -> None:
    """Once, when Step Functions is loaded."""
    patch(StringJSONata._eval_body)(_eval_expression)
    patch(StringVariableSample._eval_body)(_eval_variable)


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression as plain JSON, or ``UNDEFINED``."""
    if EVAL.search(expression):
        raise ExpressionError("T1006: Attempted to invoke a non-function")
    try:
        compiled = copy.copy(_compiled(expression))
        compiled.environment = compiled.create_frame(Jsonata.static_frame)
        compiled.environment.set_runtime_bounds(TIMEOUT_MILLISECONDS, None)
        compiled.output_convert_nulls = False
        for name, function in FUNCTIONS.items():
            compiled.register_lambda(name, function)
        for name, value in variables.items():
            compiled.assign(name, _given(value))
        Jsonata.CURRENT.jsonata = compiled
        found = compiled.evaluate(None)
    except JException as error:
        raise ExpressionError(f"{error.error}: {error}") from error
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ExpressionError(f"{type(error).__name__}: {error}") from error
    return UNDEFINED if found is None else _plain(found)


@lru_cache(EXPRESSIONS)
def _compiled(expression: str) -> Jsonata:
    return Jsonata(expression)


def _given(value: Any) -> Any:
    """JSON as the library has it: it takes None for what is not there."""
    if isinstance(value, dict):
        return {key: _given(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_given(inner) for inner in value]
    return Utils.NULL_VALUE if value is None else value


def _plain(value: Any) -> Any:
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, str | bool):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError("D1001: Number out of range")
    if isinstance(value, int | float):
        return int(value) if value == int(value) else value
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    raise ExpressionError("returned an unsupported result type.")


def _eval_expression(_original: Callable[..., None], component: Any, env: Any) -> None:
    variables = {**_variables(env), "states": _states(env)}
    expression = component.expression
    try:
        found = evaluate(expression, variables)
    except ExpressionError as error:
        reason = str(error)
        if not reason.startswith("returned"):
            reason = f"threw an error during evaluation. {reason}"
        _fail(env, f"The JSONata expression '{expression}' {reason}")
    if found is UNDEFINED:
        _fail(env, f"The JSONata expression '{expression}' returned nothing (undefined).")
    env.stack.append(found)


def _eval_variable(_original: Callable[..., None], component: Any, env: Any) -> None:
    """A variable within JSONPath: ``$name.field``, which JSONata reads the same way."""
    variables = _variables(env)
    if component.query_language_mode.name == "JSONata":
        variables["states"] = _states(env)
    try:
        found = evaluate(component.expression, variables)
    except ExpressionError as error:
        _fail(env, str(error))
    env.stack.append(None if found is UNDEFINED else found)


def _variables(env: Any) -> dict[str, Any]:
    return {**env.variable_store._outer_scope, **env.variable_store._inner_scope}


def _states(env: Any) -> dict[str, Any]:
    """``$states``, without the parts that are not there."""
    data = env.states._states_data
    absent = [key for key in ("result", "errorOutput") if data.get(key) is None]
    return {key: value for key, value in data.items() if key not in absent}


def _fail(env: Any, cause: str) -> Any:
    kind = StatesErrorNameType.StatesQueryEvaluationError
    details: Any = {"evaluationFailedEventDetails": {"error": kind.to_name(), "cause": cause}}
    error = FailureEventException(
        FailureEvent(env, StatesErrorName(typ=kind), HistoryEventType.EvaluationFailed, details)
    )
    shown: Any = {"evaluationFailedEventDetails": error.get_evaluation_failed_event_details()}
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=shown,
    )
    raise error


def _partition(array: Any, size: Any) -> Any:
    items, step = list(array), int(size)
    if step <= 0:
        raise JException("D3137", 0, "Second argument of partition must be a positive integer")
    return [items[start : start + step] for start in range(0, len(items), step)]


def _range(first: Any, last: Any, step: Any) -> Any:
    found = list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))
    if len(found) > MAX_RANGE:
        raise JException("D3137", 0, f"range is limited to {MAX_RANGE} items")
    return found


def _hash(content: Any, algorithm: Any) -> Any:
    if algorithm not in ALGORITHMS:
        raise JException("D3137", 0, f"Unknown hash algorithm {algorithm}")
    return ALGORITHMS[algorithm](str(content).encode()).hexdigest()


def _random(seed: Any = None) -> Any:
    return random.Random(seed).random()  # noqa: S311 - not for secrets


def _uuid() -> Any:
    return str(uuid.uuid4())


def _parse(text: Any) -> Any:
    return _given(json.loads(text))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": _uuid,
    "parse": _parse,
}
