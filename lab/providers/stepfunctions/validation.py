"""``ValidateStateMachineDefinition``, and the refusal of a definition wherever one is given."""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.stepfunctions import InvalidDefinition
from localstack.services.stepfunctions.asl.parse.asl_parser import ASLParserException
from localstack.services.stepfunctions.asl.static_analyser.express_static_analyser import (
    ExpressStaticAnalyser,
)
from localstack.services.stepfunctions.asl.static_analyser.static_analyser import StaticAnalyser
from localstack.services.stepfunctions.asl.static_analyser.test_state.test_state_analyser import (
    TestStateStaticAnalyser,
)
from localstack.services.stepfunctions.asl.static_analyser.usage_metrics_static_analyser import (
    UsageMetricsStaticAnalyser,
)
from localstack.services.stepfunctions.provider import StepFunctionsProvider

from lab.providers.stepfunctions.diagnostics import SCHEMA, Diagnostic, diagnose, refusal

MAX_DEFINITION_BYTES = 1024 * 1024
PREFIX = "Invalid State Machine Definition: '"


class Validation(StepFunctionsProvider):
    """The validation of definitions."""

    @handler("ValidateStateMachineDefinition", expand=False)
    def validate_state_machine_definition(
        self, _context: RequestContext, request: Any, **_more: Any
    ) -> Any:
        kind = request.get("type", "STANDARD")
        analyser = ExpressStaticAnalyser() if kind == "EXPRESS" else StaticAnalyser()
        found = _found(request["definition"], [analyser])
        errors = [each for each in found if each.severity == "ERROR"]
        shown = errors if request.get("severity", "ERROR") == "ERROR" else found
        most = request.get("maxResults") or 100
        return {
            "result": "FAIL" if errors else "OK",
            "diagnostics": [each.answer() for each in shown[:most]],
            "truncated": len(shown) > most,
        }


def install() -> None:
    """Once: LocalStack calls these by the names of their classes. It parses a definition once more
    to count for itself which features are used; that is left out.
    """
    UsageMetricsStaticAnalyser.process = staticmethod(lambda _definition: None)
    StepFunctionsProvider._validate_definition = staticmethod(_validate)


def _validate(definition: str, static_analysers: list[StaticAnalyser]) -> None:
    errors = [each for each in _found(definition, static_analysers) if each.severity == "ERROR"]
    if errors:
        raise InvalidDefinition(refusal(errors))


def _found(definition: str, analysers: list[StaticAnalyser]) -> list[Diagnostic]:
    if any(isinstance(each, TestStateStaticAnalyser) for each in analysers):
        return list(_parsed(definition, analysers))  # it may be a state alone
    found = diagnose(definition)
    if any(each.severity == "ERROR" for each in found):
        return found
    return [*_parsed(definition, analysers), *found]


def _parsed(definition: str, analysers: list[StaticAnalyser]) -> list[Diagnostic]:
    """What LocalStack's parser and analysers find: the first error."""
    if len(definition.encode()) > MAX_DEFINITION_BYTES:
        return [Diagnostic(SCHEMA, f"The definition exceeds {MAX_DEFINITION_BYTES} bytes", "/")]
    check: Callable[[str], None]
    for analyser in analysers:
        check = analyser.analyse
        try:
            check(definition)
        except ASLParserException as error:
            return [Diagnostic(SCHEMA, "; ".join(error.errors), "/")]
        except Exception as error:  # noqa: BLE001 - whatever LocalStack's components raise
            text = str(error).removeprefix(PREFIX).removeprefix(f"{SCHEMA}: ").rstrip("'")
            return [Diagnostic(SCHEMA, text or type(error).__name__, "/")]
    return []
