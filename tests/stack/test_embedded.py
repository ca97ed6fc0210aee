"""Starting, stopping and surviving: the embedded servers as processes."""

import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import HTTPClientError

from lab.config import Config
from lab.errors import LabError
from lab.stack import embedded
from lab.stack.processes import Server, free_port

pytestmark = pytest.mark.lab
ONLY = ("localstack",)


@pytest.fixture(scope="module")
def own(make_lab: Callable[[str], AbstractContextManager[Config]]) -> Iterator[Config]:
    """A lab that this module may break."""
    with make_lab("own") as config:
        yield config


@pytest.fixture
def up(own: Config) -> psutil.Process:
    embedded.up(own, names=ONLY)
    process = Server("localstack", own).process()
    assert process is not None
    return process


def test_up_twice_is_harmless(own: Config, up: psutil.Process) -> None:
    again = embedded.up(own, names=ONLY)
    assert [(s.already_running, s.recovered) for s in again] == [(True, False)]
    assert Server("localstack", own).process() == up


def test_status_tells_address_memory_and_uptime(own: Config, up: psutil.Process) -> None:
    localstack, opensearch = embedded.status(own)
    assert (localstack.name, localstack.state, localstack.pid) == ("localstack", "running", up.pid)
    assert localstack.endpoint == own.endpoint_url
    assert localstack.memory_bytes is not None
    assert localstack.memory_bytes > 50e6
    assert localstack.uptime_seconds is not None
    assert (opensearch.state, opensearch.pid) == ("stopped", None)


def test_after_kill_9_the_next_up_works_and_says_so(own: Config, up: psutil.Process) -> None:
    os.kill(up.pid, signal.SIGKILL)
    psutil.wait_procs([up], timeout=10)
    assert embedded.status(own)[0].state == "failed"
    (started,) = embedded.up(own, names=ONLY)
    assert (started.already_running, started.recovered) == (False, True)


def test_down_leaves_no_process(own: Config, up: psutil.Process) -> None:
    family = [up, *up.children(recursive=True)]
    assert embedded.down(own) == ["localstack"]
    assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    assert embedded.down(own) == []
    assert embedded.status(own)[0].state == "stopped"


# Says in S3 that it runs, then waits for an hour.
WAITING = {
    "StartAt": "Say",
    "States": {
        "Say": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:createBucket",
            "Parameters": {"Bucket": "it-runs"},
            "Next": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 3600, "End": True},
    },
}


def test_down_does_not_wait_for_a_request_that_takes_an_hour(
    own: Config,
    up: psutil.Process,
    client_of: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "lab.stack.processes")
    states = client_of(own, "stepfunctions", inject_host_prefix=False)
    machine = states.create_state_machine(
        name="waiting",
        type="EXPRESS",
        roleArn="arn:aws:iam::000000000000:role/waiting",
        definition=json.dumps(WAITING),
    )

    def wait_in_vain() -> None:
        with pytest.raises(HTTPClientError):
            states.start_sync_execution(stateMachineArn=machine["stateMachineArn"])

    thread = threading.Thread(target=wait_in_vain)
    thread.start()
    client_of(own, "s3").get_waiter("bucket_exists").wait(
        Bucket="it-runs", WaiterConfig={"Delay": 0, "MaxAttempts": 10_000}
    )
    assert embedded.down(own) == ["localstack"]
    assert caplog.messages == []  # it ended by itself, see lab.stack.processes
    thread.join()


def test_everything_listens_on_this_machine_only(up: psutil.Process) -> None:
    listening = {c.laddr.ip for c in up.net_connections() if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_a_port_in_use_names_the_program_and_the_setting(tmp_path: Path) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port: int = squatter.getsockname()[1]
        config = Config(home=tmp_path, cache=tmp_path, port=port, opensearch_port=free_port())
        with pytest.raises(LabError) as refused:
            embedded.up(config)
    assert refused.value.code == "port-in-use"
    assert f"(pid {os.getpid()})" in refused.value.message
    assert "LAB_PORT=" in refused.value.next_step


def test_without_an_installation_up_says_how_to_get_one(tmp_path: Path) -> None:
    config = Config(tmp_path, tmp_path / "empty", free_port(), free_port())
    with pytest.raises(LabError) as refused:
        embedded.up(config, names=("opensearch",))
    assert (refused.value.code, refused.value.next_step) == (
        "not-installed",
        "Run make install; it needs the network once.",
    )
