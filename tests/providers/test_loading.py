"""What the idle lab does not load. Each of these modules costs tens of megabytes of every learner's
memory, so an import that creeps in must be seen.
"""

import subprocess
import sys

import pytest

GLUE = "from lab.providers.glue.provider import create_service; create_service()"
STATES = "from lab.providers.stepfunctions.provider import create_service; create_service()"
HEALTH = "import lab.providers.health"


def run(program: str) -> str:
    """What the program prints, in a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("program", "heavy"),
    [
        (HEALTH, {"duckdb", "sqlglot", "pyarrow", "moto.ec2"}),
        (GLUE, {"duckdb", "sqlglot", "pyarrow", "moto.ec2"}),
        (STATES, {"duckdb", "sqlglot", "pyarrow", "moto.ec2"}),
    ],
)
def test_what_need_not_be_there_is_not(program: str, heavy: set[str]) -> None:
    assert run(f"{program}\nimport sys\nprint(sorted({heavy!r} & set(sys.modules)))") == "[]\n"


def test_batch_is_whole_for_whoever_imports_it_after_step_functions() -> None:
    program = f"{STATES}\nfrom moto.batch import batch_backends\nprint(batch_backends.service_name)"
    assert run(program) == "batch\n"
