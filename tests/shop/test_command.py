"""``lab shop`` and ``lab traffic`` as a person types them. tests/e2e runs them together."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from lab.stack.processes import free_port
from tests.shop.conftest import Running

LAB = Path(sys.executable).with_name("lab")


def environment(**environ: str) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "200", **environ}


def test_traffic_says_what_it_does_in_the_reader_s_language(shop: Running) -> None:
    env = environment(LAB_SHOP_PORT=str(shop.port), LAB_LANG="fr")
    words = ["traffic", "--visitors", "3", "--rate", "500", "--seed", "2"]
    done = subprocess.run([LAB, *words], env=env, capture_output=True, text=True, check=True)
    assert f"Des visiteurs arrivent sur {shop.url}\u00a0: graine 2" in done.stdout
    assert f"{len(shop.lines)} requêtes de 3 visiteurs" in done.stdout


def test_the_shop_opens_and_closes(tmp_path: Path) -> None:
    env = environment(LAB_HOME=str(tmp_path), LAB_LANG="en")
    command = [LAB, "shop", "--port", str(free_port())]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as shop:
        assert shop.stdout
        assert shop.stdout.readline().startswith("The shop is open: http://127.0.0.1:")
        shop.send_signal(signal.SIGTERM)
        rest = shop.stdout.read()
    path = tmp_path / "shop" / "access_log"
    assert f"Closed. 0 requests answered; the log is {path}." in rest
    assert (shop.returncode, path.read_bytes()) == (0, b"")


def test_a_taken_port_is_one_sentence_and_a_next_step(shop: Running, tmp_path: Path) -> None:
    env = environment(LAB_HOME=str(tmp_path), LAB_LANG="en")
    command = [LAB, "shop", "--port", str(shop.port)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Port {shop.port} is taken." in done.stderr
