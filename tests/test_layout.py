"""Imports go one way. What may import what is said in CONTRIBUTING; here it is enforced."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "lab"

# Folder or module of ``lab``: what it must not import, as prefixes of dotted names.
FORBIDDEN = {
    "engine": ["localstack", "boto3", "botocore", "moto", "lab.providers", "lab.stack"],
    "providers": ["lab.stack", "lab.course", "lab.checks", "lab.cli", "lab.demo", "lab.portal"],
    "stack": ["localstack", "lab.providers", "lab.course", "lab.demo"],
    "data": ["localstack", "boto3", "lab.providers", "lab.stack"],
    "demo": ["localstack", "lab.providers"],
    "checks": [
        *("localstack", "lab.providers", "lab.stack", "lab.course", "lab.cli", "lab.demo"),
    ],
    "course": [
        *("localstack", "boto3", "botocore", "opensearchpy"),
        *("lab.providers", "lab.stack", "lab.cli", "lab.demo"),
    ],
    # The shop is a web site, and the agent a client: neither knows the lab's servers.
    "shop": ["localstack", "boto3", "lab.providers", "lab.stack", "lab.agent", "lab.checks"],
    "agent": ["localstack", "lab.providers", "lab.stack", "lab.shop", "lab.checks"],
    "dashboards": [
        *("localstack", "lab.providers", "lab.stack", "lab.course", "lab.checks", "lab.demo"),
        "lab.cli",
    ],
    "spark": ["localstack", "lab"],
    "config.py": ["lab"],
    "errors.py": ["lab"],
    "i18n.py": ["lab.config", "lab.stack"],
    "services.py": ["lab"],
}


def imports_of(file: Path) -> set[str]:
    """Every module that the file imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def files_of(part: str) -> list[Path]:
    path = PACKAGE / part
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("part", FORBIDDEN)
def test_imports_go_one_way(part: str) -> None:
    crossed = [
        f"{file.relative_to(PACKAGE)} imports {name}"
        for file in files_of(part)
        for name in imports_of(file)
        for prefix in FORBIDDEN[part]
        if name == prefix or name.startswith(prefix + ".")
    ]
    assert crossed == []


def test_solutions_are_plain() -> None:
    """What learners copy runs unchanged on AWS, so nothing of the lab is in it."""
    files = sorted((PACKAGE.parent / "solutions").rglob("*.py"))
    ours = [file.name for file in files for name in imports_of(file) if name.split(".")[0] == "lab"]
    assert files
    assert ours == []
