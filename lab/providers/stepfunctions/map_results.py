"""What a distributed Map gives back: the outputs of its children, or files in S3 with a manifest.

Source: AWS Step Functions Developer Guide, "ResultWriter (Map)".
"""

import datetime as dt
import json
from typing import Any

from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (  # noqa: E501  LocalStack's path
    StateCredentials,
)
from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for

from lab.providers.stepfunctions.models import Run, moment

Settings = dict[str, Any]
KINDS = {"SUCCEEDED": "SUCCEEDED", "FAILED": "FAILED", "TIMED_OUT": "FAILED", "ABORTED": "FAILED"}
MAX_FILE_BYTES = 64 * 1024 * 1024


def outputs_of(children: list[Run], settings: Settings) -> list[Any]:
    """The outputs, in the order of the items, as ``WriterConfig.Transformation`` asks for."""
    if settings.get("Transformation") == "NONE":
        return [_shown(child) for child in children]
    outputs = [json.loads(child.output or "null") for child in children]
    if settings.get("Transformation") != "FLATTEN":
        return outputs
    flat: list[Any] = []
    for output in outputs:
        flat.extend(output if isinstance(output, list) else [output])
    return flat


def write_results(
    env: Any, settings: Settings, record: Any, children: list[Run], pending: list[Any]
) -> str:
    """Write the files and their manifest; returns the manifest's key. ``settings`` are Bucket,
    Prefix and what ``WriterConfig`` has; ``pending`` are the inputs of the children that were not
    started.
    """
    role = StateCredentials(role_arn=env.aws_execution_details.role_arn)
    region = env.aws_execution_details.region
    client = boto_client_for(service="s3", region=region, state_credentials=role)
    prefix = settings.get("Prefix", "")
    prefix += "/" if prefix and not prefix.endswith("/") else ""
    folder = f"{prefix}{record.map_run_arn.rpartition(':')[2]}/"
    lines: dict[str, list[Any]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    succeeded = [child for child in children if child.status == "SUCCEEDED"]
    plain = settings.get("Transformation", "NONE") == "NONE"
    lines["SUCCEEDED"] = [_shown(each) for each in succeeded] if plain else []
    if not plain:
        lines["SUCCEEDED"] = outputs_of(succeeded, settings)
    lines["FAILED"] = [_shown(child) for child in children if child.status != "SUCCEEDED"]
    lines["PENDING"] = [{"Input": json.dumps(value), "Status": "PENDING"} for value in pending]
    files: dict[str, list[Settings]] = {}
    for kind, found in lines.items():
        files[kind] = []
        for number, body in enumerate(_bodies(found, settings)):
            key = f"{folder}{kind}_{number}.{settings.get('OutputType', 'JSON').lower()}"
            client.put_object(Bucket=settings["Bucket"], Key=key, Body=body)
            files[kind].append({"Key": key, "Size": len(body)})
    manifest = {
        "DestinationBucket": settings["Bucket"],
        "MapRunArn": record.map_run_arn,
        "ResultFiles": files,
    }
    key = f"{folder}manifest.json"
    client.put_object(Bucket=settings["Bucket"], Key=key, Body=json.dumps(manifest).encode())
    return key


def _bodies(found: list[Any], settings: Settings) -> list[bytes]:
    """The files of one kind: none when there is nothing to write."""
    is_lines = settings.get("OutputType") == "JSONL"
    parts: list[list[str]] = [[]]
    size = 0
    for each in found:
        line = json.dumps(each, ensure_ascii=False, separators=(",", ":"))
        if parts[-1] and size + len(line) > MAX_FILE_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(line)
        size += len(line)
    bodies = ("\n".join(part) if is_lines else f"[{','.join(part)}]" for part in parts if part)
    return [body.encode() for body in bodies]


def _shown(child: Run) -> Settings:
    """A child in a file of results."""
    included = {"Included": True}
    shown = {
        "ExecutionArn": child.arn,
        "Input": child.input,
        "InputDetails": included,
        "Name": child.name,
        "Output": child.output,
        "OutputDetails": included if child.output is not None else None,
        "Error": child.error,
        "Cause": child.cause,
        "RedriveCount": child.redrives,
        "RedriveStatus": "NOT_REDRIVABLE" if child.refusal else "REDRIVABLE",
        "RedriveStatusReason": child.refusal,
        "StartDate": _iso(child.started),
        "StateMachineArn": child.machine.arn,
        "Status": child.status,
        "StopDate": _iso(child.stopped),
    }
    return {key: value for key, value in shown.items() if value is not None}


def _iso(seconds: float | None) -> str | None:
    found = moment(seconds)
    if found is None:
        return None
    return found.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
