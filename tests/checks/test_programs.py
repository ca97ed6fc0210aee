"""The learner's programs: their output, their end, and what they can see."""

import json
from pathlib import Path

import pytest

from lab.checks import Bench, Failed
from lab.checks.programs import environment
from lab.config import Config


def write(bench: Bench, text: str, name: str = "p.py") -> None:
    (bench.work / name).write_text(text)


def failed(bench: Bench, *words: str, within: float = 60) -> Failed:
    with pytest.raises(Failed) as caught:
        bench.run(*words, within=within)
    return caught.value


def test_a_program_reads_its_input_and_arguments_in_its_folder(bench: Bench) -> None:
    write(bench, "import os, sys; print(sys.stdin.read(), sys.argv[1], os.getcwd())")
    ran = bench.run("p.py", "word", stdin="given")
    assert ran.stdout.split() == ["given", "word", str(bench.work)]
    assert bench.ran == [ran]


def test_a_shell_script_is_a_program_too(bench: Bench) -> None:
    write(bench, "echo $AWS_ENDPOINT_URL", "p.sh")
    assert bench.run("p.sh").stdout == "http://127.0.0.1:9\n"


def test_one_that_fails_shows_its_last_words(bench: Bench) -> None:
    write(bench, "print('so far'); raise KeyError('visitor')")
    failure = failed(bench, "p.py")
    assert (failure.code, failure.must()) == ("program-failed", "p.py ends without an error")
    assert failure.there().startswith("exit code 1\n")
    assert failure.there().endswith("KeyError: 'visitor'")
    assert bench.ran[0].stdout == "so far\n"


def test_one_that_does_not_end_is_ended_with_what_it_started(bench: Bench, tmp_path: Path) -> None:
    write(
        bench,
        "import subprocess, sys\n"
        "print('begun', flush=True)\n"
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])\n",
    )
    failure = failed(bench, "p.py", within=2)
    assert (failure.code, failure.must()) == ("program-slow", "p.py ends within 2 seconds")
    assert bench.ran[0].exit_code is None


def test_one_that_is_not_there_is_named(bench: Bench) -> None:
    failure = failed(bench, "none.py")
    assert (failure.code, failure.must()) == ("program-missing", "the file none.py exists")


def test_no_real_account_is_within_reach(tmp_path: Path) -> None:
    mine = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t", "LAB_HOME": "/x", "HOME": "/home/me"}
    seen = environment(Config(tmp_path, tmp_path), mine)
    assert seen["HOME"] == "/home/me"
    assert {name for name in seen if name.startswith("LAB_")} == set()
    assert "AWS_PROFILE" not in seen
    assert "AWS_SESSION_TOKEN" not in seen
    assert seen["NO_PROXY"] == "127.0.0.1"
    assert seen["AWS_ACCESS_KEY_ID"] == "test"
    assert seen["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_what_a_program_prints_is_read_or_its_form_is_wrong(bench: Bench) -> None:
    write(bench, "print('{oops')")
    ran = bench.run("p.py")
    with pytest.raises(Failed) as caught, bench.reading("form", "du JSON", "JSON", ran):
        json.loads(ran.stdout)
    assert (caught.value.code, caught.value.there()) == ("form", "{oops")
