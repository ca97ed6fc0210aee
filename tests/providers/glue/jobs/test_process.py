"""The process of a run under its keeper."""

import os
import sys
import time
from pathlib import Path

import pytest

from lab.providers.glue.jobs import spark
from lab.providers.glue.jobs.process import Plan, Process
from lab.providers.glue.jobs.workspace import PreparationError

SLEEPS = "import time; print('begun', flush=True); time.sleep(600)"


def started(tmp_path: Path, code: str) -> Process:
    return Process(Plan([sys.executable, "-c", code], {"PATH": os.defpath}, tmp_path))


@pytest.mark.fidelity("glue_jobs.concurrency")
def test_a_process_ends_at_its_deadline(tmp_path: Path) -> None:
    said: list[bytes] = []
    process = started(tmp_path, SLEEPS)
    ended = process.listen(lambda _, data: said.append(data), time.monotonic() + 1)
    assert ended is None


def test_exit_codes_and_signals(tmp_path: Path) -> None:
    codes = [
        started(tmp_path, code).listen(lambda *_: None, time.monotonic() + 60)
        for code in ("raise SystemExit(7)", "import os; os.kill(os.getpid(), 9)")
    ]
    assert codes == [7, 137]


@pytest.mark.fidelity("glue_jobs.dynamic_frames")
def test_without_spark_a_run_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "ENVIRONMENT", tmp_path)
    with pytest.raises(PreparationError) as caught:
        spark.check()
    assert str(caught.value) == (
        "Spark is not installed in this lab. Run 'make spark', then start the job again."
    )
