"""The command itself, sending to the lab's own streams."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.config import Config
from tests.providers.lambda_.functions import eventually

pytestmark = pytest.mark.lab

LAB = Path(sys.executable).with_name("lab")
LINES = 2_400


def environment(config: Config) -> dict[str, str]:
    return {**os.environ, **config.environment(), "LAB_LANG": "en", "COLUMNS": "200"}


def command_for(folder: Path) -> list[str]:
    return [str(LAB), "agent", "--config", str(folder / "agent.json"), "--once"]


def agent(config: Config, folder: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    env = {**environment(config), **environ}
    return subprocess.run(
        command_for(folder), env=env, capture_output=True, text=True, timeout=120, check=False
    )


def make_stream(kinesis: Any) -> str:
    name = f"agent-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    return name


def write_lines(folder: Path, stream: str) -> list[str]:
    """A log for the stream's shard to be slow with, and the agent's settings."""
    lines = [f"line {number:05}" for number in range(LINES)]
    (folder / "app.log").write_text("".join(f"{line}\n" for line in lines))
    flow = {
        "filePattern": str(folder / "app.log"),
        "kinesisStream": stream,
        "initialPosition": "START_OF_FILE",
    }
    settings = {"flows": [flow], "checkpointFile": str(folder / "checkpoints.json")}
    (folder / "agent.json").write_text(json.dumps(settings))
    return lines


def sequence_of(kinesis: Any, name: str) -> list[str]:
    shard = kinesis.list_shards(StreamName=name)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[str] = []
    while True:
        answer = kinesis.get_records(ShardIterator=iterator)
        found += [record["Data"].decode().rstrip("\n") for record in answer["Records"]]
        if not answer["Records"]:
            return found
        iterator = answer["NextShardIterator"]


@pytest.mark.fidelity("kinesis_agent.at_least_once")
def test_a_shard_that_throttles_gets_every_line_once(
    lab: Config, client: Callable[..., Any], tmp_path: Path
) -> None:
    kinesis = client("kinesis")
    name = make_stream(kinesis)
    lines = write_lines(tmp_path, name)
    first = agent(lab, tmp_path)
    assert first.returncode == 0, first.stderr
    assert f"{LINES:,} lines read, {LINES:,} records sent, 0 skipped" in first.stdout
    assert sorted(sequence_of(kinesis, name)) == lines

    second = agent(lab, tmp_path, LAB_LANG="fr")
    assert "0 lignes lues, 0 enregistrements envoyés" in second.stdout
    metrics = client("cloudwatch").list_metrics(
        Namespace="AWSKinesisAgent",
        Dimensions=[{"Name": "Destination", "Value": f"KinesisStream:{name}"}],
    )["Metrics"]
    assert {metric["MetricName"] for metric in metrics} == {
        "BytesSent",
        "RecordSendAttempts",
        "RecordSendErrors",
        "ServiceErrors",
    }


@pytest.mark.fidelity("kinesis_agent.at_least_once")
def test_an_agent_killed_while_it_sends_loses_no_line(
    lab: Config, client: Callable[..., Any], tmp_path: Path
) -> None:
    kinesis = client("kinesis")
    name = make_stream(kinesis)
    lines = write_lines(tmp_path, name)
    places = tmp_path / "checkpoints.json"
    with subprocess.Popen(command_for(tmp_path), env=environment(lab)) as killed:
        # Two seconds go by from the first batch that was taken to the last.
        eventually(lambda: places.exists() and '"offset": 0' not in places.read_text(), within=60)
        killed.kill()
    assert f'"offset": {LINES * 11}' not in places.read_text()
    assert agent(lab, tmp_path).returncode == 0
    found = sequence_of(kinesis, name)
    assert sorted(set(found)) == lines
    assert len(found) - len(lines) <= 500, "more than the batch that was under way"


def test_bad_settings_are_one_sentence_and_a_next_step(lab: Config, tmp_path: Path) -> None:
    (tmp_path / "agent.json").write_text('{"flows": []}')
    result = agent(lab, tmp_path)
    assert result.returncode == 1
    assert "flows must be a list of at least one flow" in result.stderr
    assert "→ The keys are those of AWS's agent.json" in result.stderr
