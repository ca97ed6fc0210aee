"""State machines as pictures: the graph, its lines of text, its SVG, and an execution followed."""

import json
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.config import Config
from lab.states import graph, layout, progress, svg, tree

DAILY: dict[str, Any] = {
    "StartAt": "Check",
    "States": {
        "Check": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:headObject",
            "Catch": [{"ErrorEquals": ["S3.NoSuchKey"], "Next": "Quarantine"}],
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Rows", "States": {"Rows": {"Type": "Pass", "End": True}}},
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "ItemProcessor": {
                                "StartAt": "One",
                                "States": {"One": {"Type": "Pass", "End": True}},
                            },
                            "End": True,
                        }
                    },
                },
            ],
            "Next": "Good?",
        },
        "Good?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.score", "NumericLessThan": 0.9, "Next": "Quarantine"},
                {
                    "And": [
                        {"Variable": "$.late", "BooleanEquals": True},
                        {"Not": {"Variable": "$.day", "IsPresent": True}},
                    ],
                    "Next": "Check",
                },
            ],
            "Default": "Load",
        },
        "Load": {"Type": "Pass", "Next": "Notify"},
        "Quarantine": {"Type": "Pass", "Next": "Notify"},
        "Notify": {"Type": "Succeed"},
    },
}
NAMES = {"Check", "Both", "Rows", "Each", "One", "Good?", "Load", "Quarantine", "Notify"}


def test_the_graph_has_every_state_and_knows_its_loops() -> None:
    found = graph.read(DAILY)
    assert {state.name for state in found.everything()} == NAMES
    assert found.back_edges() == {("Good?", "Check")}
    [caught] = [edge for edge in found.states["Check"].edges if edge.kind == "catch"]
    assert (caught.target, caught.label) == ("Quarantine", "S3.NoSuchKey")
    labels = [edge.label for edge in found.states["Good?"].edges]
    assert labels == ["score < 0.9", "late = True ∧ ¬(day is present)", ""]


