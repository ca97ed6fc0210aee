"""The Python of ``pythonshell`` jobs: an environment made of links, with what AWS has at hand there
and nothing else of the lab's own, and ``awsglue``.

Source: AWS Glue Developer Guide, "Configuring job properties for Python shell jobs in AWS Glue",
"Supported libraries for Python shell jobs".
"""

import importlib.metadata
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lab.config import ROOT, load

AWSGLUE = ROOT / "lab" / "spark" / "awsglue"
LIBRARIES = (
    "awswrangler",
    "boto3",
    "botocore",
    "certifi",
    "charset-normalizer",
    "idna",
    "jmespath",
    "numpy",
    "packaging",
    "pandas",
    "pyarrow",
    "python-dateutil",
    "requests",
    "s3transfer",
    "six",
    "typing-extensions",
    "tzdata",
    "urllib3",
)
_LOCK = threading.Lock()


def python() -> Path:
    """The interpreter, made at the first call of a lab."""
    with _LOCK:
        return _made(load().home / "glue" / "python")


@cache
def _made(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    packages.mkdir(parents=True)
    program = folder / "bin" / "python"
    program.parent.mkdir()
    interpreter = Path(sys.executable).resolve()
    program.symlink_to(interpreter)
    settings = f"home = {interpreter.parent}\ninclude-system-site-packages = false\n"
    (folder / "pyvenv.cfg").write_text(settings)
    for source in _installed():
        (packages / source.name).symlink_to(source)
    (packages / AWSGLUE.name).symlink_to(AWSGLUE)
    return program


def _installed() -> Iterator[Path]:
    for name in LIBRARIES:
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an import of it fails by its name
        folder = Path(str(distribution.locate_file("")))
        names = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
        yield from (folder / each for each in sorted(names) if (folder / each).exists())


def absent_modules(wanted: str, folders: list[str] | None = None) -> list[str]:
    """Which of ``--additional-python-modules`` are not there, in the version that is asked for.
    ``folders`` are where to look; without, those that ``pythonshell`` has.
    """
    found = {
        _normal(each.name): each.version
        for each in importlib.metadata.distributions(path=folders or sys.path)
        if folders or _normal(each.name) in LIBRARIES
    }
    return [item for item in _items(wanted) if not _is_there(item, found)]


def _items(wanted: str) -> list[str]:
    return [part.strip() for part in wanted.split(",") if part.strip()]


def _is_there(item: str, found: dict[str, str]) -> bool:
    name, _, version = item.partition("==")
    return _normal(name) in found and version in ("", found[_normal(name)])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
