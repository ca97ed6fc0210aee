"""The folder of a run: its script, the files it asked for, what it is told and what it leaves.

It outlives a lab that is killed, so that what the script had committed is not lost.
"""

import logging
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab.config import load
from lab.providers.glue.errors import GlueError
from lab.providers.glue.jobs.definitions import bucket_and_key

LOG = logging.getLogger(__name__)


class PreparationError(Exception):
    """A run that cannot begin; its text is the run's ErrorMessage."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of one run."""

    root: Path

    @property
    def scripts(self) -> Path:
        return self.root / "scripts"

    @property
    def modules(self) -> Path:
        """Where ``--extra-py-files`` are."""
        return self.root / "modules"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def bookmark(self) -> Path:
        """What the job remembers, as the script finds it."""
        return self.root / "bookmark.json"

    @property
    def committed(self) -> Path:
        """What the script has committed; absent until then."""
        return self.root / "bookmark.committed.json"

    @property
    def error(self) -> Path:
        """The exception that has ended the script, in one line; absent without."""
        return self.root / "error.txt"

    @property
    def counts(self) -> Path:
        """What Spark has counted, as JSON; absent without Spark."""
        return self.root / "counts.json"

    def make(self) -> None:
        for folder in (self.scripts, self.modules, self.tmp):
            folder.mkdir(parents=True, exist_ok=True)

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def workspace_of(run_id: str) -> Workspace:
    return Workspace(load().home / "glue" / "runs" / run_id)


class Downloads:
    """Objects of S3 for the runs of one account."""

    def __init__(self, account: str, region: str) -> None:
        self._s3 = connect_to(aws_access_key_id=account, region_name=region).s3

    def fetch(self, location: str, folder: Path, what: str) -> Path:
        """The object as a file of its own name; PreparationError with AWS's words when it cannot be
        had. ``what`` is its part in the run.
        """
        try:
            bucket, key = bucket_and_key(location)
            body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            text = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
            raise PreparationError(
                f"The {what} {location} could not be downloaded. {text}"
            ) from error
        except (BotoCoreError, GlueError) as error:
            raise PreparationError(f"The {what} {location} could not be read: {error}") from error
        target = folder / key.rsplit("/", 1)[-1]
        target.write_bytes(body)
        return target

    def modules(self, locations: str, folder: Path) -> list[Path]:
        """Python files and packages, comma-separated; returns what belongs on the search path."""
        found = [folder]
        for location in filter(None, (part.strip() for part in locations.split(","))):
            file = self.fetch(location, folder, "Python file")
            if file.suffix in (".whl", ".egg", ".zip"):
                found.append(_unpacked(file))
            elif file.suffix != ".py":
                raise PreparationError(f"--extra-py-files takes no {file.name}.")
        return found


def _unpacked(file: Path) -> Path:
    target = file.with_name(file.name + ".d")
    try:
        with zipfile.ZipFile(file) as archive:
            archive.extractall(target)
    except zipfile.BadZipFile as error:
        raise PreparationError(f"{file.name} is not a zip file.") from error
    return target
