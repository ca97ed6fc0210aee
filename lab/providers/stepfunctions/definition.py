"""Definitions, as LocalStack's parser takes them: parsed once, and with what its grammar lacks.

The grammar knows neither ``ItemBatcher``, ``WriterConfig`` and EXPRESS children nor most of a
reader's settings, and refuses a whole number as ``ToleratedFailurePercentage``. These are taken
out of the text before it is parsed, and given to the Map state that they belong to
(``StateMap.extras``), where ``map_run`` finds them. Text is read as JSON has it: the parser leaves
some of its escapes as they are.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from localstack.services.stepfunctions.asl.component.common.string.string_expression import (
    StringIntrinsicFunction,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.state_map import (  # noqa: E501  LocalStack's path
    StateMap,
)
from localstack.services.stepfunctions.asl.parse import preprocessor
from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser
from localstack.services.stepfunctions.asl.parse.intrinsic.intrinsic_parser import IntrinsicParser
from localstack.utils.patch import patch

PROGRAMS = 256
Settings = dict[str, Any]


@dataclass
class Extras:
    """What a Map state has beyond LocalStack's grammar."""

    reader: Settings = field(default_factory=dict)
    writer: Settings = field(default_factory=dict)
    batcher: Any = None
    """Evaluates to ``MaxItemsPerBatch``, ``MaxInputBytesPerBatch`` and ``BatchInput``."""
    is_express: bool = False
    definition: str = "{}"
    """Of the machine that each child is an execution of."""


class _Parsing(threading.local):
    """The extras of the definition that this thread parses, by state."""

    extras: dict[str, Extras] = {}  # noqa: RUF012 - replaced, never changed


_parsing = _Parsing()
_parse = AmazonStateLanguageParser.parse


def install() -> None:
    """Once, when Step Functions is loaded."""
    AmazonStateLanguageParser.parse = staticmethod(parse)
    patch(StateMap.from_state_props)(_from_state_props)
    vars(preprocessor)["from_string_literal"] = _text_of
    preprocessor.Preprocessor._inner_string_of = staticmethod(_text_of)
    preprocessor.Preprocessor.visitString_intrinsic_function = _intrinsic_function


@lru_cache(PROGRAMS)
def program_of(definition: str) -> Any:
    """The program of a definition: its evaluation keeps nothing in it."""
    return AmazonStateLanguageParser.parse(definition)[0]


def parse(definition: str) -> Any:
    """LocalStack's program and tree."""
    try:
        document = json.loads(definition)
    except ValueError:
        return _parse(definition)
    language = document.get("QueryLanguage") if isinstance(document, dict) else None
    extras = {name: _take(state, language) for name, state in _maps(document)}
    before, _parsing.extras = _parsing.extras, extras
    try:
        return _parse(json.dumps(document) if extras else definition)
    finally:
        _parsing.extras = before


def states_of(document: Any) -> Iterator[tuple[str, Settings]]:
    """All states of a definition, those within Map and Parallel states included."""
    states = document.get("States") if isinstance(document, dict) else None
    for name, state in states.items() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        yield name, state
        for inner in (state.get("ItemProcessor"), state.get("Iterator")):
            yield from states_of(inner)
        branches = state.get("Branches")
        for branch in branches if isinstance(branches, list) else ():
            yield from states_of(branch)


def _maps(document: Any) -> Iterator[tuple[str, Settings]]:
    return (found for found in states_of(document) if found[1].get("Type") == "Map")


def _take(state: Settings, language: str | None) -> Extras:
    """Take out of a state what the grammar lacks."""
    extras = Extras(definition=json.dumps(state.get("ItemProcessor") or state.get("Iterator")))
    batcher = state.pop("ItemBatcher", None)
    if isinstance(batcher, dict):
        extras.batcher = template(batcher, state.get("QueryLanguage") or language)
    reader = state.get("ItemReader")
    if isinstance(reader, dict) and isinstance(reader.get("ReaderConfig"), dict):
        extras.reader = reader["ReaderConfig"]
        most = {key: value for key, value in extras.reader.items() if key.startswith("MaxItems")}
        reader["ReaderConfig"] = {"InputType": "JSON", **most}
    writer = state.get("ResultWriter")
    if isinstance(writer, dict):
        extras.writer = writer.pop("WriterConfig", {})
        if not writer:
            del state["ResultWriter"]
    processor = state.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    if isinstance(config, dict) and config.get("ExecutionType") == "EXPRESS":
        config["ExecutionType"], extras.is_express = "STANDARD", True
    if isinstance(state.get("ToleratedFailurePercentage"), int):
        state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])
    return extras


def template(value: Settings, language: str | None) -> Any:
    """A component that evaluates ``value``; its fields that end with ``Path`` are paths."""
    state: Settings = {"Type": "Pass", "End": True}
    if language == "JSONata":
        state |= {"QueryLanguage": language, "Output": value}
    else:
        state["Parameters"] = {
            f"{key.removesuffix('Path')}.$" if key.endswith("Path") else key: inner
            for key, inner in value.items()
        }
    program, _ = _parse(json.dumps({"StartAt": "T", "States": {"T": state}}))
    found = program.states.states["T"]
    return found.output.jsonata_template_value if language == "JSONata" else found.parameters


def _from_state_props(original: Callable[..., None], state: Any, props: Any) -> None:
    original(state, props)
    state.extras = _parsing.extras.get(state.name) or Extras()
    state.iteration_component.map_state = state


def _text_of(parser_rule_context: Any) -> str | None:
    """What a piece of the definition says; None for null."""
    found: str = parser_rule_context.getText()
    if found == "null":
        return None
    return str(json.loads(found)) if found.startswith('"') else found


def _intrinsic_function(_visitor: Any, ctx: Any) -> StringIntrinsicFunction:
    text = _text_of(ctx.STRINGINTRINSICFUNC()) or ""
    function, _ = IntrinsicParser.parse(text)
    return StringIntrinsicFunction(intrinsic_function_derivation=text, function=function)