@pytest.mark.parametrize("broken", [{}, {"StartAt": "a", "States": {}}, {"StartAt": ["a"]}])
def test_what_is_no_definition(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a definition has StartAt and States"):
        graph.read(broken)


def test_a_transition_to_nowhere() -> None:
    states = {"a": {"Type": "Pass", "Next": "b"}}
    with pytest.raises(ValueError, match="a leads to b, which is not there"):
        graph.read({"StartAt": "a", "States": states})


def test_the_lines_show_each_state_once() -> None:
    shown = [
        f"{line.before}{line.label + ' ' if line.label else ''}"
        f"{line.state.name if line.state else '→ ' + line.again}"
        for line in tree.lines(graph.read(DAILY))
    ]
    assert shown == [
        "Check",
        "├─ ✗ S3.NoSuchKey Quarantine",
        "│  → Notify",
        "Both",
        "┆ 1 Rows",
        "┆ 2 Each",
        "┆ ┆ One",
        "Good?",
        "├─ score < 0.9 → Quarantine",
        "├─ late = True ∧ ¬(day is present) → Check",
        "* Load",
        "Notify",
    ]


def boxes(page: layout.Page) -> list[tuple[float, float, float, float]]:
    return [(box.x, box.y, box.x + box.width, box.y + box.height) for box in page.boxes.values()]


def test_no_two_states_overlap_and_ways_lead_down() -> None:
    page = layout.arrange(graph.read(DAILY))
    found = boxes(page)
    for place, (left, top, right, bottom) in enumerate(found):
        assert 0 <= left < right <= page.width
        assert 0 <= top < bottom <= page.height
        for other_left, other_top, other_right, other_bottom in found[place + 1 :]:
            apart = right <= other_left or other_right <= left
            assert apart or bottom <= other_top or other_bottom <= top
    for route in page.routes:
        heights = [y for _, y in route.points]
        assert (heights == sorted(heights)) is not route.is_back


def test_the_svg_is_whole_and_says_what_it_shows() -> None:
    done = progress.Progress({"Check": progress.Visit(entered=1, left=1)})
    root = ET.fromstring(svg.draw(graph.read(DAILY), "daily <run>", done))
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "daily <run>"
    assert "Check: done" in (root.findtext(f"{space}desc") or "")
    states = [each for each in root.iter(f"{space}g") if "state" in each.get("class", "")]
    assert len(states) == len(NAMES)
    assert sum(each.get("class") == "state done" for each in states) == 1
    ways = [each for each in root.iter(f"{space}path") if "way" in each.get("class", "")]
    assert len(ways) == 8


def event(number: int, kind: str, name: str = "", before: int = 0) -> dict[str, Any]:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    found = {"id": number, "type": kind, "previousEventId": before, "timestamp": moment}
    side = "Entered" if kind.endswith("Entered") else "Exited"
    return {**found, f"state{side}EventDetails": {"name": name}} if name else found


def test_progress_knows_retries_errors_that_were_caught_and_what_failed() -> None:
    read = progress.read(
        [
            event(1, "ExecutionStarted"),
            event(2, "TaskStateEntered", "a", 1),
            event(3, "TaskScheduled", before=2),
            event(4, "TaskFailed", before=3),
            event(5, "TaskScheduled", before=4),
            event(6, "TaskFailed", before=5),
            event(7, "TaskStateExited", "a", 6),
            event(8, "MapStateEntered", "m", 7),
            event(9, "PassStateEntered", "p", 8),
            event(10, "PassStateEntered", "p", 8),
            event(11, "PassStateExited", "p", 9),
        ]
    )
    marks = {name: visit.mark for name, visit in read.visits.items()}
    assert marks == {"a": "caught", "m": "running", "p": "running"}
    assert (read.of("a").retried, read.of("a").seconds) == (1, 5.0)
    assert (read.of("p").entered, read.of("p").left) == (2, 1)
    assert read.of("never").mark == "waiting"
    failed = progress.read(
        [event(1, "TaskStateEntered", "a"), event(2, "ExecutionFailed", before=1)]
    )
    assert failed.of("a").mark == "failed"


def run(config: Config, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab.cli", "sfn", *arguments],
        env={"LAB_LANG": "en", "PATH": "", "COLUMNS": "100", **config.environment()},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_s_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(tmp_path, tmp_path)
    path = tmp_path / "daily.asl.json"
    path.write_text(json.dumps(DAILY))
    assert "├─ ✗ S3.NoSuchKey  Quarantine  Pass" in run(config, "graph", str(path)).stdout
    drawn = tmp_path / "daily.svg"
    done = run(config, "graph", str(path), "--svg", str(drawn))
    assert f"Drawn: {drawn}" in done.stdout
    assert drawn.read_text().startswith("<svg")
    missing = run(config, "graph", str(tmp_path / "none.json"))
    assert missing.returncode == 1
    assert "is no state machine" in missing.stderr


@pytest.mark.lab
def test_an_execution_is_watched_to_its_end(
    lab: Config, client: Callable[..., Any], tmp_path: Path
) -> None:
    states = client("stepfunctions")
    machine = {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "StartAt": "One",
                    "States": {"One": {"Type": "Wait", "Seconds": 1, "End": True}},
                },
                "Next": "Enough?",
            },
            "Enough?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$[0]", "NumericEquals": 1, "Next": "Yes"}],
                "Default": "No",
            },
            "Yes": {"Type": "Succeed"},
            "No": {"Type": "Fail", "Error": "TooFew", "Cause": "as it was asked"},
        },
    }
    arn = states.create_state_machine(
        name=f"w{uuid.uuid4().hex[:8]}",
        definition=json.dumps(machine),
        roleArn="arn:aws:iam::000000000000:role/states",
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=arn, input="[1, 2, 3]")["executionArn"]
    drawn = tmp_path / "run.svg"
    done = run(lab, "watch", execution, "--svg", str(drawn))
    assert done.returncode == 0, done.stderr
    assert "SUCCEEDED" in done.stdout
    assert "┆ ✓ One" in done.stdout
    assert "3 of 3" in done.stdout
    assert "* · No" in done.stdout.replace("  ", " ")
    assert 'class="state done"' in drawn.read_text()
    failing = states.start_execution(stateMachineArn=arn, input="[0]")["executionArn"]
    failed = run(lab, "watch", failing)
    assert failed.returncode == 1
    assert "TooFew: as it was asked" in failed.stdout
    unknown = run(lab, "watch", f"{execution}x")
    assert "Step Functions does not show" in unknown.stderr
    assert "├─ $[0] = 1" in run(lab, "graph", arn).stdout
