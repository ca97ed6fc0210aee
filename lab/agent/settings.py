"""``agent.json``: what AWS's agent accepts, what the lab uses of it, and what it refuses by name.

Relative paths are taken from the lab's home. Endpoints and keys are the lab's, whatever the file
says, so that a file made for AWS never reaches AWS from here.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.agent.conversion import Converter, converter_of
from lab.i18n import lab_error

FIREHOSE = "firehose"
KINESIS = "kinesis"
NOT_USED = (
    *("firehose.endpoint", "kinesis.endpoint", "cloudwatch.endpoint", "sts.endpoint"),
    *("awsAccessKeyId", "awsSecretAccessKey", "assumeRoleARN", "assumeRoleExternalId"),
)
MOST_RECORDS = 500
MOST_BYTES = {FIREHOSE: 4 << 20, KINESIS: 5 << 20}
KEY_BYTES = {FIREHOSE: 0, KINESIS: 64}
"""A partition key, at most; Kinesis counts it with the data."""
MOST_RECORD_BYTES = {FIREHOSE: 1000 << 10, KINESIS: (1 << 20) - KEY_BYTES[KINESIS]}


class SettingError(Exception):
    """What is wrong in the file."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One pattern of files and where its records go."""

    pattern: str
    kind: str
    stream: str
    start_at_end: bool
    max_age: float
    """Seconds that a record may wait for others"""
    max_records: int
    max_bytes: int
    poll: float
    """Seconds between two looks at the files"""
    skip_lines: int
    record_start: re.Pattern[str] | None
    terminator: bytes
    is_random: bool
    convert: Converter

    @property
    def id(self) -> str:
        """In the checkpoints: as long as it stays, the agent goes on where it stopped."""
        return f"{self.kind}:{self.stream}:{self.pattern}"

    @property
    def destination(self) -> str:
        """As the agent's metrics name it."""
        name = "DeliveryStream" if self.kind == FIREHOSE else "KinesisStream"
        return f"{name}:{self.stream}"

    @property
    def key_bytes(self) -> int:
        return KEY_BYTES[self.kind]

    @property
    def max_record(self) -> int:
        return MOST_RECORD_BYTES[self.kind]


@dataclass(frozen=True, slots=True)
class Settings:
    flows: tuple[Flow, ...]
    checkpoints: Path
    emit_metrics: bool
    not_used: tuple[str, ...]


def load(path: Path, home: Path) -> Settings:
    """Read the file. Raises LabError ``agent-bad-settings``."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(given, dict):
            raise SettingError("the file must hold one JSON object")
        return _settings(given, home)
    except (OSError, ValueError, SettingError) as error:
        raise lab_error("agent-bad-settings", path=path, reason=error) from error


def _settings(given: dict[str, Any], home: Path) -> Settings:
    known = {"flows", "checkpointFile", "cloudwatch.emitMetrics", *NOT_USED}
    _refuse_others(given, known, "")
    flows = given.get("flows")
    if not isinstance(flows, list) or not flows:
        raise SettingError("flows must be a list of at least one flow")
    made = tuple(_flow(each, home) for each in flows)
    if len({flow.id for flow in made}) < len(made):
        raise SettingError("two flows have the same filePattern and stream")
    return Settings(
        flows=made,
        checkpoints=home / str(given.get("checkpointFile") or "agent/checkpoints.json"),
        emit_metrics=str(given.get("cloudwatch.emitMetrics", True)).lower() == "true",
        not_used=tuple(name for name in NOT_USED if name in given),
    )


def _flow(given: Any, home: Path) -> Flow:
    if not isinstance(given, dict):
        raise SettingError("each flow must be a JSON object")
    _refuse_others(given, _FLOW_KEYS, "a flow's ")
    kinds = {"deliveryStream": FIREHOSE, "kinesisStream": KINESIS}
    named = [name for name in kinds if given.get(name)]
    if len(named) != 1:
        raise SettingError("each flow needs either deliveryStream or kinesisStream")
    kind = kinds[named[0]]
    if not given.get("filePattern"):
        raise SettingError("each flow needs a filePattern")
    start = given.get("multiLineStartPattern")
    return Flow(
        pattern=str(home / str(given["filePattern"])),
        kind=kind,
        stream=str(given[named[0]]),
        start_at_end=_one_of(given, "initialPosition", ("END_OF_FILE", "START_OF_FILE"))
        == "END_OF_FILE",
        max_age=_number(given, "maxBufferAgeMillis", 60_000, 1_000, 900_000) / 1000,
        max_records=_number(given, "maxBufferSizeRecords", MOST_RECORDS, 1, MOST_RECORDS),
        max_bytes=_number(given, "maxBufferSizeBytes", MOST_BYTES[kind], 1, MOST_BYTES[kind]),
        poll=_number(given, "minTimeBetweenFilePollsMillis", 100, 1, 600_000) / 1000,
        skip_lines=_number(given, "skipHeaderLines", 0, 0, 1_000_000),
        record_start=re.compile(str(start)) if start else None,
        terminator=str(given.get("truncatedRecordTerminator", "\n")).encode(),
        is_random=_one_of(given, "partitionKeyOption", ("RANDOM", "DETERMINISTIC")) == "RANDOM",
        convert=_converter(given.get("dataProcessingOptions") or []),
    )


_FLOW_KEYS = {
    *("filePattern", "deliveryStream", "kinesisStream", "initialPosition", "maxBufferAgeMillis"),
    *("maxBufferSizeRecords", "maxBufferSizeBytes", "minTimeBetweenFilePollsMillis"),
    *("skipHeaderLines", "multiLineStartPattern", "truncatedRecordTerminator"),
    *("partitionKeyOption", "dataProcessingOptions"),
}


def _converter(options: Any) -> Converter:
    if not isinstance(options, list):
        raise SettingError("dataProcessingOptions must be a list")
    steps: list[Callable[[bytes], bytes | None]] = [converter_of(each) for each in options]

    def convert(record: bytes) -> bytes | None:
        converted: bytes | None = record
        for step in steps:
            if converted is None:
                break
            converted = step(converted)
        return converted

    return convert


def _refuse_others(given: dict[str, Any], known: set[str], where: str) -> None:
    if others := sorted(set(given) - known):
        raise SettingError(f"the lab's agent does not know {where}{', '.join(others)}")


def _number(given: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    """AWS's agent takes numbers in quotation marks as well."""
    value = given.get(name, default)
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value)):
        raise SettingError(f"{name} must be a whole number, not {value!r}")
    if not least <= int(value) <= most:
        raise SettingError(f"{name} must be between {least} and {most}, not {value}")
    return int(value)


def _one_of(given: dict[str, Any], name: str, values: tuple[str, ...]) -> str:
    value = str(given.get(name, values[0]))
    if value not in values:
        raise SettingError(f"{name} must be {' or '.join(values)}, not {value}")
    return value
