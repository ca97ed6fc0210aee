"""A run that a killed lab has interrupted."""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import psutil
import pytest

from lab.config import Config
from lab.stack import embedded
from tests.providers.glue.jobs.bench import Bench
from tests.providers.lambda_.functions import eventually

WRITES_ITS_NUMBER = """
import os, subprocess, sys, time
sleeps = [sys.executable, "-c", "import time; time.sleep(600)"]
child = subprocess.Popen(sleeps, start_new_session=True)
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.fidelity("glue_jobs.restart")
def test_a_killed_lab_leaves_no_orphan(
    make_lab: Callable[[str], AbstractContextManager[Config]], client_of: Callable[..., Any]
) -> None:
    with make_lab("jobs") as config:
        embedded.up(config, names=("localstack",))
        bench = Bench(partial(client_of, config), "interrupted")
        job = bench.job(WRITES_ITS_NUMBER)
        run = bench.start(job)
        bench.wait(job, run, "RUNNING")
        group = "/aws-glue/python-jobs/output"

        def written() -> list[str]:
            try:
                return bench.log(group, run)
            except bench.client("logs").exceptions.ResourceNotFoundException:
                return []

        numbers = [int(word) for word in eventually(written, within=60)[0].split()]
        lab = next(
            process
            for process in psutil.process_iter(["cmdline", "environ"])
            if "localstack.runtime.main" in (process.info["cmdline"] or [])
            and (process.info["environ"] or {}).get("LAB_HOME") == str(config.home)
        )
        os.kill(lab.pid, signal.SIGKILL)
        lab.wait(30)
        eventually(lambda: not any(psutil.pid_exists(number) for number in numbers), within=60)

        embedded.up(config, names=("localstack",))
        ended = bench.wait(job, run)

        assert ended["JobRunState"] == "FAILED"
        assert ended["ErrorMessage"] == "The lab was stopped while the job was running."
