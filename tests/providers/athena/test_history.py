"""History, work groups, named queries and prepared statements are there after a ``kill -9``."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.config import Config
from lab.providers.athena import store
from lab.providers.athena.errors import AthenaError
from lab.providers.athena.executions import check_quota
from lab.providers.athena.models import Execution
from lab.providers.athena.store import Database, Store
from lab.stack import embedded
from lab.stack.processes import Server
from tests.providers.athena.support import LONG, OUTPUT, Sql


def execution(**more: Any) -> Execution:
    return Execution("0", "r", "SELECT 1", "primary", "s3://b/x.csv", {}, {}, **more)


@pytest.mark.lab
@pytest.mark.fidelity("athena.history")
def test_a_kill_loses_nothing(
    make_lab: Callable[[str], AbstractContextManager[Config]], client_of: Callable[..., Any]
) -> None:
    with make_lab("athena-history") as config:
        embedded.up(config, names=("localstack",))
        sql = Sql(partial(client_of, config), "default")
        sql.athena.create_work_group(
            Name="kept", Configuration={"ResultConfiguration": OUTPUT}, Description="d"
        )
        group = sql.athena.get_work_group(WorkGroup="kept")["WorkGroup"]
        query = {"Name": "n", "Database": "default", "QueryString": "SELECT 1"}
        named = sql.athena.create_named_query(**query, WorkGroup="kept")["NamedQueryId"]
        sql.run("PREPARE p FROM SELECT ?", WorkGroup="kept")
        before = sql.run("SELECT 1", WorkGroup="kept")
        running = sql.start(LONG, WorkGroup="kept")
        process = Server("localstack", config).process()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=10)
        embedded.up(config, names=("localstack",))

        assert sql.wait(before["QueryExecutionId"]) == before
        rows = sql.athena.get_query_results(QueryExecutionId=before["QueryExecutionId"])
        assert len(rows["ResultSet"]["Rows"]) == 2
        status = sql.wait(running)["Status"]
        assert status["State"] == "FAILED"
        reason = "The lab was stopped while this query was on its way"
        assert status["StateChangeReason"] == reason
        assert status["AthenaError"] == {
            "ErrorCategory": 1,
            "ErrorType": 100,
            "Retryable": True,
            "ErrorMessage": reason,
        }
        assert sql.athena.get_work_group(WorkGroup="kept")["WorkGroup"] == group
        assert sql.athena.list_named_queries(WorkGroup="kept")["NamedQueryIds"] == [named]
        assert sql.rows("EXECUTE p USING 7", WorkGroup="kept") == [["_col0"], ["7"]]
        listed = sql.athena.list_query_executions(WorkGroup="kept")["QueryExecutionIds"]
        assert listed[1:3] == [running, before["QueryExecutionId"]]


@pytest.mark.fidelity("athena.history")
def test_history_is_kept_for_45_days(tmp_path: Path) -> None:
    database = Database(tmp_path / "athena.sqlite")
    old = execution(submitted=time.time() - store.KEPT_SECONDS - 1)
    young = execution(submitted=time.time() - store.KEPT_SECONDS + 600)
    for one in (old, young):
        database.add(one)
        one.move("RUNNING")
        one.move("SUCCEEDED")
    database.close()
    opened = Store(Database(tmp_path / "athena.sqlite"), "0", "r")
    assert opened.history("primary") == [young.id]
    opened.database.close()


@pytest.mark.fidelity("athena.states")
def test_so_many_queries_are_active_at_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "athena.sqlite")
    for _ in range(20):
        database.add(execution(kind="DDL"))
    check_quota(database, execution(kind="DML"))
    check_quota(database, Execution("1", "r", "", "primary", "", {}, {}, kind="DDL"))
    with pytest.raises(AthenaError) as caught:
        check_quota(database, execution(kind="DDL"))
    database.close()
    assert caught.value.code == "TooManyRequestsException"
    assert caught.value.message == (
        "You have exceeded the limit for the number of queries you can run concurrently. Please"
        " reduce the number of concurrent queries submitted by this account. Contact customer"
        " support to request a concurrent query limit increase."
    )


def test_a_file_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "athena.sqlite"
    path.write_bytes(b"no database " * 100)
    database = Database(path)
    assert Store(database, "0", "r").history("primary") == []
    database.close()
    (kept,) = tmp_path.glob("athena.unreadable-*")
    assert kept.read_bytes().startswith(b"no database")
