"""What is fetched is verified, and an interrupted installation leaves nothing that looks whole."""

import contextlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.config import Config
from lab.errors import LabError
from lab.stack import artifacts, install


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home", cache=tmp_path / "cache")


@contextlib.contextmanager
def silent(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
    yield lambda _count: None


def test_a_file_with_another_digest_is_refused_and_not_kept(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tampered(folder: Path, artifact: artifacts.Artifact, _: artifacts.Progress) -> Path:
        file = folder / artifact.filename
        file.write_bytes(b"something else")
        return file

    monkeypatch.setattr(artifacts, "_download", tampered)
    config.cache.mkdir()
    with pytest.raises(LabError) as refused:
        artifacts.install(config, silent)
    assert refused.value.code == "checksum"
    assert artifacts.ICU[0].sha256 in refused.value.message
    assert [path for path in config.cache.rglob("*") if path.is_file()] == []


def test_a_torn_unpacking_is_not_an_installation(config: Config, tmp_path: Path) -> None:
    archive = tmp_path / "opensearch.zip"
    home = artifacts.opensearch_home(config)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"{home.name}/lib/a.jar", "x" * 1000)
    torn = tmp_path / "torn.zip"
    torn.write_bytes(archive.read_bytes()[:-40])
    config.cache.mkdir()
    with pytest.raises(zipfile.BadZipFile):
        artifacts._unpack(torn, home)
    assert not home.exists()
    artifacts._unpack(archive, home)
    assert (home / "lib" / "a.jar").read_text() == "x" * 1000


def test_leftovers_of_an_interrupted_installation_are_removed(config: Config) -> None:
    for name in ("download-1", "unpack-2", "aot-3", "jars"):
        (config.cache / name).mkdir(parents=True)
    install._remove_leftovers(config)
    assert [path.name for path in config.cache.iterdir()] == ["jars"]
