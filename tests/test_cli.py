"""The ``lab`` command as a person types it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lab.config import Config

LAB = Path(sys.executable).with_name("lab")


def lab_command(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "LAB_LANG": "en", "COLUMNS": "120", **environ}
    return subprocess.run(
        [str(LAB), *words], env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_without_a_verb_it_lists_the_verbs_in_the_learner_s_language() -> None:
    assert "Start the lab" in lab_command("--help").stdout
    assert "Démarrer le lab" in lab_command("--help", LAB_LANG="fr").stdout


def test_env_can_be_evaluated_by_a_shell(tmp_path: Path) -> None:
    printed = lab_command("env", LAB_PORT="4600", LAB_HOME=str(tmp_path)).stdout
    script = f"{printed}\necho $AWS_ENDPOINT_URL $AWS_REGION $AWS_ACCESS_KEY_ID"
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout.split() == ["http://127.0.0.1:4600", "us-east-1", "test"]


def test_env_never_writes_a_profile_unless_asked(tmp_path: Path) -> None:
    lab_command("env", HOME=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_profile_is_added_and_replaced_and_others_are_kept(tmp_path: Path) -> None:
    file = tmp_path / ".aws" / "config"
    file.parent.mkdir()
    file.write_text("# mine\n[default]\nregion = eu-west-3\n")
    for port in ("4600", "4700"):
        lab_command("env", "--write-profile", HOME=str(tmp_path), LAB_PORT=port)
    text = file.read_text()
    assert text.startswith("# mine\n[default]\nregion = eu-west-3\n")
    assert text.count("[profile lab]") == 1
    assert "endpoint_url = http://127.0.0.1:4700" in text
    credentials = (tmp_path / ".aws" / "credentials").read_text()
    assert "[lab]\naws_access_key_id = test" in credentials


def test_a_bad_setting_is_one_sentence_and_a_next_step() -> None:
    result = lab_command("status", LAB_PORT="http")
    assert result.returncode == 1
    assert "LAB_PORT must be a port number" in result.stderr
    assert "→ Correct the variable" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("up", "--mode", "cloud"), "There is no mode cloud."),
        (("logs", "kinesis"), "There is no server kinesis."),
        (("bench", "nothing"), "There is no benchmark nothing."),
    ],
)
def test_a_wrong_word_is_answered_with_what_is_possible(
    words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    result = lab_command(*words, LAB_HOME=str(tmp_path))
    assert result.returncode == 1
    assert message in result.stderr


def test_status_works_with_the_lab_down(tmp_path: Path) -> None:
    result = lab_command("status", LAB_HOME=str(tmp_path))
    assert result.returncode == 0
    assert result.stdout.count("stopped") == 2


@pytest.mark.lab
def test_doctor_names_the_providers_that_answer(lab: Config) -> None:
    result = lab_command("doctor", **lab.environment())
    answering = "services answer: athena, cloudwatch, events, firehose, glue"
    assert answering in " ".join(result.stdout.split())
    assert result.returncode == 0


@pytest.mark.lab
def test_the_aws_cli_needs_nothing_but_the_variables(lab: Config, tmp_path: Path) -> None:
    exports = lab_command("env", **lab.environment()).stdout
    aws = shlex.quote(str(LAB.with_name("aws")))
    script = f"{exports}\n{aws} s3 mb s3://by-the-cli && {aws} s3 ls"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    shell = subprocess.run(
        ["sh", "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert "by-the-cli" in shell.stdout, shell.stderr
