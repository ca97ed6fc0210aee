"""The OpenSearch behind each domain.

The first domain has the server that the lab runs anyway (``http://127.0.0.1:9200``); one that is
made while another has it gets a process of its own, of about 300 MB. Names in requests are not
rewritten to make one server look like several: each domain is a whole OpenSearch, so that aliases,
templates, scrolls, statistics and settings are its own. What cannot be started (in a container
there is no Java) is refused.
"""

import json
import logging
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

from lab.config import HOST, Config

LOG = logging.getLogger(__name__)

ANSWERS_WITHIN = 5.0
STARTS_WITHIN = 120.0
STOPS_WITHIN = 8.0
FREES_WITHIN = 30.0
MODULE = "lab.stack.domain"
SYSTEM = (".plugins-", ".opendistro", ".opensearch-", ".ql-", "top_queries-", "security-auditlog")
"""How the indices of the official image's plugins begin; they are the server's, not a domain's."""


class Node:
    """One OpenSearch, by its URL."""

    def __init__(self, url: str) -> None:
        self.url = url

    def is_up(self) -> bool:
        try:
            return bool(self.call("GET", "/_cluster/health")["status"] in ("green", "yellow"))
        except (OSError, ValueError, KeyError):
            return False

    def call(
        self, method: str, path: str, body: object = None, within: float = ANSWERS_WITHIN
    ) -> Any:
        """The JSON of an answer. Raises OSError, of which HTTPError is one."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=within) as answer:
            return json.load(answer)

    def start(self) -> None:
        """Nothing: the lab's own server is the stack's."""

    def wait_until_up(self) -> bool:
        """What a request does before it is passed on; the lab's own server is up or is not."""
        return True

    def stop(self) -> None:
        """Nothing: the lab's own server is the stack's."""

    def free(self) -> None:
        """Forget everything that the domain held."""
        raise NotImplementedError


class SharedNode(Node):
    """The lab's server. A domain's end empties it; when it is down at that moment, the next domain
    finds it emptied.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config.opensearch_url)
        self._to_empty = config.home / "state" / "opensearch.empty"

    def is_up(self) -> bool:
        if not super().is_up():
            return False
        if self._to_empty.exists():
            self.free()
        return not self._to_empty.exists()

    def free(self) -> None:
        self._to_empty.parent.mkdir(parents=True, exist_ok=True)
        self._to_empty.touch()
        try:
            self._empty()
        except OSError as error:
            LOG.warning("OpenSearch is emptied when it is up again: %s", error)
        else:
            self._to_empty.unlink(missing_ok=True)

    def _empty(self) -> None:
        self._delete("/_data_stream/*")
        listed = self.call("GET", "/_cat/indices?h=index&format=json&expand_wildcards=all")
        for index in sorted(entry["index"] for entry in listed):
            if not index.startswith(SYSTEM):
                self._delete(f"/{index}")
        state = self.call("GET", "/_cluster/state/metadata")["metadata"]
        for pipeline in self._found("/_search/pipeline"):
            self._delete(f"/_search/pipeline/{pipeline}")
        for script in state.get("stored_scripts") or {}:
            self._delete(f"/_scripts/{script}")
        for path in ("_index_template", "_template", "_component_template", "_ingest/pipeline"):
            self._delete(f"/{path}/*")
        self._delete("/_search/point_in_time/_all")
        self._delete("/_search/scroll/_all")
        self.call(
            "PUT", "/_cluster/settings", {"persistent": {"*": None}, "transient": {"*": None}}
        )

    def _delete(self, path: str) -> None:
        self._found(path, "DELETE")

    def _found(self, path: str, method: str = "GET") -> Any:
        """The answer; nothing where there is nothing."""
        try:
            return self.call(method, path, within=FREES_WITHIN)
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 404:
                    raise
            return {}


class OwnNode(Node):
    """A process for one domain, started when the domain is made, and again at its first request
    after the lab was stopped.
    """

    def __init__(self, home: Path, log: Path) -> None:
        super().__init__("")
        self._home = home
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._answered = False

    def start(self) -> None:
        """Start it unless it runs."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            self._answered = False
            port = _free_port()
            self.url = f"http://{HOST}:{port}"
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", MODULE, str(self._home), str(port)],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                )
            LOG.info("OpenSearch of the domain at %s is started on port %d", self._home, port)

    def wait_until_up(self) -> bool:
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._runs_and_answered():
            # One that ended found its files still held by the one before, or is broken.
            self.start()
            self._answered = self.is_up()
            if not self._answered:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.2)
        return True

    def _runs_and_answered(self) -> bool:
        return self._answered and self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()

    def free(self) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)


class Nodes:
    """The node of each domain, by the domain's ARN."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._nodes: dict[str, Node] = {}

    def of(self, arn: str, *, shared: bool) -> Node:
        with self._lock:
            if arn not in self._nodes:
                self._nodes[arn] = SharedNode(self._config) if shared else self._own(arn)
            return self._nodes[arn]

    def _own(self, arn: str) -> OwnNode:
        _, _, _, region, account, name = arn.replace("domain/", "").split(":")
        folder = f"{account}-{region}-{name}"
        home = self._config.home / "opensearch-domains" / folder
        return OwnNode(home, self._config.logs_dir / f"opensearch-{folder}.log")

    def running(self, arn: str) -> Node | None:
        """The node that this lab has used so far, if any: to ask it must not start it."""
        with self._lock:
            return self._nodes.get(arn)

    def forget(self, arn: str) -> None:
        with self._lock:
            self._nodes.pop(arn, None)

    def stop(self) -> None:
        with self._lock:
            nodes = list(self._nodes.values())
        for node in nodes:
            node.stop()


@cache
def can_start() -> bool:
    """Whether a process can be started here: OpenSearch and its Java must be installed."""
    done = subprocess.run([sys.executable, "-m", MODULE, "--check"], check=False, timeout=60)
    return done.returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
