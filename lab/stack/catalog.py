"""LocalStack's index of AWS's service models, built once at installation.

LocalStack would otherwise build it at the first start of every new home, which makes that start
slower and larger.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lab.config import Config
from lab.i18n import lab_error

INSIDE_ROOT = Path("usr/lib/localstack")
PATTERN = "service-catalog-*.dill"
BUILD_WITHIN = 120.0


def built(config: Config) -> bool:
    """True when the user's cache holds an index. Its name says for which LocalStack it is."""
    return any(_folder(_root(config)).glob(PATTERN))


def make(config: Config) -> None:
    """Build the index into the user's cache. Raises LabError ``catalog``."""
    root = _root(config)
    # LocalStack writes it only where the folder is there already.
    _folder(root).mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "OVERRIDE_IN_DOCKER": "0", "FILESYSTEM_ROOT": str(root)}
    command = [sys.executable, "-m", "localstack.aws.spec"]
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=BUILD_WITHIN, check=False
    )
    if done.returncode != 0 or not built(config):
        raise lab_error("catalog", reason=(done.stdout + done.stderr)[-1000:])


def place(config: Config, root: Path) -> None:
    """Copy the index to where a LocalStack with ``FILESYSTEM_ROOT=root`` looks for it."""
    target = _folder(root)
    target.mkdir(parents=True, exist_ok=True)
    for file in _folder(_root(config)).glob(PATTERN):
        if not (target / file.name).exists():
            shutil.copy2(file, target / file.name)


def _root(config: Config) -> Path:
    return config.cache / "localstack"


def _folder(root: Path) -> Path:
    return root / INSIDE_ROOT
