"""The learner's programs: each runs in a process of its own, in the learner's folder, with a time
limit, and with nothing of AWS in its environment but the lab.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.checks.text import Text
from lab.checks.vocabulary import Failed
from lab.config import HOST, Config

WITHIN = 30.0  # seconds, unless the check gives another limit
LINES_SHOWN = 12
INTERPRETERS = {".py": [sys.executable], ".sh": ["sh"]}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program left. ``exit_code`` is None when it was ended for taking too long."""

    name: str
    exit_code: int | None
    stdout: str
    stderr: str

    def failure(self, within: float) -> Failed | None:
        """Why the program is not content, as a learner reads it."""
        if self.exit_code == 0:
            return None
        if self.exit_code is None:
            expected = Text(
                fr=f"{self.name} se termine en moins de {within:.0f} secondes",
                en=f"{self.name} ends within {within:.0f} seconds",
            )
            return Failed("program-slow", expected, last_lines(self.stdout + self.stderr) or "...")
        expected = Text(
            fr=f"{self.name} se termine sans erreur",
            en=f"{self.name} ends without an error",
        )
        printed = f"{self.exit_code}\n{last_lines(self.stderr or self.stdout)}".strip()
        actual = Text(f"code de sortie {printed}", f"exit code {printed}")
        return Failed("program-failed", expected, actual, f"python {self.name}")


def run(
    folder: Path,
    config: Config,
    words: Sequence[str],
    *,
    stdin: str = "",
    within: float = WITHIN,
) -> Ran:
    """Run ``words`` (a file of ``folder`` and its arguments). Raises Failed when there is no such
    file.
    """
    name = words[0]
    file = folder / name
    if not file.is_file():
        expected = Text(fr=f"le fichier {name} existe", en=f"the file {name} exists")
        raise Failed("program-missing", expected, str(file), f"ls {folder}")
    command = [*INTERPRETERS[file.suffix], name, *words[1:]]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(config),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=within)
            exit_code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            _end(process)
            stdout, stderr = process.communicate()
            exit_code = None
        except BaseException:
            _end(process)
            raise
    return Ran(name, exit_code, stdout, stderr)


def environment(config: Config, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a learner's program: whatever points to a real account is left out."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("AWS_", "LAB_"))}
    return {
        **kept,
        **config.aws_environment(),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": HOST,
        "no_proxy": HOST,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def last_lines(text: str, count: int = LINES_SHOWN) -> str:
    return "\n".join(text.rstrip().splitlines()[-count:])


def _end(process: "subprocess.Popen[str]") -> None:
    """End the program and whatever it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
