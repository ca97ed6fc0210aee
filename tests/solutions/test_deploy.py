import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("rate", "event_bytes", "shards"),
    [(1, 300, 1), (1_000, 300, 1), (1_001, 300, 2), (4_500, 300, 5), (1_000, 5_000, 5)],
)
def test_shards_follow_from_the_rate(
    solution: Any, rate: int, event_bytes: int, shards: int
) -> None:
    assert solution("deploy").shards_for(rate, event_bytes) == shards


def test_the_state_machine_holds_every_statement(solution: Any, folder: Path) -> None:
    definition = json.loads(solution("deploy").state_machine_definition("lake"))
    states = definition["States"]
    queries = [s["Parameters"]["QueryString"] for s in states.values() if s["Type"] == "Task"]
    assert len(queries) == len(list((folder / "sql").glob("*.sql")))
    assert not [query for query in queries if "${" in query or "--" in query]
    assert (
        "LOCATION 's3://lake/archive/'" in states["CreateArchiveTable"]["Parameters"]["QueryString"]
    )


def test_every_state_is_reached_and_every_failure_caught(solution: Any) -> None:
    definition = json.loads(solution("deploy").state_machine_definition("lake"))
    states = definition["States"]
    reached, name = [], definition["StartAt"]
    while name:
        reached.append(name)
        assert states[name]["Catch"][0]["Next"] == "ReportFailed"
        name = states[name].get("Next")
    assert {*reached, "ReportFailed"} == states.keys()


def test_the_package_of_the_function(solution: Any, tmp_path: Path) -> None:
    reference = tmp_path / "tables.gz"
    reference.write_bytes(b"tables")
    package = solution("deploy").function_package(reference)
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.namelist() == ["handler.py", "search.py", "reference.json.gz"]
        assert archive.read("reference.json.gz") == b"tables"


def test_roles_name_no_resource_of_others(solution: Any) -> None:
    policies = solution("policies")
    for policy in (policies.function_policy, policies.state_machine_policy):
        for statement in policy("eu-west-3", "111122223333", "lake")["Statement"]:
            resources = statement["Resource"]
            assert "*" not in ([resources] if isinstance(resources, str) else resources)


def test_nothing_of_the_lab_is_in_the_solution(folder: Path) -> None:
    """What the learner reads must run unchanged on AWS."""
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert not re.search(r"^\s*(import|from) lab\b", text, re.MULTILINE), path
            assert not re.search(r"localhost|127\.0\.0\.1|endpoint_url|000000000000\b", text), path
