"""An AWS profile named ``lab``, written only when asked for, for tools that read profiles rather
than variables.
"""

import configparser
import os
from pathlib import Path

from lab.config import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Config
from lab.stack.processes import write_atomically

NAME = "lab"


def write(config: Config) -> list[Path]:
    """Add or replace the profile and keep everything else. Returns the files written."""
    files = {
        _file("AWS_CONFIG_FILE", "config"): (
            f"profile {NAME}",
            {"region": REGION, "endpoint_url": config.endpoint_url, "output": "json"},
        ),
        _file("AWS_SHARED_CREDENTIALS_FILE", "credentials"): (
            NAME,
            {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": SECRET_ACCESS_KEY},
        ),
    }
    for file, (section, settings) in files.items():
        _put(file, section, settings)
    return list(files)


def _file(variable: str, name: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / ".aws" / name).expanduser()


def _put(file: Path, section: str, settings: dict[str, str]) -> None:
    """Replace one section's lines and leave every other line of the file, comments included, as it
    is.
    """
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    header = f"[{section}]"
    body = [header, *(f"{key} = {value}" for key, value in settings.items())]
    if header in lines:
        begin = lines.index(header)
        end = next(
            (i for i in range(begin + 1, len(lines)) if lines[i].startswith("[")), len(lines)
        )
        lines[begin:end] = body
    else:
        lines += ["", *body] if lines else body
    text = "\n".join(lines) + "\n"
    configparser.RawConfigParser().read_string(
        text
    )  # a file that AWS tools cannot read is not written
    write_atomically(file, text)
