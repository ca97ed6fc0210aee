"""What the lab fetches from Maven at installation: OpenSearch, and the two ICU jars that its
trimmed Java lacks.

Every file is pinned by its SHA-256. A download goes to a folder of its own, is verified there and
only then renamed to its final name, so that an interrupted installation leaves nothing that looks
whole.
"""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from lab.config import Config
from lab.i18n import lab_error

OPENSEARCH_VERSION = "3.8.0"

# Called with a file's name and its size in bytes; gives a function that is told the bytes of each
# chunk.
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file in Maven's repository, by its coordinates."""

    group: str
    name: str
    version: str
    packaging: str
    sha256: str

    @property
    def filename(self) -> str:
        return f"{self.name}-{self.version}.{self.packaging}"


# "integ-test-zip" is, despite its name, the whole minimal distribution; only this version holds all
# modules we use.
OPENSEARCH = Artifact(
    "org.opensearch.distribution.integ-test-zip",
    "opensearch",
    OPENSEARCH_VERSION,
    "zip",
    "196c3cf4602c394f2e40e6174ccbf2a924eae37246f08fa6bbb6b75f9fd5ff1f",
)
# Locale data: without a Thai dictionary OpenSearch refuses every index, and the wheel's Java has
# none.
ICU = (
    Artifact(
        "com.ibm.icu",
        "icu4j",
        "77.1",
        "jar",
        "b3640b9f416a4411fd33c59abbeea8fd57d024c23e1819bf9673220a97499fe3",
    ),
    Artifact(
        "com.ibm.icu",
        "icu4j-localespi",
        "77.1",
        "jar",
        "77d0da4f10c6158174cc3dafbb51356031a09e0fcaaf0432330afb4fb552cac9",
    ),
)


def opensearch_home(config: Config) -> Path:
    """The folder that the distribution is unpacked to; shared by all labs of this user."""
    return config.cache / f"opensearch-{OPENSEARCH_VERSION}"


def icu_jars(config: Config) -> list[Path]:
    return [config.cache / "jars" / artifact.filename for artifact in ICU]


def installed(config: Config) -> bool:
    return opensearch_home(config).is_dir() and all(jar.is_file() for jar in icu_jars(config))


@contextmanager
def exclusive(config: Config) -> Iterator[None]:
    """One installation at a time for this user's cache, whichever clone asks."""
    config.cache.mkdir(parents=True, exist_ok=True)
    with FileLock(config.cache / "install.lock"):
        yield


def install(config: Config, progress: Progress) -> None:
    """Fetch, verify and unpack what is missing. Raises LabError ``download`` or ``checksum``."""
    for artifact, target in zip(ICU, icu_jars(config), strict=True):
        if not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            with fetched(config, artifact, progress) as file:
                file.replace(target)
    home = opensearch_home(config)
    if not home.is_dir():
        with fetched(config, OPENSEARCH, progress) as file:
            _unpack(file, home)


def _unpack(archive: Path, home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="unpack-") as folder:
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
        (Path(folder) / home.name).replace(home)


@contextmanager
def fetched(config: Config, artifact: Artifact, progress: Progress) -> Iterator[Path]:
    """A verified download, removed at the end unless it was moved away."""
    folder = Path(tempfile.mkdtemp(dir=config.cache, prefix="download-"))
    try:
        file = _download(folder, artifact, progress)
        found = _sha256(file)
        if found != artifact.sha256:
            raise lab_error(
                "checksum", file=artifact.filename, expected=artifact.sha256, found=found
            )
        yield file
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(folder: Path, artifact: Artifact, progress: Progress) -> Path:
    # Imported here: only an installation needs a Maven client, and every `lab` command would pay
    # for it.
    import requests
    from jgo.maven import MavenContext, PythonResolver

    context = MavenContext(repo_cache=folder, resolver=PythonResolver(progress_callback=progress))
    component = context.project(artifact.group, artifact.name).at_version(artifact.version)
    try:
        path: Path = component.artifact(packaging=artifact.packaging).resolve()
    except (OSError, RuntimeError, requests.RequestException) as error:
        raise lab_error("download", file=artifact.filename, reason=str(error)) from error
    return path


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
