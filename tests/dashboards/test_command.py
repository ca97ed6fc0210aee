"""``lab dashboards`` as a person types it."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from lab.config import Config
from lab.dashboards.server import Dashboards
from lab.stack.processes import free_port
from tests.dashboards import browser

LAB = Path(sys.executable).with_name("lab")


def test_it_serves_until_it_is_stopped(tmp_path: Path) -> None:
    env = {**os.environ, "LAB_HOME": str(tmp_path), "LAB_LANG": "en", "COLUMNS": "200"}
    port = free_port()
    command = [LAB, "dashboards", "--port", str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = f"http://127.0.0.1:{port}"
        assert process.stdout.readline() == f"The dashboards are at {url}\n"
        with urllib.request.urlopen(url) as answer:
            assert "<title>Dashboards</title>" in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert process.returncode == 0


def test_a_taken_port_is_one_sentence_and_a_next_step(no_lab: Config) -> None:
    with Dashboards(no_lab, 0) as server:
        port = server.server_address[1]
        env = {**os.environ, "LAB_LANG": "fr"}
        command = [LAB, "dashboards", "--port", str(port)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Le port {port} est pris." in done.stderr
    assert f"lab dashboards --port {port + 1}" in done.stderr


def test_without_chromium_the_tests_fail_and_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(AssertionError, match="Install it: apt-get install chromium"):
        browser.program()
