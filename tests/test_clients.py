"""The clients that data engineers use work against the lab unchanged.

Each file of ``tests/clients`` uses one client as its users do. The clients need newer packages than
LocalStack bears, so they run in an environment of their own, ``.venv-clients``, and know of the lab
what ``lab env`` prints, and no more.
"""

import os
import subprocess
from pathlib import Path

import pytest

from lab.config import Config

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "clients"
ENVIRONMENT = ROOT / ".venv-clients"
CLIENTS = sorted(file.stem.removeprefix("test_") for file in FOLDER.glob("test_*.py"))


@pytest.mark.lab
@pytest.mark.parametrize("name", CLIENTS)
def test_client(name: str, lab: Config) -> None:
    if not (ENVIRONMENT / ".clients").exists():
        pytest.fail("The clients are not installed: scripts/install.sh clients", pytrace=False)
    # Not os.environ as it is: a profile or a setting of this machine is not the lab's.
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env |= lab.aws_environment() | {
        "PATH": f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "LAB_HOME": str(lab.home),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    tests = [str(ENVIRONMENT / "bin" / "python"), "-m", "pytest", str(FOLDER / f"test_{name}.py")]
    done = subprocess.run(tests, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{name}:\n{done.stdout}\n{done.stderr}", pytrace=False)
