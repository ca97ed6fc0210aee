"""Which Lambda runtimes run here, and the folder from which the Python one runs.

Every accepted ``python3.x`` runs on the lab's own interpreter, whatever x says: `sys.version_info`
in a function is the lab's, and a function declared for another version is not checked against that
version. The rest of a runtime's identity (``AWS_EXECUTION_ENV``, and with it the encoding of
answers) is that of the declared one.

The folder is a virtual environment made of links. It holds what AWS's Python runtime has at hand
and nothing else of the lab's own environment, so that ``import duckdb`` fails here as it does on
AWS.
"""

import importlib.metadata
import logging
import os
import shutil
import sys
from functools import cache
from pathlib import Path

from localstack.services.lambda_.runtimes import ALL_RUNTIMES

LOG = logging.getLogger(__name__)

PYTHON_RUNTIMES = (
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python3.9",
)
# AWS documentation, "Building Lambda functions with Python": the SDK and what it needs, and the
# runtime client.
DISTRIBUTIONS = (
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "python-dateutil",
    "six",
    "urllib3",
    "awslambdaric",
    "simplejson",
    "snapshot_restore_py",
)
NATIVE_CLIENT = "runtime_client"


def runs_here(runtime: str | None) -> bool:
    return runtime in PYTHON_RUNTIMES


def is_known(runtime: str | None) -> bool:
    """Whether AWS has such a runtime at all; what it does not have gets AWS's own message."""
    return runtime in ALL_RUNTIMES


def interpreter_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


class RuntimeFolder:
    """The interpreter and the packages that functions see: ``bin/python``, ``bootstrap.py``,
    ``lib/``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    @property
    def bootstrap(self) -> Path:
        return self.path / "bootstrap.py"

    @property
    def root(self) -> Path:
        """An empty folder on which a function mounts its own file system, seen by nobody else."""
        return self.path.with_name("root")

    @property
    def site_packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.path / "lib" / version / "site-packages"

    def needs(self) -> tuple[Path, ...]:
        """The folders that the interpreter reads, links followed."""
        here = Path(__file__).resolve().parent
        return self.path, here, *_package_folders(), Path(sys.base_prefix)

    def build(self, *, native_client: bool = True) -> None:
        """Make the folder anew. Without the native client (or where there is none) ours takes its
        place.
        """
        shutil.rmtree(self.path, ignore_errors=True)
        self.site_packages.mkdir(parents=True)
        self.python.parent.mkdir()
        interpreter = Path(sys.executable).resolve()
        self.python.symlink_to(interpreter)
        for name in ("python3", f"python{sys.version_info.major}.{sys.version_info.minor}"):
            self.python.with_name(name).symlink_to("python")
        settings = f"home = {interpreter.parent}\ninclude-system-site-packages = false\n"
        (self.path / "pyvenv.cfg").write_text(settings)
        self.bootstrap.symlink_to(Path(__file__).with_name("bootstrap.py"))
        self._link_packages(native_client)
        self.root.mkdir(exist_ok=True)
        for folder in (self.path, *self.path.rglob("*")):
            # Functions may run as another user, whatever the umask of this one.
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o755)

    def _link_packages(self, native_client: bool) -> None:
        found_native = False
        for distribution in map(importlib.metadata.distribution, DISTRIBUTIONS):
            for name, source in _top_level(distribution).items():
                is_native = name.startswith(f"{NATIVE_CLIENT}.")
                if is_native and not native_client:
                    continue
                found_native |= is_native
                (self.site_packages / name).symlink_to(source)
        if not found_native:
            target = self.site_packages / f"{NATIVE_CLIENT}.py"
            target.symlink_to(Path(__file__).with_name("runtime_client.py"))


@cache
def _package_folders() -> frozenset[Path]:
    """Where the distributions are installed: usually one folder."""
    found = map(importlib.metadata.distribution, DISTRIBUTIONS)
    return frozenset(Path(str(each.locate_file(""))).resolve() for each in found)


def _top_level(distribution: importlib.metadata.Distribution) -> dict[str, Path]:
    """What a distribution puts into site-packages: file or folder name, and where it is."""
    names = {file.parts[0] for file in distribution.files or ()}
    folder = Path(str(distribution.locate_file("")))
    return {
        name: folder / name for name in names - {"..", "__pycache__"} if (folder / name).exists()
    }


@cache
def runtime_folder(home: Path) -> RuntimeFolder:
    """The runtime's folder of this lab, made at the first call."""
    folder = RuntimeFolder(home / "lambda" / "runtime")
    folder.build()
    LOG.info("Lambda functions of every Python runtime run on Python %s", interpreter_version())
    return folder


def search_path(runtime: RuntimeFolder, layers: str) -> str:
    """PATH in a function: the runtime's own programs, the system's, those of layers."""
    return os.pathsep.join(
        [str(runtime.python.parent), "/usr/local/bin", "/usr/bin", "/bin", f"{layers}/bin"]
    )
